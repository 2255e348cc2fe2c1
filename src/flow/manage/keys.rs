//! Managing the signing keys of a running server.

use std::time::Duration;

use serde::Serialize;

use crate::flow::manage::{Page, PageRequest, Refused};
use crate::flow::sign::blocking;
use crate::flow::{Failure, Server};
use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::metadata::KEY_SET_LIFETIME;
use crate::protocol::time::Timestamp;
use crate::signing::{Key, KeyFolderFailure, KeyState, Kid, Rotation};

/// A signing key as it is shown to whoever manages it; never the key itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Its identifier.
    pub kid: Kid,
    /// What it signs with.
    pub alg: SigningAlgorithm,
    /// Where it stands in its life: `next`, `active` or `retired`.
    pub state: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// Of a retired key: until when it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What became of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// What became of those of each algorithm that was rotated.
    pub rotations: Vec<RotatedAlgorithm>,
}

/// What became of the keys of an algorithm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RotatedAlgorithm {
    /// The algorithm.
    pub alg: SigningAlgorithm,
    /// The key that signs now.
    pub active: Kid,
    /// The key that will sign after the next rotation.
    pub next: Kid,
    /// The key that signed before.
    pub retired: Kid,
}

impl Server {
    /// The keys in the state that is asked for, or all, in the order of their identifiers.
    #[must_use]
    pub fn key_page(&self, state: Option<&str>, request: &PageRequest) -> Page<KeyView> {
        let wanted = |key: &KeyView| state.is_none_or(|state| key.state == state);
        request.page_of(self.keyring.current().keys().map(view).filter(wanted), |key| key.kid.as_str())
    }

    /// One key.
    #[must_use]
    pub fn key(&self, kid: &str) -> Option<KeyView> {
        self.keyring.current().keys().find(|key| key.kid().as_str() == kid).map(view)
    }

    /// Signs with the next key from now on: of one algorithm, or of each that has keys. Refused while verifiers may still hold a key set
    /// without it, unless it has to be `now`; where none is named, those whose next key is old enough are rotated. `rotated` is told of each as
    /// soon as it happened, whatever fails afterwards.
    pub async fn rotate_keys(
        &self,
        algorithm: Option<SigningAlgorithm>,
        now: bool,
        rotated: impl Fn(&RotatedAlgorithm) + Send + Sync,
    ) -> Result<Result<Rotated, Refused>, Failure> {
        let algorithms = algorithm.map_or_else(|| self.keyring.current().algorithms(), |algorithm| vec![algorithm]);
        let published = if now { Duration::ZERO } else { KEY_SET_LIFETIME };
        let mut rotations = Vec::new();
        for algorithm in algorithms {
            let (keyring, random, at, size) = (self.keyring.clone(), self.random.clone(), self.clock.now(), self.settings.key_size);
            match blocking(move || keyring.rotate(algorithm, size, &random, at, published)).await {
                Err(Failure::Keys(KeyFolderFailure::TooYoung { .. })) => {}
                Err(Failure::Keys(KeyFolderFailure::NoKeys { .. })) => return Ok(Err(Refused::not_found("key for", algorithm))),
                done => {
                    let Rotation { algorithm: alg, active, next, retired, .. } = done?;
                    let done = RotatedAlgorithm { alg, active, next, retired };
                    rotated(&done);
                    rotations.push(done);
                }
            }
        }
        if rotations.is_empty() {
            return Ok(Err(Refused::Conflict(
                "the next key is younger than the copies of the key set that verifiers may hold; wait a few minutes, or say now=true",
            )));
        }
        Ok(Ok(Rotated { rotations }))
    }

    /// Takes a key out at once, because it may have leaked: no token that it signed is believed any more.
    pub async fn disable_key(&self, kid: &str) -> Result<Result<(), Refused>, Failure> {
        let not_found = Refused::not_found("key", kid);
        let Ok(kid) = Kid::parse(kid) else { return Ok(Err(not_found)) };
        let (keyring, random, at, size) = (self.keyring.clone(), self.random.clone(), self.clock.now(), self.settings.key_size);
        match blocking(move || keyring.disable(&kid, size, &random, at)).await {
            Err(Failure::Keys(KeyFolderFailure::NotListed { .. })) => Ok(Err(not_found)),
            done => done.map(Ok),
        }
    }
}

fn view(key: &Key) -> KeyView {
    let (state, since, until) = match key.state() {
        KeyState::Next { since } => ("next", since, None),
        KeyState::Active { since } => ("active", since, None),
        KeyState::Retired { since, until } => ("retired", since, Some(until)),
    };
    KeyView { kid: key.kid().clone(), alg: key.algorithm(), state, since, until }
}
