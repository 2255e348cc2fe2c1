//! What a client is told about its registration (RFC 7591 §3.2.1, RFC 7592 §3).

use serde_json::{Map, Value, json};

use crate::protocol::client::Client;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::registration::MEMBERS;

/// Everything that is registered of a client and its own business. `access_token` is its registration access token, which it manages the
/// registration with at `uri`; `secret` is there when it was just made: later it is known by its hash alone.
#[must_use]
pub fn information(client: &Client, uri: &str, access_token: &str, secret: Option<&str>) -> Map<String, Value> {
    let mut members = match serde_json::to_value(ClientMetadata::of(client)) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let is_something = |value: &Value| !value.as_array().is_some_and(Vec::is_empty);
    members.retain(|name, value| MEMBERS.contains(&name.as_str()) && is_something(value));
    let mut insert = |name: &str, value: Value| members.insert(name.to_owned(), value);
    insert("client_id", client.id.as_str().into());
    insert("client_id_issued_at", json!(client.created_at));
    insert("registration_client_uri", uri.into());
    insert("registration_access_token", access_token.into());
    if client.has_secret() {
        // RFC 7591 §3.2.1: 0 says that it does not expire.
        insert("client_secret_expires_at", 0.into());
    }
    if let Some(secret) = secret {
        insert("client_secret", secret.into());
    }
    members
}
