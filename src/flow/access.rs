//! Whether an access token is alive: what was revoked, or ended with its session, its person or its client, is inactive at once. Nothing here
//! is remembered from an earlier request.

use crate::flow::{Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::{self, AccessToken, Origin};
use crate::protocol::bearer::{self, Reason};
use crate::protocol::claims::is_about_people;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::Client;
use crate::protocol::explanation::Fact;

/// An access token that is alive, the client it was given to, and the person it speaks for, if any.
pub(super) struct Live {
    pub(super) token: AccessToken,
    pub(super) user: Option<User>,
    pub(super) client: Client,
    /// The single claims that its grant allows.
    pub(super) asked: AskedClaims,
}

/// An access token that is alive and speaks for a person.
pub(super) struct Speaking {
    pub(super) token: AccessToken,
    pub(super) user: User,
    pub(super) client: Client,
    pub(super) asked: AskedClaims,
}

impl Server {
    pub(super) async fn live_access_token(&self, jwt: &str) -> Result<Result<Live, Reason>, Failure> {
        match self.own_access_token(jwt) {
            Ok(token) => self.live(token).await,
            Err(reason) => Ok(Err(reason)),
        }
    }

    /// An access token that we made, alive or not.
    pub(super) fn own_access_token(&self, jwt: &str) -> Result<AccessToken, Reason> {
        let now = self.clock.now();
        let untrusted = |why: String, facts: Vec<Fact>| Reason::Untrusted { why, facts };
        let token: AccessToken = self
            .signer
            .verify(access_token::TYP, jwt, now)
            .map_err(|reason| untrusted(reason.to_string(), self.signer.explain(access_token::TYP, jwt, now)))?;
        if token.iss == self.issuer.as_str() {
            Ok(token)
        } else {
            let fact = Fact::compared("iss", self.issuer.as_str(), &token.iss);
            Err(untrusted("another issuer".to_owned(), vec![fact.note("the server had another issuer when it made the token")]))
        }
    }

    async fn live(&self, token: AccessToken) -> Result<Result<Live, Reason>, Failure> {
        let now = self.clock.now();
        if let Err(reason) = bearer::check_time(&token, now) {
            return Ok(Err(reason));
        }
        if self.store.revoked_tokens().contains(&token.jti).await? {
            return Ok(Err(Reason::Inactive("it was revoked")));
        }
        let grant = match token.origin() {
            Origin::ApiKey(key) => {
                return Ok(Box::pin(self.live_of_key(token, &key)).await?.map_err(Reason::Inactive));
            }
            Origin::Grant(grant) => Some(grant),
            Origin::Client => None,
        };
        let Some(client) = self.enabled_client(&token.client_id).await? else {
            return Ok(Err(Reason::Inactive("its client is disabled or deleted")));
        };
        // Another one of the same name was registered since.
        if token.iat < client.created_at {
            return Ok(Err(Reason::Inactive("its client was deleted")));
        }
        let Some(grant) = grant else { return Ok(Ok(Live { token, client, user: None, asked: AskedClaims::default() })) };
        let Some((grant, session_is_live)) = self.store.grants().find(&grant, now, self.settings.session).await? else {
            return Ok(Err(Reason::Inactive("its grant is forgotten")));
        };
        if grant.revoked_at.is_some() {
            return Ok(Err(Reason::Inactive("its grant was revoked")));
        }
        if !session_is_live && !client.keeps_without_session(&grant) {
            return Ok(Err(Reason::Inactive("its session is over")));
        }
        match self.store.users().find(&grant.user).await? {
            Some(user) if user.enabled => {
                // A token that was narrowed to less of the person than was granted tells no more by single claims.
                let is_narrowed = grant.scope.iter().any(|word| is_about_people(word.as_str()) && !token.granted().contains(word.as_str()));
                let asked = if is_narrowed { AskedClaims::default() } else { grant.claims };
                Ok(Ok(Live { token, client, user: Some(user), asked }))
            }
            _ => Ok(Err(Reason::Inactive("its person is disabled or deleted"))),
        }
    }

    /// The token, if it is alive, speaks for a person and has a scope.
    pub(super) async fn person_with_scope(&self, token: AccessToken, scope: &'static str) -> Result<Result<Speaking, Reason>, Failure> {
        Ok(match self.live(token).await? {
            Err(reason) => Err(reason),
            Ok(Live { token, user: Some(user), client, asked }) if token.granted().contains(scope) => {
                Ok(Speaking { token, user, client, asked })
            }
            // RFC 6750 §3.1: a live token of ours is recognised, whatever it is for.
            Ok(Live { token, .. }) => Err(Reason::lacks_scope(scope, &token)),
        })
    }
}
