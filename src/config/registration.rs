//! Whether clients register themselves, and what such clients are.

use std::time::Duration;

use super::kind::{list, one_of, parsed, some, time, whole_number};
use super::problem::Problem;
use super::settings::{Presence, settings};
use crate::protocol::client::{GrantType, PkceRule, RefreshTokenRotation, ResponseType};
use crate::protocol::client_assertion::AssertionAudience;
use crate::protocol::registration::{Access, Policy};
use crate::protocol::scope::ScopeToken;

/// How an error gets to a client that registered itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorsBy {
    /// By a page with a link.
    Page,
    /// At once.
    Redirect,
}

settings! {
    /// Clients that register themselves at `/register` (RFC 7591), and look after their registration (RFC 7592). People are always asked for
    /// consent, and told that nobody here has looked at such a client.
    pub Registration "registration"

    /// Who may register a client: `off`, nobody but you; `initial_access_token`, whoever has one (`claviger initial-access-tokens`); `open`,
    /// everybody. Those that are registered go on looking after their registration whatever this says.
    policy: Access = one_of(&[
        ("off", Access::Off), ("initial_access_token", Access::InitialAccessToken), ("open", Access::Open),
    ]), Presence::Default("off");

    /// What they may ask people for. What they ask for beyond it is left out. The scopes of this server's own API are never among it.
    scope: Vec<ScopeToken> = list("a list of scopes", parsed("a scope", ScopeToken::parse)), Presence::Default("openid, profile, email");

    /// The grants that they may use: of `authorization_code`, `client_credentials`, `refresh_token`, `password`, `implicit`.
    grant_types: Vec<GrantType> = some(list(
        "a list of grant types",
        parsed("a grant type", |text| GrantType::parse(text).ok_or("must be one of those that there are")),
    )), Presence::Default("authorization_code, refresh_token");

    /// The response types that they may use, such as `code id_token`.
    response_types: Vec<ResponseType> = list(
        "a list of response types",
        parsed("a response type", |text| ResponseType::of_words(text).ok_or("must be one of those that there are")),
    ), Presence::Default("code");

    /// Whether those that can keep a secret need a proof key (PKCE), too. Public ones always do.
    pkce: PkceRule = one_of(&[("required", PkceRule::Required), ("optional", PkceRule::Optional)]), Presence::Default("required");

    /// Whether each use of a refresh token brings a successor, also for those that can keep a secret; for public ones it always does. `off`:
    /// such a client keeps its refresh token.
    refresh_token_rotation: RefreshTokenRotation = one_of(&[("on", RefreshTokenRotation::On), ("off", RefreshTokenRotation::Off)]),
        Presence::Default("on");

    /// Whom their assertions may be addressed to: the `issuer` alone (RFC 10070), or for older clients `issuer_or_token_endpoint`.
    assertion_audience: AssertionAudience = one_of(&[
        ("issuer", AssertionAudience::Issuer), ("issuer_or_token_endpoint", AssertionAudience::IssuerOrTokenEndpoint),
    ]), Presence::Default("issuer");

    /// How the error of an authorization request gets to such a client while nobody is signed in: by a `page` of this server, with a link; or
    /// at once (`redirect`), as it does for your own clients. Then whoever registers a client can send people on from here to anywhere.
    errors: ErrorsBy = one_of(&[("page", ErrorsBy::Page), ("redirect", ErrorsBy::Redirect)]), Presence::Default("page");

    /// The most changes of registrations from one address in an hour; where everybody may register, registrations are counted together with
    /// them. An IPv6 address counts by its first 64 bits.
    per_address: u32 = whole_number(1..=1_000_000), Presence::Default("10");

    /// The most clients that registered themselves and are still there; further ones are refused.
    most_clients: u64 = whole_number(1..=1_000_000), Presence::Default("1000");

    /// Time after which such a client is forgotten that never got a token.
    unused_lifetime: Duration = time(60..=31_536_000), Presence::Default("1d");
}

impl Registration {
    /// The policy as the rules take it.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            access: self.policy,
            scope: self.scope.iter().cloned().collect(),
            grant_types: self.grant_types.iter().copied().collect(),
            response_types: self.response_types.iter().copied().collect(),
            pkce: self.pkce,
            refresh_token_rotation: self.refresh_token_rotation,
            assertion_audience: self.assertion_audience,
            shows_errors: self.errors == ErrorsBy::Page,
            per_address: self.per_address,
            most_clients: self.most_clients,
            unused_lifetime: self.unused_lifetime,
        }
    }

    pub(super) fn contradiction(&self) -> Option<Problem> {
        let may = |grant| self.grant_types.contains(&grant);
        let wrong = self
            .response_types
            .iter()
            .find(|kind| kind.has_code() && !may(GrantType::AuthorizationCode) || kind.is_front_channel() && !may(GrantType::Implicit))?;
        let grant = if wrong.has_code() && !may(GrantType::AuthorizationCode) { GrantType::AuthorizationCode } else { GrantType::Implicit };
        Some(Problem::new("registration.response_types", format!("has {wrong}, which needs {grant} in registration.grant_types")))
    }
}
