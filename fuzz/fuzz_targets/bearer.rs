//! The Bearer header: the token is one word, and stands at the end.
#![no_main]

use claviger_fuzz::protocol::bearer::{Reason, challenge, presented};
use claviger_fuzz::protocol::params::Params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &str| {
    match presented(Some(header), &Params::default()) {
        Ok(token) => {
            assert!(!token.is_empty() && !token.contains(' ') && header.trim_end_matches(' ').ends_with(token));
            let both = Params::parse(b"access_token=t").expect("a parameter");
            assert!(matches!(presented(Some(header), &both), Err(Reason::Malformed(_))));
        }
        Err(reason) => assert!(challenge(&reason).starts_with("Bearer ")),
    }
});
