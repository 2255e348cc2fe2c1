//! Which client a request comes from (RFC 6749 §2.3), at every endpoint where clients authenticate.

use std::sync::Arc;

use crate::flow::{Failure, Server};
use crate::protocol::client::{AuthMethod, Client, ClientId};
use crate::protocol::client_assertion::{Assertion, Reason, SingleUse};
use crate::protocol::client_auth::{self, Credentials, Proof};
use crate::protocol::explanation::stranger;
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::signing::is_signed_with;
use crate::store::Applied;

/// What the secret of a client is sealed for: it is never opened for another client, nor as another one of its secrets.
pub(super) fn sealed_for(client: &ClientId, secret: &str) -> String {
    format!("secret {secret} of the client {client}")
}

impl Server {
    /// The client that a request comes from.
    pub(super) async fn authenticate(&self, authorization: Option<&str>, params: &Params) -> Result<Result<Arc<Client>, Refusal>, Failure> {
        let credentials = match Credentials::parse(authorization, params) {
            Ok(credentials) => credentials,
            Err(reason) => {
                let refusal = Refusal::from(reason);
                return Ok(Err(if let Some(id) = params.get("client_id") { refusal.asked_by(id) } else { refusal }));
            }
        };
        let id = &credentials.client;
        let refused = |reason: client_auth::Reason| Ok(Err(Refusal::from(reason).asked_by(id.as_str())));
        let found = self.cached_client(id).await?;
        let proof = client_auth::authenticate(&credentials, found.as_deref(), &self.issuer, self.clock.now());
        let (proof, client) = match (proof, found) {
            (Ok(proof), Some(client)) => (proof, client),
            (Ok(_), None) => return refused(client_auth::Reason::Unknown(stranger(id.as_str()))),
            (Err(reason), _) => return refused(reason),
        };
        if let Proof::IfSigned(assertion, single_use) = proof {
            // On the heap: it would be part of every request, and few clients sign.
            if let Err(reason) = Box::pin(self.accept(&client, assertion, &single_use)).await? {
                return refused(reason);
            }
        }
        Ok(Ok(client))
    }

    /// Accepts an assertion of a client, once.
    async fn accept(
        &self,
        client: &Client,
        assertion: &Assertion,
        single_use: &SingleUse,
    ) -> Result<Result<(), client_auth::Reason>, Failure> {
        let signed = match client.auth_method {
            AuthMethod::SecretJwt => self.signed_with_secret(client, assertion),
            _ => self.signed_by_client(client, &assertion.jws, assertion.algorithm).await.map_err(Reason::from),
        };
        if let Err(reason) = signed {
            return Ok(Err(reason.into()));
        }
        if let Err(disabled) = client_auth::enabled(client) {
            return Ok(Err(disabled));
        }
        // Last, so that nobody but the client can use one up.
        Ok(match self.store.used_assertions().consume(&client.id, single_use).await? {
            Applied::Done => Ok(()),
            Applied::Lost => {
                tracing::warn!(target: "claviger::security", client = %client.id, "an assertion that was used was presented again");
                Err(Reason::Used(single_use.jti.clone()).into())
            }
        })
    }

    fn signed_with_secret(&self, client: &Client, assertion: &Assertion) -> Result<(), Reason> {
        let vault = self.keyring.vault();
        let open = |(id, sealed): (&str, &str)| match vault.open(&sealed_for(&client.id, id), sealed) {
            Ok(secret) => Some(secret),
            Err(failure) => {
                tracing::error!(client = %client.id, %failure, "the secret of a client can't be opened: it can't authenticate");
                None
            }
        };
        let kept = client.secrets.iter().filter_map(|secret| Some((secret.id.as_str(), secret.sealed.as_deref()?)));
        let secrets: Vec<_> = kept.filter_map(open).collect();
        if secrets.is_empty() {
            return Err(Reason::NoSecret);
        }
        if secrets.iter().any(|secret| is_signed_with(secret, &assertion.jws)) { Ok(()) } else { Err(Reason::WrongSecret) }
    }
}
