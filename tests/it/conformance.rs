//! What an OpenID Provider has to do, line by line, and the tests that prove it: each says in its documentation which lines it is for
//! (`Conformance: 12, 13`). Of this, docs/conformance.md is made.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::generated::assert_fresh;

/// The numbers skip what belongs to profiles that are not here yet (FAPI, pushed and signed requests, proofs of possession, CIBA).
const LINES: &[(u32, &str)] = &[
    (
        1,
        "GET {issuer}/.well-known/openid-configuration 200 application/json; issuer byte-identical to iss in tokens and responses (Discovery §4)",
    ),
    (2, "Same document at /.well-known/oauth-authorization-server{path}, by path insertion (RFC 8414 §3.1)"),
    (3, "Issuer https, no query, fragment, userinfo; every *_endpoint https (Discovery §3)"),
    (4, "Only known metadata names, right types; no empty arrays or nulls (RFC 8414 §2)"),
    (
        5,
        "subject_types_supported, response_types_supported, id_token_signing_alg_values_supported incl. RS256, scopes_supported incl. openid, claims_supported, grant_types_supported incl. refresh_token when issued",
    ),
    (
        6,
        "State request_uri_parameter_supported explicitly (absent means true); request_object_signing_alg_values_supported without none unless unsigned objects are handled (Core §6)",
    ),
    (
        7,
        "jwks_uri: public members only, each key kid + use + alg, kids unique, no symmetric key, RSA >= 2048 (RFC 7517); experimental key types off in test deployments",
    ),
    (
        8,
        "Key rotation on demand: publish new key (new kid) beside the old one; sign with the new; old one verifiable for the longest token life (Core §10.1.1)",
    ),
    (9, "JWS header always has kid; key selection by client's registered alg; default RS256 (Core §2, Registration §2)"),
    (10, "GET and POST give the same result, also when the POST is cross-site and the cookie is SameSite=Lax (Core §3.1.2.1)"),
    (11, "Unknown parameters ignored; repeated parameters refused; parameter and scope order irrelevant (RFC 6749 §3.1, §3.3)"),
    (
        12,
        "redirect_uri compared as exact string incl. query; unknown, missing (several registered) or mismatching: HTML error page at our own URL with the error code as text, never a redirect, not even to the registered URI (RFC 6749 §3.1.2.4)",
    ),
    (
        13,
        "All other errors go back to the redirect URI with state and (if supported) iss, in the response mode of the request; missing response_type: query, invalid_request (RFC 6749 §4.1.2.1, RFC 9207)",
    ),
    (14, "Error descriptions plain ASCII without quotes, backslash, line breaks; no extra parameters"),
    (15, "state, nonce returned byte for byte up to >= 512 characters, -._~ included; longer: refuse, never truncate"),
    (
        16,
        "nonce required for id_token, id_token token, code id_token, code id_token token; optional for code, code token (Core §3.2.2.1, §3.3.2.11)",
    ),
    (
        17,
        "Response types code, id_token, id_token token, code id_token, code token, code id_token token; words in any order; per-client allow list (OAuth 2.0 Multiple Response Types)",
    ),
    (18, "Fragment responses carry nothing in the query; code responses nothing in the fragment"),
    (
        19,
        "response_mode=form_post for every response type and for errors: self-submitting form, works without script by a button, values escaped, Cache-Control: no-store, CSP lets it submit (Form Post §2)",
    ),
    (20, "CSP form-action must not block the redirect chain from login/consent form to the client (browsers apply it to redirects)"),
    (
        21,
        "prompt=none never shows UI: login_required, consent_required, interaction_required or account_selection_required (Core §3.1.2.6); none with other values: invalid_request",
    ),
    (
        22,
        "prompt=login always re-authenticates and refreshes auth_time; prompt=consent asks again; select_account supported or treated as login (Core §3.1.2.1)",
    ),
    (
        23,
        "max_age: re-login when older (strictly, whole seconds; max_age=0 like prompt=login); auth_time then always in the ID token and unchanged on silent renewals",
    ),
    (24, "Consent of a session is remembered so that a silent second request works; wording can ask again for new scopes"),
    (
        25,
        "id_token_hint: our signature (expired allowed), our client or a trusted one, same user: silent success; other user: login_required (Core §3.1.2.2)",
    ),
    (
        26,
        "login_hint, display, ui_locales, claims_locales, acr_values never cause an error; acr_values answered by an acr from the list where possible (Core §15.1)",
    ),
    (
        27,
        "claims parameter: userinfo and id_token members, null/essential/value/values, sub value mismatch is an error, unknown names ignored; advertise it honestly (Core §5.5)",
    ),
    (
        28,
        "Scope claims complete (profile 14, email 2, address object, phone 2); only claims that have a value; in the ID token only when no access token is issued or asked for by claims (Core §5.4)",
    ),
    (
        29,
        "PKCE S256 accepted for every client; required by profile; plain refused by profile; verifier without challenge refused (RFC 7636, RFC 9700)",
    ),
    (
        30,
        "request and request_uri: supported and advertised, or request_not_supported / request_uri_not_supported; never silently ignored (Core §6, RFC 9101)",
    ),
    (
        31,
        "With an object only its contents count in JAR mode; in OIDC mode object wins over outer parameters incl. redirect_uri; client_id and response_type must agree; outer duplicates of response_type, scope, redirect_uri tolerated",
    ),
    (32, "Registered request_object_signing_alg enforced; none only if advertised; RS256 at least (Core §6.1)"),
    (
        33,
        "request_uri: https, pre-registered prefix without fragment, size and time limit, no redirects to private networks except an explicit allow list for test hosts",
    ),
    (34, "Cancel button gives access_denied (RFC 6749 §4.1.2.1)"),
    (35, "Login, consent, error, logout and signed-out pages usable without JavaScript, with stable ids and names, on different paths"),
    (36, "Codes and opaque tokens >= 128 bits of randomness; tokens only from the b64token alphabet (RFC 6749 §10.10)"),
    (
        37,
        "Code: one use, bound to client, redirect_uri (equal when sent; may be absent only with PKCE) and PKCE; life at most 60 s (RFC 6749 §4.1.2)",
    ),
    (
        38,
        "Second use: 400 invalid_grant, and everything issued from it revoked at once, also when the second use is 30 s later (RFC 6749 §4.1.2)",
    ),
    (
        39,
        "Token errors: JSON, 400 (invalid_client 400 or 401 with WWW-Authenticate when Basic was tried), right code, Cache-Control: no-store on success and error (RFC 6749 §5.2)",
    ),
    (40, "Success: token_type Bearer, expires_in a number, scope (RFC 6749 §5.1)"),
    (
        41,
        "Refresh: narrower or equal scope accepted; bound to client; new id_token has the same iss, sub, aud, azp(absent stays absent), auth_time, new iat, no nonce needed (Core §12.2)",
    ),
    (
        42,
        "Refresh tokens for offline_access with consent; also by client setting without it; the previous token is answered with the same successor for a few seconds (RFC 9700 §4.14)",
    ),
    (43, "Refresh without client authentication (confidential) is refused (RFC 6749 §6)"),
    (44, "at_hash and c_hash by the ID token's alg (left half) in front-channel ID tokens (OpenID Connect Core §3.3.2.11)"),
    (45, "ID token claims only the protocol ones plus asked ones; sid present; exp a few minutes to an hour (OpenID Connect Core §2)"),
    (
        46,
        "Pairwise subjects: stable per sector; sector_identifier_uri fetched at registration and every redirect URI must be listed (Core §8.1, Registration §5)",
    ),
    (
        47,
        "client_secret_basic with form-decoding of id and secret; client_secret_post; client_secret_jwt (HS256); private_key_jwt (RS256, PS256, ES256, EdDSA); none (OpenID Connect Core §9)",
    ),
    (48, "One method per client, two methods in one request refused (RFC 6749 §2.3)"),
    (
        49,
        "Assertion: iss = sub = client_id, exp required and short, jti single use, iat/nbf up to 10 s ahead, > 60 s ahead refused (RFC 7523 §3)",
    ),
    (
        50,
        "Assertion aud by the client's profile: the issuer as a single string; or also the token endpoint, string or array containing one (RFC 7523, RFC 10070)",
    ),
    (51, "Unknown kid: refetch jwks_uri once, with a rest of seconds (OpenID Connect Core §10.1.1)"),
    (52, "Wrong alg, missing assertion, wrong aud, no sub: 400/401 invalid_client (RFC 7523 §3.2)"),
    (53, "GET and POST with header; POST form body token accepted or cleanly refused; token in query refused (RFC 6750, FAPI)"),
    (54, "401 with WWW-Authenticate: Bearer error=\"invalid_token\" for dead tokens; scheme name case-insensitive"),
    (55, "JSON, sub always; signed form (application/jwt with iss, aud) when registered; no nonce"),
    (
        57,
        "POST JSON; 201 JSON with every stored value, client_id_issued_at, client_secret_expires_at when a secret is issued; unknown members ignored (RFC 7591 §3.2.1)",
    ),
    (58, "Defaults: code, authorization_code, client_secret_basic, RS256, application_type web"),
    (59, "Errors 400 JSON: invalid_redirect_uri, invalid_client_metadata, never 500"),
    (60, "Refuse fragments in redirect URIs, non-https initiate_login_uri, sector mismatch, jwks and jwks_uri together"),
    (61, "registration_client_uri + registration_access_token; GET 200, PUT 200, DELETE 204; token stops working after (RFC 7592)"),
    (62, "jwks (inline) and jwks_uri; logo_uri, policy_uri, tos_uri, client_name shown escaped on login or consent page"),
    (
        63,
        "initiate_login_uri, post_logout_redirect_uris, frontchannel_*, backchannel_*, request_uris, userinfo_signed_response_alg, id_token_signed_response_alg, token_endpoint_auth_signing_alg stored and obeyed (OpenID Connect Registration §2)",
    ),
    (64, "Optional initial access token"),
    (65, "end_session GET and POST; confirm unless the hint proves the user; state echoed only when sent (RP-Initiated §2)"),
    (
        66,
        "Redirect only if the id_token_hint verifies (our key, not none, not HS256 with a foreign key; expired accepted) and the URI is registered exactly; client_id alone: at most after confirmation. Without hint: no redirect",
    ),
    (67, "No or only state parameter: sign out (after confirmation) and show a page saying so"),
    (68, "Afterwards prompt=none gives login_required"),
    (
        69,
        "Front-channel: iframe per client with iss and sid, then continue by script or link; Back-channel: POST only logout_token, typ logout+jwt, iss aud iat exp jti events{}, sub/sid, no nonce; short time-outs, in parallel (Front-/Back-Channel Logout)",
    ),
    (70, "sid in the ID token for every client of the session; same value in logout messages"),
    (
        71,
        "Session management: session_state = hash(client_id origin state salt), iframe with plain script, no framing restriction on that page (Session Management §3)",
    ),
    (77, "iss in every authorization response incl. errors, advertised (RFC 9207)"),
    (83, "TLS: 1.2 only with ECDHE AES-GCM or ChaCha20 (BCP 195), 1.3, nothing older; configurable"),
];

/// The line of documentation that names the lines.
const MARK: &str = "/// Conformance: ";

/// Where a test stands, and what it is called.
struct Proof {
    file: String,
    test: String,
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "node_modules") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The tests that name each line.
fn proofs() -> BTreeMap<u32, Vec<Proof>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    sources(&root.join("tests"), &mut files);
    files.sort_unstable();
    let mut proofs: BTreeMap<u32, Vec<Proof>> = BTreeMap::new();
    for path in files {
        let (text, file) = (fs::read_to_string(&path).unwrap(), path.strip_prefix(root).unwrap().display().to_string());
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            let Some(numbers) = line.strip_prefix(MARK) else { continue };
            let below: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).take(6).collect();
            // One that runs on both databases is handed its database, and made a test by `on_both_databases`.
            let is_test =
                |line: &&str| line.starts_with("#[test") || line.starts_with("#[tokio::test") || line.contains("(database: Database)");
            assert!(below.iter().any(is_test), "{file}: no test below {line}");
            let test = below.iter().find_map(|line| line.split("fn ").nth(1)).and_then(|rest| rest.split('(').next());
            let test = test.unwrap_or_else(|| panic!("{file}: no function below {line}")).to_owned();
            for number in numbers.split(", ") {
                let number = number.parse().unwrap_or_else(|_| panic!("{file}: {line}"));
                proofs.entry(number).or_default().push(Proof { file: file.clone(), test: test.clone() });
            }
        }
    }
    proofs
}

#[test]
fn every_line_has_a_test_and_every_test_a_line() {
    let proofs = proofs();
    for (number, line) in LINES {
        assert!(proofs.contains_key(number), "no test names line {number}: {line}");
    }
    for (number, tests) in &proofs {
        let first = tests.first().unwrap();
        assert!(LINES.iter().any(|(known, ..)| known == number), "{}: {} names line {number}, which is not there", first.file, first.test);
    }
    assert!(LINES.iter().map(|(number, ..)| number).is_sorted(), "in their order");
}

#[test]
fn the_list_is_fresh() {
    let proofs = proofs();
    let mut page = format!(
        "# Conformance to OpenID Connect\n\nWhat an OpenID Provider has to do, from the specifications and from what the OpenID Foundation's suite asks of one, and the tests that\n\
         prove it here: {} lines. The numbers skip what belongs to profiles that are not here yet. Made by `scripts/generate`.\n\n| | what | proven by |\n|---|---|---|\n",
        LINES.len()
    );
    for (number, line) in LINES {
        let tests = proofs.get(number).map(Vec::as_slice).unwrap_or_default();
        let named: Vec<String> = tests.iter().map(|Proof { file, test }| format!("[{test}](../{file})")).collect();
        // Writing to a text cannot fail.
        let _ = writeln!(page, "| {number} | {line} | {} |", named.join("<br>"));
    }
    assert_fresh("docs/conformance.md", &page);
}
