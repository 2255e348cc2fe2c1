//! What the specifications say: requests, rules, refusals, claims. Pure: no I/O, no clock, no randomness, no framework.
//!
//! | specification | where |
//! |---|---|
//! | RFC 6749 §2.2, RFC 7591 §2, OpenID Connect Registration §2: client metadata | [`client`], [`client_metadata`], [`client_responses`], [`application_type`], [`login_rules`], [`client_presentation`], [`web_uri`] |
//! | RFC 6749 §2.3, Appendix A.2: client authentication | [`client_auth`], [`chosen_secret`] |
//! | RFC 7521 §4.2, RFC 7523, RFC 10070: clients that sign who they are | [`client_assertion`] |
//! | RFC 7515–RFC 7518: algorithms, what others sign, and their keys | [`jose`] |
//! | RFC 6749 §3.1, Appendix B: parameters | [`params`] |
//! | RFC 6749 §3.1.2, RFC 8252 §7: redirection URIs | [`redirect_uri`] |
//! | RFC 6749 §3.3: scopes | [`scope`] |
//! | RFC 6749 §4.1, OpenID Connect Core §3.1.2: the authorization endpoint | [`authorize`] |
//! | RFC 6749 §4–§6: the grants | [`grant`] |
//! | RFC 6749 §4.1.2.1, §5.2: errors, and why | [`refusal`], [`explanation`] |
//! | RFC 6750: bearer tokens | [`bearer`] |
//! | RFC 7591, RFC 7592, OpenID Connect Registration: clients that register themselves | [`registration`] |
//! | RFC 7636: PKCE | [`pkce`] |
//! | RFC 7662: introspection | [`introspection`] |
//! | RFC 8414, OpenID Connect Discovery: the issuer and its metadata | [`issuer`], [`metadata`] |
//! | RFC 8693: token exchange, for API keys | [`grant::token_exchange`], [`api_key`] |
//! | RFC 8707: resource indicators | [`resource`] |
//! | RFC 9068: access tokens, roles | [`access_token`], [`role`] |
//! | OpenID Connect Core §2: ID tokens | [`id_token`] |
//! | OpenID Connect Core §8, Registration §5: public and pairwise subjects | [`subject`], [`subject_type`] |
//! | OpenID Connect Core §5.1, §5.4: claims about a person; those of our own | [`claims`], [`claim_rule`] |
//! | OpenID Connect Core §5.5: single claims that are asked for | [`claims_request`] |
//! | OpenID Connect Core §6, RFC 9101: requests as signed objects | [`request_object`] |
//! | OpenID Connect RP-Initiated Logout | [`logout`] |
//! | OpenID Connect Front-Channel Logout §2, Back-Channel Logout §2.2: what clients register about it | [`client_logout`] |
//! | OpenID Connect Back-Channel Logout §2.4: logout tokens | [`logout_token`] |
//! | OpenID Connect Session Management §2: what a client's page compares with | [`session_state`] |
//! | W3C PNG §5.2, RFC 9649: kinds of pictures | [`picture`] |
//! | W3C Trace Context §3.2.2.3: the name of a request | [`trace_id`] |

pub mod access_token;
pub mod api;
pub mod api_key;
pub mod application_type;
pub mod authentication;
pub mod authorize;
pub mod bearer;
pub mod chosen_secret;
pub mod claim_rule;
pub mod claims;
pub mod claims_request;
pub mod client;
pub mod client_assertion;
pub mod client_auth;
pub mod client_logout;
pub mod client_metadata;
pub mod client_presentation;
pub mod client_responses;
pub mod explanation;
pub mod grant;
pub mod id_token;
pub mod introspection;
pub mod issuer;
pub mod jose;
pub mod login_rules;
pub mod logout;
pub mod logout_token;
pub mod metadata;
pub mod params;
pub mod picture;
pub mod pkce;
pub mod problem;
pub mod redirect_uri;
pub mod refusal;
pub mod registration;
pub mod request_object;
pub mod resource;
pub mod role;
#[cfg(test)]
pub(crate) mod samples;
pub mod scope;
pub mod scope_grant;
pub mod session_state;
pub mod subject;
pub mod subject_type;
pub mod time;
pub mod token;
pub mod trace_id;
pub mod web_uri;
pub(crate) mod words;
