//! The authorization code grant's token request, RFC 6749 §4.1.3, with PKCE (RFC 7636).
//!
//! | MUST | where |
//! |---|---|
//! | a code is bound to its client, §4.1.3 | `a_code_of_another_client_is_refused` |
//! | the redirect URI is the same if one was sent, §4.1.3 | `another_redirect_uri_is_refused` |
//! | a code is short-lived, §4.1.2 | `an_old_code_is_refused` |
//! | a code used twice is refused and revokes what it gave, §4.1.2 | `a_code_used_twice_revokes_what_it_gave` |
//! | it ends with its session unless offline_access was granted, OpenID Connect Core §11 | `a_code_ends_with_its_session` |
//! | a replay that is not otherwise valid revokes nothing, OAuth 2.1 | `an_invalid_replay_revokes_nothing` |
//! | a verifier must meet the challenge, RFC 7636 §4.6 | `a_wrong_verifier_is_refused` |
//! | a verifier without a challenge is refused, RFC 9700 §4.8.2 | `a_verifier_without_a_challenge_is_refused` |

mod explain;

use std::time::Duration;

use crate::protocol::client::{Client, GrantType};
use crate::protocol::explanation::Explanation;
use crate::protocol::grant::{Authorization, Decision, Effect, Foreign, Grant, RefreshPlan};
use crate::protocol::params::Params;
use crate::protocol::pkce::{CodeChallenge, CodeVerifier};
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::resource::{InvalidResource, Resource};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenHash, TokenKind};

/// How long a code may wait to be redeemed (RFC 6749 §4.1.2 allows ten minutes; FAPI 2.0 §5.3.2.1 one).
pub const LIFETIME: Duration = Duration::from_mins(1);

/// What this grant reads from the form.
pub struct Request {
    /// The hash of the code.
    pub code: TokenHash,
    redirect_uri: Option<String>,
    verifier: Verifier,
    resources: Vec<Resource>,
}

enum Verifier {
    Absent,
    Malformed { length: usize },
    Present(CodeVerifier),
}

/// A code as remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its hash.
    pub code: TokenHash,
    /// The redirection URI of the authorization request, if it named one.
    pub redirect_uri: Option<String>,
    /// The proof key's challenge, if there was one.
    pub challenge: Option<CodeChallenge>,
    /// When it dies.
    pub expires_at: Timestamp,
    /// When it was used up; a spent code is remembered as long as what it gave.
    pub spent_at: Option<Timestamp>,
    /// What the person allowed.
    pub grant: Grant,
    /// Whether the session in which the grant was given goes on; true where there was none.
    pub session_is_live: bool,
}

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no `code`, or one that no code of ours looks like.
    #[error("the code is missing")]
    Missing,
    /// It is no code of ours.
    #[error("the code is malformed: {0}")]
    Malformed(String),
    /// We know no such code.
    #[error("the code is unknown")]
    Unknown,
    /// It was given to another client.
    #[error("the code was given to another client, {0}")]
    OtherClient(String),
    /// The redirection URI is another one than at the authorization endpoint.
    #[error("the redirect_uri is not the one of the authorization request")]
    OtherRedirectUri {
        /// At the authorization endpoint.
        expected: Option<String>,
        /// At the token endpoint.
        found: Option<String>,
    },
    /// The verifier is not the one that the challenge was made of.
    #[error("the code_verifier does not meet the challenge")]
    WrongVerifier {
        /// The challenge of the authorization request.
        expected: String,
        /// The challenge of the verifier that came; otherwise its length, as it is none.
        found: Result<String, usize>,
    },
    /// There was a challenge, and no verifier came.
    #[error("the code_verifier is missing")]
    NoVerifier,
    /// There was no challenge, and a verifier came.
    #[error("there is a code_verifier, but the authorization request had no challenge")]
    NoChallenge,
    /// It is too old.
    #[error("the code has expired")]
    Expired {
        /// When it did.
        at: Timestamp,
        /// When it was presented.
        now: Timestamp,
    },
    /// What it stands for was taken back.
    #[error("the grant was revoked")]
    Revoked(Timestamp),
    /// The session in which it was given is over.
    #[error("the session of the code is over")]
    SessionOver,
    /// It was used before.
    #[error("the code was used before; what it gave is revoked")]
    Replayed {
        /// When.
        at: Timestamp,
        /// When it was presented again.
        now: Timestamp,
    },
    /// It asks for an API that was not granted.
    #[error("the resource is not within what was granted")]
    OtherResource(Foreign),
    /// It asks for an API in a form that none has.
    #[error("the resource is malformed: {0}")]
    MalformedResource(#[from] InvalidResource),
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Missing => ErrorCode::InvalidRequest,
            Self::OtherResource(_) | Self::MalformedResource(_) => ErrorCode::InvalidTarget,
            _ => ErrorCode::InvalidGrant,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing => "The parameter code is missing.",
            Self::OtherResource(_) | Self::MalformedResource(_) => "The resource is not within what was granted.",
            Self::OtherRedirectUri { .. } => "The redirect_uri is not the one of the authorization request.",
            Self::WrongVerifier { .. } | Self::NoVerifier | Self::NoChallenge => {
                "The code_verifier does not fit the authorization request."
            }
            _ => "The code is invalid, expired or used.",
        }
    }

    fn explain(&self) -> Explanation {
        explain::explain(self)
    }
}

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, Reason> {
        let code = params.get("code").ok_or(Reason::Missing)?;
        let verifier = params.get("code_verifier").map_or(Verifier::Absent, |text| {
            CodeVerifier::parse(text).map_or(Verifier::Malformed { length: text.chars().count() }, Verifier::Present)
        });
        Ok(Self {
            code: Token::parse(TokenKind::AuthorizationCode, code).ok_or_else(|| malformed(code))?.hash(),
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            verifier,
            resources: Resource::parse_all(params)?,
        })
    }
}

fn malformed(code: &str) -> Reason {
    Reason::Malformed(Token::misfit(TokenKind::AuthorizationCode, code))
}

/// Applies the rules.
#[must_use]
pub fn decide(request: &Request, found: Option<Stored>, client: &Client, now: Timestamp) -> Decision {
    let Some(stored) = found else { return Decision::refuse(Reason::Unknown) };
    if let Err(reason) = check_binding(request, &stored, client) {
        return Decision::refuse(reason);
    }
    if let Some(at) = stored.spent_at {
        // RFC 6749 §4.1.2: a code used twice revokes what it gave. OAuth 2.1: only if the second use is valid otherwise, or
        // whoever sees a code could end a session with it; hence after the checks above.
        let refusal = Refusal::from(Reason::Replayed { at, now });
        return Decision { effects: vec![Effect::RevokeGrant { grant: stored.grant.id, at: now }], reply: Err(refusal) };
    }
    if now >= stored.expires_at {
        return Decision::refuse(Reason::Expired { at: stored.expires_at, now });
    }
    if let Some(at) = stored.grant.revoked_at {
        return Decision::refuse(Reason::Revoked(at));
    }
    if !stored.session_is_live && !client.keeps_without_session(&stored.grant) {
        return Decision::refuse(Reason::SessionOver);
    }
    if let Err(foreign) = stored.grant.can_be_narrowed_to(&request.resources) {
        return Decision::refuse(Reason::OtherResource(foreign));
    }
    let refresh = if client.may_use(GrantType::RefreshToken) { RefreshPlan::First } else { RefreshPlan::None };
    Decision {
        effects: vec![Effect::SpendCode { code: stored.code, at: now }],
        reply: Ok(Authorization {
            scope: stored.grant.scope.clone(),
            resources: request.resources.clone(),
            refresh,
            grant: Some(stored.grant),
        }),
    }
}

fn check_binding(request: &Request, stored: &Stored, client: &Client) -> Result<(), Reason> {
    if stored.grant.client != client.id {
        return Err(Reason::OtherClient(stored.grant.client.to_string()));
    }
    // RFC 6749 §4.1.3: identical if it was included in the authorization request. OAuth 2.1 drops the parameter here; where a proof key
    // binds the code, its absence is harmless.
    let absent_but_proven = request.redirect_uri.is_none() && stored.challenge.is_some();
    if request.redirect_uri != stored.redirect_uri && !absent_but_proven {
        return Err(Reason::OtherRedirectUri { expected: stored.redirect_uri.clone(), found: request.redirect_uri.clone() });
    }
    match (&stored.challenge, &request.verifier) {
        (None, Verifier::Absent) => Ok(()),
        // RFC 9700 §4.8.2: a verifier without a challenge is the mark of a downgrade.
        (None, _) => Err(Reason::NoChallenge),
        (Some(_), Verifier::Absent) => Err(Reason::NoVerifier),
        (Some(challenge), Verifier::Present(verifier)) if challenge.is_met_by(verifier) => Ok(()),
        (Some(challenge), Verifier::Present(verifier)) => Err(wrong_verifier(challenge, Ok(verifier.challenge()))),
        (Some(challenge), Verifier::Malformed { length }) => Err(wrong_verifier(challenge, Err(*length))),
    }
}

fn wrong_verifier(challenge: &CodeChallenge, found: Result<CodeChallenge, usize>) -> Reason {
    Reason::WrongVerifier { expected: challenge.as_str().to_owned(), found: found.map(|found| found.as_str().to_owned()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::samples;

    const NOW: Timestamp = Timestamp::from_seconds(1_000_000);
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const REDIRECT: &str = "https://app.example/cb";

    fn code() -> Token {
        Token::new(TokenKind::AuthorizationCode, [1; crate::protocol::token::RANDOM_BYTES])
    }

    fn stored() -> Stored {
        Stored {
            code: code().hash(),
            redirect_uri: Some(REDIRECT.into()),
            challenge: CodeChallenge::parse(CHALLENGE),
            expires_at: NOW + Duration::from_secs(1),
            spent_at: None,
            grant: samples::grant("openid items:read"),
            session_is_live: true,
        }
    }

    fn decide_on(query: &str, stored: Option<Stored>) -> Decision {
        let client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid items:read", "openid");
        let request = Request::parse(&Params::parse(format!("code={}&{query}", code().reveal()).as_bytes()).unwrap());
        match request {
            Ok(request) => decide(&request, stored, &client, NOW),
            Err(reason) => Decision::refuse(reason),
        }
    }

    fn good() -> String {
        format!("redirect_uri={REDIRECT}&code_verifier={VERIFIER}")
    }

    fn reason(decision: &Decision) -> String {
        decision.reply.as_ref().unwrap_err().reason.clone()
    }

    #[test]
    fn a_good_request_spends_the_code_once() {
        let decision = decide_on(&good(), Some(stored()));
        assert_eq!(decision.effects, [Effect::SpendCode { code: code().hash(), at: NOW }]);
        assert_eq!(decision.reply.unwrap().scope.to_string(), "items:read openid");
        assert!(decide_on(&format!("code_verifier={VERIFIER}"), Some(stored())).reply.is_ok(), "OAuth 2.1 clients leave redirect_uri out");
    }

    #[test]
    fn a_code_of_another_client_is_refused() {
        let mut other = stored();
        other.grant.client = samples::client_id("other");
        assert_eq!(reason(&decide_on(&good(), Some(other))), Reason::OtherClient("other".into()).to_string());
    }

    #[test]
    fn another_redirect_uri_is_refused() {
        let decision = decide_on(&format!("redirect_uri={REDIRECT}/&code_verifier={VERIFIER}"), Some(stored()));
        assert_eq!(decision.reply.unwrap_err().code, ErrorCode::InvalidGrant);
        let unproven = Stored { challenge: None, ..stored() };
        assert!(decide_on("", Some(unproven)).reply.is_err(), "without a proof key the redirect_uri is needed");
    }

    #[test]
    fn an_old_code_is_refused() {
        let old = decide_on(&good(), Some(Stored { expires_at: NOW - Duration::from_secs(5), ..stored() }));
        assert_eq!(reason(&old), "the code has expired");
        assert!(
            old.reply.unwrap_err().explanation.facts.iter().any(|fact| fact.what_came().is_some_and(|came| came.ends_with("5 s too late")))
        );
        assert_eq!(reason(&decide_on(&good(), None)), Reason::Unknown.to_string());
    }

    #[test]
    fn a_code_ends_with_its_session() {
        let over = Stored { session_is_live: false, ..stored() };
        assert_eq!(reason(&decide_on(&good(), Some(over.clone()))), Reason::SessionOver.to_string());
        let offline = Stored { grant: samples::grant("openid offline_access"), ..over };
        assert!(decide_on(&good(), Some(offline)).reply.is_ok());
    }

    #[test]
    fn a_code_used_twice_revokes_what_it_gave() {
        let spent = Stored { spent_at: Some(NOW), ..stored() };
        let decision = decide_on(&good(), Some(spent.clone()));
        assert_eq!(reason(&decision), "the code was used before; what it gave is revoked");
        assert_eq!(decision.effects, [Effect::RevokeGrant { grant: spent.grant.id, at: NOW }]);
    }

    #[test]
    fn an_invalid_replay_revokes_nothing() {
        let spent = Stored { spent_at: Some(NOW), ..stored() };
        let wrong = format!("redirect_uri={REDIRECT}&code_verifier={}", VERIFIER.replace('d', "e"));
        assert_eq!(decide_on(&wrong, Some(spent)).effects, []);
    }

    #[test]
    fn a_wrong_verifier_is_refused() {
        let long = "a".repeat(129);
        for bad in [
            "",
            &VERIFIER[1..],
            long.as_str(),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX!",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
        ] {
            let decision = decide_on(&format!("redirect_uri={REDIRECT}&code_verifier={bad}"), Some(stored()));
            let refusal = decision.reply.unwrap_err();
            assert_eq!(refusal.code, ErrorCode::InvalidGrant, "{bad}");
            assert_eq!(decision.effects, []);
            let told = format!("{refusal:?}");
            assert!(bad.is_empty() || (told.contains(CHALLENGE) && !told.contains(bad)), "{told}");
        }
    }

    #[test]
    fn a_verifier_without_a_challenge_is_refused() {
        let unproven = Stored { challenge: None, ..stored() };
        assert_eq!(reason(&decide_on(&good(), Some(unproven))), Reason::NoChallenge.to_string());
    }

    #[test]
    fn another_kind_of_token_is_no_code() {
        let refresh_token = Token::new(TokenKind::RefreshToken, [1; crate::protocol::token::RANDOM_BYTES]);
        let params = Params::parse(format!("code={}", refresh_token.reveal()).as_bytes()).unwrap();
        assert!(matches!(Request::parse(&params).err(), Some(Reason::Malformed(why)) if why.contains("refresh token")));
    }

    proptest! {
        #[test]
        fn a_granted_code_is_spent_exactly_once_and_a_refused_one_gives_nothing(spent: bool, age in 0_i64..3, revoked: bool, right_verifier: bool, with_redirect: bool) {
            let mut found = Stored { spent_at: spent.then_some(NOW), expires_at: Timestamp::from_seconds(NOW.seconds() + 1 - age), ..stored() };
            found.grant.revoked_at = revoked.then_some(NOW);
            let verifier = if right_verifier { VERIFIER.to_owned() } else { "x".repeat(43) };
            let redirect = if with_redirect { format!("&redirect_uri={REDIRECT}") } else { String::new() };
            let decision = decide_on(&format!("code_verifier={verifier}{redirect}"), Some(found));
            let spends = decision.effects.iter().filter(|effect| matches!(effect, Effect::SpendCode { .. })).count();
            prop_assert_eq!(spends, usize::from(decision.reply.is_ok()));
            prop_assert_eq!(decision.reply.is_ok(), !spent && age < 1 && !revoked && right_verifier);
        }
    }
}
