//! Proof keys: a verifier meets its own challenge and no other, and there is one spelling of each challenge.
#![no_main]

use claviger_fuzz::protocol::pkce::{CodeChallenge, CodeVerifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(challenge) = CodeChallenge::parse(text) {
        assert_eq!((challenge.as_str(), text.len()), (text, 43));
    }
    let Some(verifier) = CodeVerifier::parse(text) else { return };
    let challenge = verifier.challenge();
    assert_eq!(CodeChallenge::parse(challenge.as_str()), Some(challenge.clone()));
    assert!(challenge.is_met_by(&verifier));
    let other = CodeVerifier::parse(&format!("{}{}", &text[1..], if text.starts_with('a') { 'b' } else { 'a' }));
    assert!(other.is_none_or(|other| other == verifier || !challenge.is_met_by(&other)));
});
