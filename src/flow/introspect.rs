//! Token introspection (RFC 7662).

use std::net::IpAddr;

use crate::flow::access::Live;
use crate::flow::{Answered, Failure, Server};
use crate::protocol::client_auth;
use crate::protocol::explanation::Report;
use crate::protocol::introspection::{self, Introspection};
use crate::protocol::params::Params;
use crate::protocol::refusal::{Reason as _, Refusal};
use crate::protocol::token::TokenKind;

impl Server {
    /// Tells a resource server about a token, or about an API key, as whose last use it then counts. A client that can't prove who it is learns
    /// nothing (RFC 7662 §2.1).
    pub async fn introspect(
        &self,
        authorization: Option<&str>,
        params: &Params,
        address: IpAddr,
    ) -> Result<Answered<Introspection>, Failure> {
        if let Err(repeated) = params.once_each() {
            return Ok(Answered::refused(repeated));
        }
        let caller = match self.authenticate(authorization, params).await? {
            Ok(caller) if caller.is_public() => {
                return Ok(Answered::refused(Refusal::from(client_auth::Reason::Public).asked_by(caller.id.as_str())));
            }
            Ok(caller) => caller,
            Err(refusal) => return Ok(Answered::refused(refusal)),
        };
        let Some(token) = params.get("token") else {
            return Ok(Answered::to(caller, Err(Refusal::missing("token", "The parameter token is missing."))));
        };
        // RFC 7662 §2.2: why a token is not active is nobody's business but the operator's.
        let inactive = |why: String, explanation| (Introspection::INACTIVE, Some(Report::noted(why, explanation)));
        let found = if token.starts_with(TokenKind::ApiKey.prefix()) {
            // On the heap: it would be part of every request, and seldom is one about a key.
            Box::pin(self.live_by_key(token, address, Some(&caller.id))).await?.map(|(live, key)| (live, Some(key)))
        } else {
            self.live_access_token(token).await?.map(|live| (live, None))
        };
        let (introspection, noted) = match found {
            Ok((Live { token, user, .. }, key)) => {
                let catalog = self.catalog().await?;
                if let Some(explanation) = introspection::foreign(&token, &caller.id, catalog.apis()) {
                    inactive("the token is for no API of the caller's".to_owned(), explanation)
                } else {
                    let username = user.map(|user| user.username.to_string());
                    let introspection = Introspection::of(token, username, &caller.id, catalog.apis());
                    (if let Some(key) = key { introspection.of_key(&key) } else { introspection }, None)
                }
            }
            Err(reason) => inactive(reason.to_string(), reason.explain()),
        };
        Ok(Answered { client: Some(caller), reply: Ok(introspection), noted })
    }
}
