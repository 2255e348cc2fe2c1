//! The Basic header: whoever it names can be a client, and what a client encodes as RFC 6749 §2.3.1 says authenticates it and nobody else.
#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use claviger_fuzz::protocol::client::{ClientId, ClientSecret};
use claviger_fuzz::protocol::client_auth::{Credentials, Proof, authenticate};
use claviger_fuzz::protocol::client_metadata::ClientMetadata;
use claviger_fuzz::protocol::issuer::Issuer;
use claviger_fuzz::protocol::params::Params;
use claviger_fuzz::protocol::time::Timestamp;
use claviger_fuzz::protocol::token::TokenHash;
use libfuzzer_sys::fuzz_target;
use url::form_urlencoded::byte_serialize;

fuzz_target!(|text: &str| {
    if let Ok(credentials) = Credentials::parse(Some(text), &Params::default()) {
        assert_eq!(ClientId::parse(credentials.client.as_str()).as_ref(), Ok(&credentials.client));
    }
    if text.is_empty() {
        return; // only names a public client
    }
    let encoded: String = byte_serialize(text.as_bytes()).collect();
    let header = format!("Basic {}", STANDARD.encode(format!("app:{encoded}")));
    let credentials = Credentials::parse(Some(&header), &Params::default()).expect("a header as it should be");
    assert!(is_authenticated(&credentials, text), "{header}");
    assert!(!is_authenticated(&credentials, &format!("{text}x")), "{header}");
});

/// Whether they are those of a client with this secret.
fn is_authenticated(credentials: &Credentials, secret: &str) -> bool {
    let described = ClientMetadata {
        client_id: "app".to_owned(),
        client_name: "App".to_owned(),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        scope: "openid".to_owned(),
        ..ClientMetadata::default()
    };
    let mut client = described.client().expect("a client as it should be");
    let now = Timestamp::from_seconds(0);
    client.secrets.push(ClientSecret { id: "1".to_owned(), hash: TokenHash::of(secret), sealed: None, created_at: now });
    let issuer = Issuer::parse("https://login.example").expect("an issuer");
    matches!(authenticate(credentials, Some(&client), &issuer, now), Ok(Proof::Given))
}
