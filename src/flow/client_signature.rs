//! Whether a client signed something with a key of its own, which is registered here or published by the client itself.

use std::sync::Arc;

use crate::flow::Server;
use crate::protocol::client::Client;
use crate::protocol::jose::{Algorithm, ClientKeys, Jws, KeySource, NotTheirs};
use crate::signing::is_signed_by;

impl Server {
    /// Whether `client` signed `jws` with this algorithm.
    pub(super) async fn signed_by_client(&self, client: &Client, jws: &Jws, algorithm: Algorithm) -> Result<(), NotTheirs> {
        let uri = match &client.keys {
            Some(KeySource::Here(keys)) => return signed_by_one_of(keys, jws, algorithm),
            Some(KeySource::There(uri)) => uri,
            None => return Err(NotTheirs::NoKeys),
        };
        let now = self.clock.now();
        let away = |why: &String| NotTheirs::KeysAway(why.clone());
        let fetched = self.published_keys.find(uri, now, None).await;
        let known = signed_by_one_of(fetched.keys.as_ref().map_err(away)?, jws, algorithm);
        // A new key may have the name of an old one, or none.
        if !matches!(known, Err(NotTheirs::UnknownKey { .. } | NotTheirs::WrongSignature)) {
            return known;
        }
        let younger = self.published_keys.find(uri, now, Some(&fetched)).await;
        if Arc::ptr_eq(&younger, &fetched) { known } else { signed_by_one_of(younger.keys.as_ref().map_err(away)?, jws, algorithm) }
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
