//! What clients register of themselves: nothing is registered beyond the policy, and what is told of it registers the same once more.
#![no_main]

use claviger_fuzz::protocol::client::ClientId;
use claviger_fuzz::protocol::registration::{Policy, asked, information};
use claviger_fuzz::protocol::scope::Scope;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|json: &[u8]| {
    let Ok(members) = serde_json::from_slice::<Map<String, Value>>(json) else { return };
    let policy = Policy { scope: Scope::parse("openid profile").expect("scope words"), ..Policy::default() };
    let id = ClientId::parse("c-1").expect("an identifier");
    match asked(&members, &policy, &id) {
        Ok(client) => {
            assert!(client.grant_types.is_subset(&policy.grant_types) && client.response_types.is_subset(&policy.response_types));
            assert!(client.allowed_scope.is_within(&policy.scope) && !client.first_party && client.roles.is_empty() && client.enabled);
            let told = information(&client, "https://id.example/register/c-1", "token", None);
            assert_eq!(asked(&told, &policy, &id), Ok(client));
        }
        Err(reason) => assert!(reason.description().is_ascii()),
    }
});
