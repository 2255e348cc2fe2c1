//! Clients that register themselves, RFC 7591 and OpenID Connect Registration, and what they may do with their registration afterwards, RFC 7592.
//!
//! | MUST | where |
//! |---|---|
//! | members that are not understood are ignored, RFC 7591 §2 | `what_is_unknown_or_privileged_is_ignored` |
//! | what is left out has its default, RFC 7591 §2, OpenID Connect Registration §2 | `what_is_left_out_has_its_default` |
//! | grant types and response types go together, RFC 7591 §2.1 | `grant_types_and_response_types_go_together` |
//! | more scope than is allowed is not given, RFC 7591 §2 | `the_scope_is_what_is_asked_for_as_far_as_it_is_allowed` |
//! | an update replaces everything, RFC 7592 §2.2 | `an_update_puts_back_what_it_leaves_out_and_keeps_what_the_operator_chose` |
//! | an update proves that it means this client, RFC 7592 §2.2 | `an_update_names_the_client_and_nothing_that_is_ours_to_say` |
//!
//! A software statement (RFC 7591 §2.3) is one of the members that are not understood: nobody is trusted here to make one.

mod asked;
mod information;
mod initial_access_token;
mod policy;
mod reason;

use std::time::Duration;

pub use self::asked::{asked, asked_again};
pub use self::information::information;
pub use self::initial_access_token::{InitialAccessToken, InitialAccessTokenId, MOST_USES};
pub use self::policy::{Access, Policy};
pub use self::reason::Reason;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::protocol::words::words;

/// The time within which registrations and their changes from one address are counted.
pub const WINDOW: Duration = Duration::from_hours(1);

/// The members that a client chooses for itself. What is not in here is the operator's alone; [`Policy`] says what it begins as.
pub const MEMBERS: &[&str] = &[
    "redirect_uris",
    "response_types",
    "grant_types",
    "application_type",
    "client_name",
    "scope",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "jwks",
    "jwks_uri",
    "post_logout_redirect_uris",
    "frontchannel_logout_uri",
    "frontchannel_logout_session_required",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "id_token_signed_response_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_signing_alg",
    "request_uris",
    "require_signed_request_object",
    "subject_type",
    "sector_identifier_uri",
    "default_max_age",
    "require_auth_time",
    "default_acr_values",
    "initiate_login_uri",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
];

/// Who registered a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisteredBy {
    /// Whoever runs this server.
    Operator,
    /// The client itself.
    Itself(SelfRegistration),
}

/// What is remembered of a client that registered itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelfRegistration {
    /// The hash of its registration access token.
    pub access_token: TokenHash,
    /// When it is forgotten unless it gets a token before; `None` once it got one.
    pub unused_until: Option<Timestamp>,
}

words! {
    /// Who registered a client, in a word.
    Registrar {
        /// Whoever runs this server.
        Operator = "operator",
        /// The client itself.
        Itself = "self",
    }
}

impl RegisteredBy {
    /// The word for it.
    #[must_use]
    pub const fn registrar(&self) -> Registrar {
        match self {
            Self::Operator => Registrar::Operator,
            Self::Itself(_) => Registrar::Itself,
        }
    }

    /// When the client is forgotten unless it gets a token before.
    #[must_use]
    pub const fn unused_until(&self) -> Option<Timestamp> {
        match self {
            Self::Itself(SelfRegistration { unused_until, .. }) => *unused_until,
            Self::Operator => None,
        }
    }
}
