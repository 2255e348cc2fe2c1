//! Scopes, of which the first line is one and the second one another: what is printed reads back, and what both have widens neither.
#![no_main]

use claviger_fuzz::protocol::scope::Scope;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|lines: &str| {
    let (one, other) = lines.split_once('\n').unwrap_or((lines, ""));
    let Ok(one) = Scope::parse(one) else { return };
    assert_eq!(Scope::parse(&one.to_string()).as_ref(), Ok(&one));
    let Ok(other) = Scope::parse(other) else { return };
    let both = one.and(&other);
    assert!(both.is_within(&one) && both.is_within(&other));
    assert!(both.iter().all(|word| one.contains(word.as_str()) && other.contains(word.as_str())));
});
