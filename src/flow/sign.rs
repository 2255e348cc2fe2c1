//! Signing with the algorithm that a client registered, whose first keys are made when they are needed; and encrypting for it.

use serde::Serialize;

use crate::flow::{Failure, Server};
use crate::protocol::client::Client;
use crate::protocol::client_responses::Unencryptable;
use crate::protocol::id_token::{self, IdToken};
use crate::protocol::jose::{ClientKeys, Encryption, SigningAlgorithm};
use crate::protocol::problem::Problem;
use crate::signing::{KeyFolderFailure, SigningFailure, encrypt};

/// RFC 7519 §5.2: what a JWT that holds another one says that it holds.
pub(super) const NESTED: &str = "JWT";

impl Server {
    /// A JWT of type `typ` for a client, signed with its `id_token_signed_response_alg`.
    pub(super) async fn sign_for(&self, client: &Client, typ: &str, claims: &impl Serialize) -> Result<String, Failure> {
        self.sign_with(client.responses.id_token_signed, Some(typ), claims).await
    }

    /// An ID token for a client: signed, and then encrypted if it registered for that (OpenID Connect Core §2, §10.2).
    pub(super) async fn id_token_for(&self, client: &Client, claims: &IdToken) -> Result<Result<String, Unencryptable>, Failure> {
        let signed = self.sign_for(client, id_token::TYP, claims).await?;
        match client.responses.id_token_encrypted {
            None => Ok(Ok(signed)),
            // On the heap: it would be part of every request.
            Some(encryption) => Ok(Box::pin(self.encrypted_for(client, encryption, &signed, Some(NESTED))).await),
        }
    }

    /// A text that nobody but the client can read. Without a key for that there is none, and never the text itself.
    pub(super) async fn encrypted_for(
        &self,
        client: &Client,
        encryption: Encryption,
        text: &str,
        content_type: Option<&str>,
    ) -> Result<String, Unencryptable> {
        let encrypted = self.try_to_encrypt(client, encryption, text, content_type).await;
        encrypted.inspect_err(|why| tracing::warn!(client = %client.id, reason = %why, "a client gets nothing"))
    }

    async fn try_to_encrypt(
        &self,
        client: &Client,
        encryption: Encryption,
        text: &str,
        content_type: Option<&str>,
    ) -> Result<String, Unencryptable> {
        let sealed = |keys: &ClientKeys| {
            let none = || Unencryptable(format!("none of its keys is for {}", encryption.alg));
            let key = keys.encryption_key(encryption.alg).ok_or_else(none)?;
            encrypt(text, content_type, encryption, key, &self.random).map_err(|failure| Unencryptable(failure.to_string()))
        };
        self.with_keys_of(client, sealed).await
    }

    /// A JWT that is signed with an algorithm.
    pub(super) async fn sign_with(
        &self,
        algorithm: SigningAlgorithm,
        typ: Option<&str>,
        claims: &impl Serialize,
    ) -> Result<String, Failure> {
        match self.signer.sign_with(algorithm, typ, claims) {
            Err(SigningFailure::NoKey(_)) => {
                // On the heap: it would be part of every request.
                Box::pin(self.prepare_keys(algorithm)).await?;
                Ok(self.signer.sign_with(algorithm, typ, claims)?)
            }
            signed => Ok(signed?),
        }
    }

    /// Makes the keys that something for a client will be signed with, so that they are published when its first answer comes.
    pub(super) async fn prepare_keys_of(&self, client: &Client) -> Result<(), Failure> {
        for (_, algorithm) in client.responses.signed_with() {
            self.prepare_keys(algorithm).await?;
        }
        Ok(())
    }

    async fn prepare_keys(&self, algorithm: SigningAlgorithm) -> Result<(), Failure> {
        if self.keyring.current().active_for(algorithm).is_some() {
            return Ok(());
        }
        // Of those who need them at the same time, one makes them.
        let _turn = self.making_keys.lock().await;
        let (keyring, random, now, size) = (self.keyring.clone(), self.random.clone(), self.clock.now(), self.settings.key_size);
        blocking(move || keyring.prepare(algorithm, size, &random, now)).await
    }

    /// The algorithms that a client asks for and this server does not offer. One that was offered when it registered it keeps.
    pub(super) fn unoffered(&self, client: &Client, before: Option<&Client>) -> Vec<Problem> {
        let had = |name, algorithm| before.is_some_and(|before| before.responses.signed_with().any(|kept| kept == (name, algorithm)));
        let asked = client.responses.signed_with();
        let unoffered = asked.filter(|(name, algorithm)| !self.settings.algorithms.contains(algorithm) && !had(*name, *algorithm));
        unoffered.map(|(name, algorithm)| Problem::new(name, format!("{algorithm} is not offered here (keys.algorithms)"))).collect()
    }
}

/// Making a key takes a while, and its file is written to the disk: nothing for the threads that answer requests.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, KeyFolderFailure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::Interrupted)?.map_err(Failure::Keys)
}
