//! Key sets: what is kept of a registered one has no private part, and is read alike ever after; behind a URL nothing more is believed.
#![no_main]

use claviger_fuzz::protocol::jose::{Algorithm, ClientKeys, KeySource};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Ok(found) = ClientKeys::found(bytes) else { return };
    let document: Value = serde_json::from_slice(bytes).expect("it was read just now");
    for algorithm in Algorithm::ALL {
        assert!(!algorithm.is_symmetric() || found.candidates(None, *algorithm).next().is_none());
    }
    let Ok(registered) = KeySource::here(&document) else { return };
    let kept = registered.jwks().expect("it is registered here");
    assert_eq!(KeySource::here(kept).as_ref(), Ok(&registered), "{kept}");
    for key in kept["keys"].as_array().expect("it has keys") {
        assert!(key["kty"] != "oct" && ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|name| key.get(name).is_none()), "{key}");
    }
});
