//! Clients as they are described in JSON: a client is described as it was, whatever was left out.
#![no_main]

use claviger_fuzz::protocol::client_metadata::ClientMetadata;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|json: &[u8]| {
    let Ok(described) = serde_json::from_slice::<ClientMetadata>(json) else { return };
    let written = serde_json::to_vec(&described).expect("it is JSON");
    assert_eq!(serde_json::from_slice::<ClientMetadata>(&written).ok().as_ref(), Some(&described));
    match described.client() {
        Ok(client) => assert_eq!(ClientMetadata::of(&client).concise().client(), Ok(client)),
        Err(problems) => assert!(!problems.is_empty()),
    }
});
