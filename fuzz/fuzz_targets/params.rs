//! Parameters: what is written out reads back, and a request with each of them once has one value at most of each.
#![no_main]

use claviger_fuzz::protocol::params::Params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|raw: &[u8]| {
    let Ok(params) = Params::parse(raw) else { return };
    let written = params.to_query();
    assert_eq!(Params::parse(written.as_bytes()).as_ref(), Ok(&params), "{written}");
    for name in ["a", "client_id", "redirect_uri", "scope"] {
        match params.one(name) {
            Ok(value) => assert_eq!(value, params.get(name)),
            Err(_) => assert!(params.once_each().is_err(), "{written}"),
        }
        assert!(params.all(name).all(|value| !value.is_empty()));
    }
});
