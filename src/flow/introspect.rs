//! Token introspection (RFC 7662).

use crate::flow::access::Live;
use crate::flow::{Answered, Failure, Server};
use crate::protocol::client_auth;
use crate::protocol::introspection::Introspection;
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};

impl Server {
    /// Tells a resource server about a token. A client that can't prove who it is learns nothing (RFC 7662 §2.1).
    pub async fn introspect(&self, authorization: Option<&str>, params: &Params) -> Result<Answered<Introspection>, Failure> {
        if let Err(repeated) = params.once_each() {
            return Ok(Answered::refused(repeated));
        }
        let caller = match self.authenticate(authorization, params).await? {
            Ok(caller) if caller.is_public() => return Ok(Answered::refused(client_auth::Reason::Public)),
            Ok(caller) => caller,
            Err(reason) => return Ok(Answered::refused(reason)),
        };
        let Some(token) = params.get("token") else {
            return Ok(Answered {
                client: Some(caller),
                reply: Err(Refusal::new(ErrorCode::InvalidRequest, "The parameter token is missing.")),
            });
        };
        let introspection = match self.live_access_token(token).await? {
            Ok(Live { token, user }) => {
                let catalog = self.catalog().await?;
                Introspection::of(token, user.map(|user| user.username.to_string()), &caller.id, catalog.apis())
            }
            Err(reason) => {
                tracing::debug!(caller = %caller.id, %reason, "an inactive token was introspected");
                Introspection::INACTIVE
            }
        };
        Ok(Answered { client: Some(caller), reply: Ok(introspection) })
    }
}
