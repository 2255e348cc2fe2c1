//! Request objects: of whatever is signed, a request comes that speaks for the client that signed it, and holds no other object.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use claviger_fuzz::protocol::client_metadata::ClientMetadata;
use claviger_fuzz::protocol::issuer::Issuer;
use claviger_fuzz::protocol::params::Params;
use claviger_fuzz::protocol::request_object::RequestObject;
use claviger_fuzz::protocol::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|claims: &[u8]| {
    let metadata = ClientMetadata {
        client_id: "app".to_owned(),
        client_name: "App".to_owned(),
        redirect_uris: vec!["https://app.example/cb".to_owned()],
        ..ClientMetadata::default()
    };
    let client = metadata.client().expect("a client");
    let issuer = Issuer::parse("https://id.example").expect("an issuer");
    let around = Params::parse(b"client_id=app&response_type=code&state=s").expect("parameters");
    for header in [&br#"{"alg":"ES256"}"#[..], br#"{"alg":"ES256","typ":"oauth-authz-req+jwt"}"#] {
        let text = format!("{}.{}.eA", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let Ok(object) = RequestObject::read(&text, &client) else { return };
        let Ok(asked) = object.request(&around, &client, &issuer, Timestamp::from_seconds(1_795_262_400), false) else { continue };
        assert!(asked.all("client_id").all(|id| id == "app"));
        assert!(asked.all("response_type").all(|kind| kind == "code"));
        assert!(asked.get("request").is_none() && asked.get("request_uri").is_none());
    }
});
