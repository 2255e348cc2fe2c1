//! The claims parameter: whatever it asks for, nothing is wanted that no scope releases, and nothing is left of it without that scope.
#![no_main]

use claviger_fuzz::protocol::claims::CLAIM_SCOPES;
use claviger_fuzz::protocol::claims_request::ClaimsRequest;
use claviger_fuzz::protocol::scope::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(asked) = ClaimsRequest::parse(text) else { return };
    let wanted = || asked.claims.userinfo.union(&asked.claims.id_token);
    assert!(wanted().all(|claim| CLAIM_SCOPES.iter().any(|scope| scope.claims.contains(&claim.as_str()))));
    assert!(asked.claims.within(&Scope::default()).is_empty());
    let all: Vec<&str> = CLAIM_SCOPES.iter().map(|scope| scope.name).collect();
    assert_eq!(asked.claims.within(&Scope::parse(&all.join(" ")).expect("scope words")), asked.claims);
    for subject in asked.subjects() {
        let _ = asked.takes(subject);
    }
    let _ = asked.missed_classes(Some("1"));
});
