//! Signing with the algorithm that a client registered, whose first keys are made when they are needed.

use serde::Serialize;

use crate::flow::{Failure, Server};
use crate::protocol::client::Client;
use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::problem::Problem;
use crate::signing::{KeyFolderFailure, SigningFailure};

impl Server {
    /// A JWT of type `typ` for a client, signed with its `id_token_signed_response_alg`.
    pub(super) async fn sign_for(&self, client: &Client, typ: &str, claims: &impl Serialize) -> Result<String, Failure> {
        self.sign_with(client.responses.id_token_signed, Some(typ), claims).await
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
