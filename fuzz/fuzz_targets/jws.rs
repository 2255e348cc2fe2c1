//! Signed tokens: put together again they are what came, so that there is one spelling of each, and an assertion speaks for its subject.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_fuzz::protocol::client_assertion::{ASSERTION_TYPE, Assertion};
use claviger_fuzz::protocol::jose::Jws;
use claviger_fuzz::protocol::params::Params;
use libfuzzer_sys::fuzz_target;
use url::form_urlencoded::Serializer;

fuzz_target!(|text: &str| {
    let Ok((jws, algorithm)) = Jws::parse(text) else { return };
    let signing_input = std::str::from_utf8(jws.signing_input()).expect("it was text");
    assert_eq!(format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(jws.signature())), text);
    let _ = (jws.kid(), jws.typ());

    let form = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", text)];
    let form = Serializer::new(String::new()).extend_pairs(form).finish();
    let Ok(assertion) = Assertion::read(&Params::parse(form.as_bytes()).expect("two parameters")) else { return };
    assert_eq!((Some(assertion.client.as_str()), assertion.algorithm), (jws.text("sub"), algorithm));
    assert_eq!(jws.text("iss"), jws.text("sub"));
});
