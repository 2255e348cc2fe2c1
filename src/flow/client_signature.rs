//! What comes of a client's own keys, which are registered here or published by the client itself: whether it signed something.

use std::sync::Arc;

use crate::flow::Server;
use crate::protocol::client::Client;
use crate::protocol::jose::{Algorithm, ClientKeys, Jws, KeySource, NotTheirs};
use crate::signing::is_signed_by;

impl Server {
    /// Whether `client` signed `jws` with this algorithm.
    pub(super) async fn signed_by_client(&self, client: &Client, jws: &Jws, algorithm: Algorithm) -> Result<(), NotTheirs> {
        self.with_keys_of(client, |keys| signed_by_one_of(keys, jws, algorithm)).await
    }

    /// What comes of a client's keys. Where it publishes them and nothing comes of those that are known, younger ones are looked at: a new key
    /// may have the name of an old one, or none.
    pub(super) async fn with_keys_of<T, E: From<NotTheirs>>(
        &self,
        client: &Client,
        attempt: impl Fn(&ClientKeys) -> Result<T, E>,
    ) -> Result<T, E> {
        let uri = match &client.keys {
            Some(KeySource::Here(keys)) => return attempt(keys),
            Some(KeySource::There(uri)) => uri,
            None => return Err(NotTheirs::NoKeys.into()),
        };
        let published = self.published_keys.of(client);
        let away = |why: &String| NotTheirs::KeysAway(why.clone());
        let fetched = published.find(uri, &self.clock, None).await;
        let known = attempt(fetched.keys.as_ref().map_err(away)?);
        if known.is_ok() {
            return known;
        }
        let younger = published.find(uri, &self.clock, Some(&fetched)).await;
        if Arc::ptr_eq(&younger, &fetched) { known } else { attempt(younger.keys.as_ref().map_err(away)?) }
    }
}

fn signed_by_one_of(keys: &ClientKeys, jws: &Jws, algorithm: Algorithm) -> Result<(), NotTheirs> {
    let kid = jws.kid();
    let mut candidates = keys.candidates(kid, algorithm).peekable();
    if candidates.peek().is_none() {
        let known = keys.kids().into_iter().map(str::to_owned).collect();
        return Err(NotTheirs::UnknownKey { kid: kid.map(str::to_owned), algorithm, known });
    }
    if candidates.any(|key| is_signed_by(key, algorithm, jws)) { Ok(()) } else { Err(NotTheirs::WrongSignature) }
}
