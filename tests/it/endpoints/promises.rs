//! Each member of the metadata document, and the test that uses what it promises.

use std::collections::BTreeSet;
use std::fs;

use claviger::protocol::registration::{Access, Policy};

use crate::actors::TestServer;

/// The tests that use what each member of the document promises, by their files.
const USED: &[(&str, &str, &[&str])] = &[
    (
        "endpoints/authorize.rs",
        "a_code_and_an_error_come_back_in_the_mode_that_was_asked_for_with_state_and_issuer",
        &["authorization_response_iss_parameter_supported"],
    ),
    ("endpoints/metadata.rs", "both_documents_are_the_same_and_say_nothing_empty", &["issuer"]),
    (
        "endpoints/metadata.rs",
        "there_is_something_at_every_endpoint",
        &[
            "authorization_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
            "introspection_endpoint",
            "revocation_endpoint",
            "end_session_endpoint",
            "registration_endpoint",
            "jwks_uri",
            "check_session_iframe",
        ],
    ),
    ("endpoints/metadata.rs", "every_grant_type_works", &["grant_types_supported"]),
    (
        "endpoints/metadata.rs",
        "every_response_mode_type_and_prompt_works",
        &["response_types_supported", "response_modes_supported", "prompt_values_supported"],
    ),
    ("endpoints/metadata.rs", "every_scope_is_granted_to_who_may_have_it", &["scopes_supported"]),
    (
        "endpoints/metadata.rs",
        "every_authentication_method_works_where_it_is_promised",
        &[
            "token_endpoint_auth_methods_supported",
            "token_endpoint_auth_signing_alg_values_supported",
            "revocation_endpoint_auth_methods_supported",
            "revocation_endpoint_auth_signing_alg_values_supported",
            "introspection_endpoint_auth_methods_supported",
            "introspection_endpoint_auth_signing_alg_values_supported",
        ],
    ),
    (
        "endpoints/metadata.rs",
        "every_claim_and_challenge_method_that_is_promised_is_there",
        &["claims_supported", "claim_types_supported", "code_challenge_methods_supported"],
    ),
    (
        "endpoints/metadata.rs",
        "every_algorithm_that_is_promised_for_request_objects_is_taken",
        &["request_object_signing_alg_values_supported"],
    ),
    (
        "endpoints/metadata.rs",
        "every_kind_of_subject_class_and_display_that_is_promised_is_there",
        &["subject_types_supported", "acr_values_supported", "display_values_supported", "ui_locales_supported"],
    ),
    (
        "flows/back_channel.rs",
        "every_client_of_the_session_is_told",
        &["backchannel_logout_supported", "backchannel_logout_session_supported"],
    ),
    ("flows/claims_request.rs", "single_claims_are_where_they_are_asked_for_and_the_token_is_no_wider", &["claims_parameter_supported"]),
    (
        "flows/encrypted_responses.rs",
        "every_promised_encryption_is_there",
        &[
            "id_token_encryption_alg_values_supported",
            "id_token_encryption_enc_values_supported",
            "userinfo_encryption_alg_values_supported",
            "userinfo_encryption_enc_values_supported",
        ],
    ),
    (
        "flows/front_channel_logout.rs",
        "clients_pages_are_loaded_before_the_person_goes_on",
        &["frontchannel_logout_supported", "frontchannel_logout_session_supported"],
    ),
    ("flows/request_object.rs", "what_is_signed_goes_before_what_stands_beside_it", &["request_parameter_supported"]),
    ("flows/request_object.rs", "a_reference_is_fetched_once_for_each_request", &["request_uri_parameter_supported"]),
    (
        "flows/request_object.rs",
        "a_reference_that_gives_nothing_is_an_error_and_only_registered_ones_are_asked",
        &["require_request_uri_registration"],
    ),
    (
        "flows/signed_responses.rs",
        "every_offered_algorithm_signs_id_tokens_and_userinfo",
        &["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"],
    ),
];

/// Conformance: 4, 5
#[tokio::test]
async fn nothing_is_promised_that_no_test_uses() {
    let server = TestServer::start_registering(Policy { access: Access::Open, ..Policy::default() }).await;
    let document = server.get("/.well-known/openid-configuration").await.json();
    let promised: BTreeSet<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(promised, USED.iter().flat_map(|(.., members)| *members).copied().collect());
    for (file, test, _) in USED {
        let source = fs::read_to_string(format!("{}/tests/it/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(source.contains(&format!("async fn {test}(")), "{file} has no test {test}");
    }
    for (name, value) in document.as_object().unwrap().iter().filter(|(_, value)| value.is_boolean()) {
        assert_eq!(value, true, "{name}");
    }
}
