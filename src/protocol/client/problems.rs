//! What is wrong with a registration.

use crate::protocol::api_key::BUILT_IN_CLIENT;
use crate::protocol::application_type::ApplicationType;
use crate::protocol::claim_rule::{self, Target};
use crate::protocol::client::{AuthMethod, Client, GrantType, LONGEST_TOKEN_LIFETIME, MOST_SECRETS, PkceRule, RefreshTokenRotation};
use crate::protocol::jose::Algorithm;
use crate::protocol::problem::Problem;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::request_object::MOST_REQUEST_URIS;
use crate::protocol::role::{ROLE_RULE, is_role};
use crate::protocol::subject_type::SubjectType;

/// Takes what is broken, with the member that it is about.
type Check<'a> = dyn FnMut(bool, &str, &str) + 'a;

impl Client {
    /// Everything about the registration that contradicts itself or a specification, for whoever registers it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut check = |broken: bool, field: &str, reason: &str| {
            if broken {
                problems.push(Problem::new(field, reason));
            }
        };
        check(
            self.name.trim().is_empty() || self.name.chars().count() > 200 || self.name.chars().any(char::is_control),
            "client_name",
            "must have 1 to 200 characters on one line",
        );
        check(self.id.as_str() == BUILT_IN_CLIENT, "client_id", "is this server's own, for people's API keys");
        check(self.first_party && self.registered_itself(), "first_party", "a client that registered itself is nobody's own");
        self.check_authentication(&mut check);
        self.check_requests(&mut check);
        self.check_grants(&mut check);
        self.check_addresses(&mut check);
        self.check_lifetimes(&mut check);
        check(!self.default_scope.is_within(&self.allowed_scope), "default_scope", "must be within scope");
        problems.extend(self.roles.iter().filter(|role| !is_role(role)).map(|role| Problem::new("roles", format!("{role:?} {ROLE_RULE}"))));
        problems.extend(self.login.problems());
        problems.extend(self.presentation.problems());
        problems.extend(claim_rule::problems(&self.claims, Target::ALL));
        problems.extend(self.logout.problems(&self.redirect_uris));
        problems.extend(self.responses.problems(self.keys.as_ref()));
        problems
    }

    fn check_authentication(&self, check: &mut Check<'_>) {
        check(
            !self.has_secret() && !self.secrets.is_empty(),
            "client_secret",
            "a client with the method none or private_key_jwt has no secret",
        );
        check(
            self.auth_method == AuthMethod::PrivateKeyJwt && self.keys.is_none(),
            "jwks",
            "private_key_jwt needs the client's public keys: register jwks or jwks_uri",
        );
        let fits = |algorithm: Algorithm| match self.auth_method {
            AuthMethod::SecretJwt => algorithm.is_symmetric(),
            AuthMethod::PrivateKeyJwt => !algorithm.is_symmetric(),
            _ => false,
        };
        check(
            self.assertions.algorithm.is_some_and(|algorithm| !fits(algorithm)),
            "token_endpoint_auth_signing_alg",
            "does not fit the token_endpoint_auth_method",
        );
        check(self.secrets.len() > MOST_SECRETS, "client_secret", "at most two secrets may be alive at once");
        check(
            self.is_public() && self.may_use(GrantType::ClientCredentials),
            "grant_types",
            "client_credentials needs a client that can authenticate (RFC 6749 section 4.4)",
        );
        check(
            self.is_public() && self.pkce == PkceRule::Optional,
            "pkce",
            "a public client always needs a proof key (RFC 9700 section 2.1.1)",
        );
        check(
            self.is_public() && self.refresh_token_rotation == RefreshTokenRotation::Off,
            "refresh_token_rotation",
            "the refresh tokens of a public client are always good for one use (RFC 9700 section 2.2.2)",
        );
    }

    fn check_requests(&self, check: &mut Check<'_>) {
        let objects = &self.request_objects;
        check(
            objects.algorithm.is_some_and(Algorithm::is_symmetric),
            "request_object_signing_alg",
            "must be one of a key that only the client has",
        );
        check(
            (objects.algorithm.is_some() || objects.required || !objects.uris.is_empty()) && self.keys.is_none(),
            "jwks",
            "request objects need the client's public keys: register jwks or jwks_uri",
        );
        check(objects.uris.len() > MOST_REQUEST_URIS, "request_uris", "must be 20 at most");
    }

    fn check_grants(&self, check: &mut Check<'_>) {
        let code = self.may_use(GrantType::AuthorizationCode);
        let implicit = self.may_use(GrantType::Implicit);
        check((code || implicit) && self.redirect_uris.is_empty(), "redirect_uris", "authorization_code and implicit need at least one");
        check(
            code != self.response_types.iter().any(|known| known.has_code()),
            "response_types",
            "those with code and the grant type authorization_code go together (RFC 7591 section 2.1)",
        );
        check(
            implicit != self.response_types.iter().any(|known| known.is_front_channel()),
            "response_types",
            "those with id_token or token and the grant type implicit go together (RFC 7591 section 2.1)",
        );
        // OpenID Connect Registration §2, `application_type`. Of what it asks of clients there, localhost by https is let through: who has that
        // is the person's own machine, where developers try their application.
        check(
            implicit
                && self.application_type == ApplicationType::Web
                && self.redirect_uris.iter().any(|uri| !uri.as_str().starts_with("https:")),
            "redirect_uris",
            "a web application with the grant type implicit needs https (OpenID Connect Registration section 2)",
        );
        check(
            self.may_use(GrantType::RefreshToken) && !code && !self.may_use(GrantType::Password),
            "grant_types",
            "refresh_token needs authorization_code or password beside it",
        );
    }

    fn check_addresses(&self, check: &mut Check<'_>) {
        for (field, uris) in [("redirect_uris", &self.redirect_uris), ("post_logout_redirect_uris", &self.post_logout_redirect_uris)] {
            let wrong = uris.iter().any(|uri| RedirectUri::register(uri.as_str(), self.application_type).is_err());
            check(wrong, field, "one is not allowed for this application_type");
        }
        if self.subjects.kind == SubjectType::Pairwise
            && let Err(reason) = self.subjects.sector(&self.redirect_uris, self.application_type)
        {
            check(true, "sector_identifier_uri", &reason.to_string());
        }
    }

    fn check_lifetimes(&self, check: &mut Check<'_>) {
        let longest = LONGEST_TOKEN_LIFETIME.as_secs();
        let short = |seconds: u32| (30..=longest).contains(&u64::from(seconds));
        check(!short(self.lifetimes.access_token), "lifetimes.access_token", "must be 30 seconds to 24 hours");
        check(!short(self.lifetimes.id_token), "lifetimes.id_token", "must be 30 seconds to 24 hours");
        check(self.lifetimes.refresh_token_idle < 60, "lifetimes.refresh_token_idle", "must be a minute at least");
        check(
            self.lifetimes.refresh_token_absolute < self.lifetimes.refresh_token_idle,
            "lifetimes.refresh_token_absolute",
            "must be as long as refresh_token_idle at least",
        );
    }
}
