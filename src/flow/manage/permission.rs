//! Who may manage this server: whoever presents a live access token for our own API with the scope for it, or such an API key, and, where a person stands behind
//! the token, still has the role.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};

use crate::flow::access::Live;
use crate::flow::{Failure, Server};
use crate::protocol::bearer::Reason;
use crate::protocol::explanation::Fact;
use crate::protocol::scope::Scope;

/// Somebody who may do what they asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permitted {
    /// Whose token it is, for the audit log: the account, or the client itself.
    pub subject: String,
    /// The client that they use.
    pub client: String,
    /// The scope that was asked for.
    pub needed: &'static str,
    /// All that they may do here.
    pub scope: Scope,
}

/// What somebody presents who wants to manage.
pub enum Presented {
    /// An access token.
    AccessToken(String),
    /// An API key.
    ApiKey {
        /// The key.
        key: SecretString,
        /// Whether it stands in the query, where it ends up in logs and histories.
        in_query: bool,
        /// Where it comes from.
        from: IpAddr,
    },
}

impl Server {
    /// Whether an API key may stand in the query.
    #[must_use]
    pub const fn takes_api_key_in_query(&self) -> bool {
        self.settings.api_key_in_query
    }

    /// Checks that a token, or an API key, is good for a scope of our own API (RFC 6750 §3.1).
    pub async fn permit(&self, presented: &Presented, scope: &'static str) -> Result<Result<Permitted, Reason>, Failure> {
        let found = match presented {
            Presented::AccessToken(jwt) => self.live_access_token(jwt).await?,
            Presented::ApiKey { in_query: true, .. } if !self.settings.api_key_in_query => {
                let fact = Fact::of("API key").expected("in the header X-API-Key").came("in the query");
                let why = "an API key stands in the query, which the configuration does not allow".to_owned();
                Err(Reason::Untrusted { why, facts: vec![fact] })
            }
            Presented::ApiKey { key, from, .. } => {
                Box::pin(self.live_by_key(key.expose_secret(), *from, None)).await?.map(|(live, _)| live)
            }
        };
        let Live { token, user, client, .. } = match found {
            Ok(live) => live,
            Err(reason) => return Ok(Err(reason)),
        };
        let catalog = self.catalog().await?;
        // A token for another API is none of ours to honour, whatever its scope is called (RFC 9068 §4).
        let own = catalog.apis().first().map(|own| own.identifier.as_str()).unwrap_or_default();
        if !token.aud.contains(own) {
            return Ok(Err(Reason::other_audience(scope, &token, own)));
        }
        let granted = token.granted();
        // What a role gave is gone with the role, and what a client may ask for with its registration: at once, not with the next token.
        let still = granted.and(&client.allowed_scope);
        let still = user.as_ref().map_or_else(|| still.clone(), |user| catalog.within_roles(&still, |role| user.has_role(role)));
        if !still.contains(scope) {
            return Ok(Err(if granted.contains(scope) { Reason::lost(scope) } else { Reason::lacks_scope(scope, &token) }));
        }
        // The log is about accounts, whatever the client calls them.
        let subject = user.map_or(token.sub, |user| user.subject).to_string();
        Ok(Ok(Permitted { subject, client: token.client_id.to_string(), needed: scope, scope: still }))
    }
}
