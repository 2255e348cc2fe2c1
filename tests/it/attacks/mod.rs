//! The threats, one a file: each attack is performed and refused, and the attacker learns nothing by it.

mod api_key_secrecy;
mod bad_connections;
mod bad_input;
mod bad_input_on_pages;
mod client_assertion;
mod client_authentication;
mod client_logo;
mod code_replay;
mod confused_tokens;
mod csrf;
mod forged_tokens;
mod framing;
mod identity_providers;
mod log_secrecy;
mod logout;
mod open_redirectors;
mod provider_secrecy;
mod redirect_uris;
mod refresh_reuse;
mod refresh_withdrawn;
mod refusal_secrecy;
mod registration;
mod sector_identifiers;
mod session_fixation;
mod throttling;

use crate::actors::Answer;

/// Asserts this refusal, and that no token came with it.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    answer.assert_error(status, code);
    assert_nothing_given(answer);
}

/// Asserts that nothing failed and that nothing in the answer is a token.
#[track_caller]
fn assert_nothing_given(answer: &Answer) {
    assert!(!answer.status.is_server_error(), "{} {}", answer.status, answer.body);
    for token in ["\"access_token\"", "\"refresh_token\"", "\"id_token\"", "clv_rt_", "clv_code_", "clv_ses_", "eyJ"] {
        assert!(!answer.body.contains(token), "{}", answer.body);
    }
}

/// What two answers may not differ in, if nobody is to tell them apart: all but the moment and the trace id.
fn looks(answer: &Answer) -> (u16, Vec<(String, String)>, String) {
    let headers = answer.headers.iter().filter(|(name, _)| !["date", "trace-id"].contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    (answer.status.as_u16(), headers, answer.body.clone())
}
