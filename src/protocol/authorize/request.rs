//! What an authorization request asks for (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1, RFC 7636 §4.3, RFC 8707 §2.1).

use crate::protocol::authorize::Reason;
use crate::protocol::authorize::answer::{ResponseMode, is_echoable};
use crate::protocol::claims_request::ClaimsRequest;
use crate::protocol::client::{Client, PkceRule, ResponseType};
use crate::protocol::params::Params;
use crate::protocol::pkce::CodeChallenge;
use crate::protocol::refusal::Refusal;
use crate::protocol::scope_grant::Narrowing;

/// A checked authorization request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The `redirect_uri` as it was sent; the token request has to repeat it.
    pub redirect_uri: Option<String>,
    /// What the answer shall have.
    pub response_type: ResponseType,
    /// What is asked for.
    pub narrowing: Narrowing,
    /// The proof key's challenge.
    pub challenge: Option<CodeChallenge>,
    /// To be echoed in the ID token.
    pub nonce: Option<String>,
    /// What the person is to be asked.
    pub prompt: Prompt,
    /// Seconds since the person last signed in, after which they have to again.
    pub max_age: Option<u64>,
    /// Who the client thinks it is; prefills the login page.
    pub login_hint: Option<String>,
    /// The other identity provider at which the person shall sign in, by its name here.
    pub provider: Option<String>,
    /// Who the client knows it is: an ID token of ours, not yet verified.
    pub id_token_hint: Option<String>,
    /// The single claims that are asked for, and whom and what the client takes alone.
    pub claims: ClaimsRequest,
}

/// What the person is to be asked (OpenID Connect Core §3.1.2.1, `prompt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own in the specification")]
pub struct Prompt {
    /// Nothing at all.
    pub none: bool,
    /// To sign in, even if they are signed in.
    pub login: bool,
    /// To choose an account: the login page is where one does that, so that it is like `login` but for another provider.
    pub select_account: bool,
    /// To consent, even if they did before.
    pub consent: bool,
}

impl Prompt {
    /// The values that we know, as metadata lists them (Initiating User Registration §4.2, `prompt_values_supported`).
    pub const ALL: [&'static str; 4] = ["none", "login", "consent", "select_account"];

    fn parse(text: &str) -> Result<Self, Reason> {
        let mut prompt = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "select_account" => prompt.select_account = true,
                "consent" => prompt.consent = true,
                _ => return Err(Reason::BadPrompt(text.chars().take(100).collect())),
            }
        }
        if prompt.none && (prompt.login || prompt.select_account || prompt.consent) {
            Err(Reason::BadPrompt(text.chars().take(100).collect()))
        } else {
            Ok(prompt)
        }
    }
}

impl Request {
    /// Reads a request of `client`.
    pub fn parse(params: &Params, client: &Client) -> Result<Self, Refusal> {
        params.once_each().map_err(Reason::Repeated)?;
        if let Some(mode) = params.get("response_mode").filter(|mode| !ResponseMode::ALL.contains(mode)) {
            return Err(Reason::UnknownResponseMode(mode.chars().take(100).collect()).into());
        }
        for name in ["state", "nonce"] {
            if let Some(value) = params.get(name).filter(|value| !is_echoable(value)) {
                return Err(Reason::Unechoable { name, length: value.len() }.into());
            }
        }
        // OpenID Connect Core §7.2.1: what we don't do is refused, never ignored.
        if params.get("registration").is_some() {
            return Err(Reason::Registration.into());
        }
        let asked = params.get("response_type").ok_or(Reason::NoResponseType)?;
        let Some(response_type) = ResponseType::of_words(asked).filter(|known| client.response_types.contains(known)) else {
            let registered = client.response_types.iter().copied().collect();
            return Err(Reason::UnsupportedResponseType { found: asked.chars().take(100).collect(), registered }.into());
        };
        if response_type.is_front_channel() && params.get("response_mode") == Some("query") {
            return Err(Reason::TokensInQuery(response_type).into());
        }
        if response_type.has_id_token() && params.get("nonce").is_none() {
            return Err(Reason::NoNonce(response_type).into());
        }
        let prompt = params.get("prompt").map_or(Ok(Prompt::default()), Prompt::parse)?;
        Ok(Self {
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            response_type,
            // RFC 7636 §4.3: it goes with a code.
            challenge: if response_type.has_code() { challenge(params, client)? } else { None },
            nonce: params.get("nonce").map(str::to_owned),
            prompt,
            // OpenID Connect Registration §2, `default_max_age`: what the request says goes before.
            max_age: params.get("max_age").map(max_age).transpose()?.or(client.login.max_age.map(u64::from)),
            login_hint: params.get("login_hint").map(|hint| hint.chars().take(128).collect()),
            provider: params.get("provider").map(|name| name.chars().take(64).collect()),
            id_token_hint: params.get("id_token_hint").map(str::to_owned),
            claims: params.get("claims").map_or_else(|| Ok(ClaimsRequest::default()), ClaimsRequest::parse).map_err(Reason::BadClaims)?,
            narrowing: Narrowing::parse(params)?,
        })
    }
}

fn challenge(params: &Params, client: &Client) -> Result<Option<CodeChallenge>, Reason> {
    let (challenge, method) = (params.get("code_challenge"), params.get("code_challenge_method"));
    match (challenge, method) {
        (None, None) if client.pkce == PkceRule::Optional && !client.is_public() => Ok(None),
        (None, None) => Err(Reason::NoChallenge { public: client.is_public() }),
        // RFC 7636 §4.3: no method means `plain`, which RFC 9700 §2.1.1 rules out.
        (Some(text), Some("S256")) => CodeChallenge::parse(text).map(Some).ok_or_else(|| bad_challenge(challenge, method)),
        _ => Err(bad_challenge(challenge, method)),
    }
}

fn bad_challenge(challenge: Option<&str>, method: Option<&str>) -> Reason {
    let length = challenge.map(|challenge| challenge.chars().count());
    Reason::BadChallenge { length, method: method.map(|method| method.chars().take(100).collect()) }
}

fn max_age(text: &str) -> Result<u64, Reason> {
    text.parse().map_err(|_| Reason::BadMaxAge(text.chars().take(100).collect()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::client::{AuthMethod, GrantType};
    use crate::protocol::refusal::ErrorCode;
    use crate::protocol::samples;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse_for(query: &str, client: &Client) -> Result<Request, ErrorCode> {
        Request::parse(&Params::parse(query.as_bytes()).unwrap(), client).map_err(|refusal| refusal.code)
    }

    fn parse(query: &str) -> Result<Request, ErrorCode> {
        let client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
        parse_for(&format!("response_type=code&code_challenge={CHALLENGE}&code_challenge_method=S256&{query}"), &client)
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        assert_eq!(parse("registration=%7B%7D").unwrap_err(), ErrorCode::RegistrationNotSupported);
        assert_eq!(parse("response_mode=evil").unwrap_err(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn only_a_registered_response_type_is_taken() {
        let client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
        assert_eq!(parse_for("code_challenge=x", &client).unwrap_err(), ErrorCode::InvalidRequest);
        for bad in ["token", "id_token", "code+token", "none", "codex"] {
            assert_eq!(parse_for(&format!("response_type={bad}"), &client).unwrap_err(), ErrorCode::UnsupportedResponseType, "{bad}");
        }
        let no_code = samples::confidential_client(&[GrantType::ClientCredentials], "openid", "openid");
        assert_eq!(parse_for("response_type=code", &no_code).unwrap_err(), ErrorCode::UnsupportedResponseType);
    }

    #[test]
    fn a_challenge_is_s256_and_a_public_client_always_has_one() {
        let mut client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
        let with = |extra: &str, client: &Client| parse_for(&format!("response_type=code&{extra}"), client);
        for bad in [
            "",
            &format!("code_challenge={CHALLENGE}"),
            &format!("code_challenge={CHALLENGE}&code_challenge_method=plain"),
            "code_challenge=short&code_challenge_method=S256",
            "code_challenge_method=S256",
        ] {
            assert_eq!(with(bad, &client).unwrap_err(), ErrorCode::InvalidRequest, "{bad}");
        }
        client.pkce = PkceRule::Optional;
        assert_eq!(with("", &client).unwrap().challenge, None);
        client.auth_method = AuthMethod::None;
        assert_eq!(with("", &client).unwrap_err(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn prompts_that_contradict_each_other_are_refused() {
        assert_eq!(parse("prompt=none+login").unwrap_err(), ErrorCode::InvalidRequest);
        assert_eq!(parse("prompt=maybe").unwrap_err(), ErrorCode::InvalidRequest);
        assert_eq!(
            parse("prompt=login+consent").unwrap().prompt,
            Prompt { none: false, login: true, select_account: false, consent: true }
        );
        assert_eq!(parse("max_age=-1").unwrap_err(), ErrorCode::InvalidRequest);
    }

    #[test]
    fn the_registered_max_age_counts_where_the_request_has_none() {
        let mut client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
        client.pkce = PkceRule::Optional;
        client.login.max_age = Some(300);
        let max_age = |extra: &str| parse_for(&format!("response_type=code{extra}"), &client).map(|request| request.max_age);
        assert_eq!(max_age(""), Ok(Some(300)));
        assert_eq!(max_age("&max_age=0"), Ok(Some(0)));
        assert_eq!(max_age("&max_age=9999"), Ok(Some(9999)));
        assert_eq!(max_age("&max_age=x"), Err(ErrorCode::InvalidRequest));
    }

    #[test]
    fn state_and_nonce_are_echoed_whole_or_refused() {
        let long = "x".repeat(1024);
        assert_eq!(parse(&format!("nonce={long}")).unwrap().nonce, Some(long.clone()));
        assert_eq!(parse(&format!("nonce={long}x")).unwrap_err(), ErrorCode::InvalidRequest);
        assert_eq!(parse("state=a%00b").unwrap_err(), ErrorCode::InvalidRequest);
    }

    proptest! {
        #[test]
        fn unknown_parameters_and_their_order_make_no_difference(name in "x_[a-z]{1,6}", value in "[a-z]{0,9}") {
            let known = parse("scope=openid&nonce=n").unwrap();
            prop_assert_eq!(&parse(&format!("{name}={value}&nonce=n&scope=openid")).unwrap(), &known);
        }
    }
}
