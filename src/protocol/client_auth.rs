//! Client authentication (RFC 6749 §2.3, RFC 7591 §2 `token_endpoint_auth_method`).
//!
//! | MUST | where |
//! |---|---|
//! | one method per request, §2.3 | `two_methods_at_once_are_refused` |
//! | identifier and secret are form-decoded, §2.3.1 | `basic_is_form_decoded` |
//! | an assertion is what [`client_assertion`] says | its own table |
//! | a client uses the method that it registered | `another_method_than_the_registered_one_is_refused` |
//! | a stranger can't be told from a wrong secret | `a_stranger_and_a_wrong_secret_are_refused_alike` |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::protocol::client::{AuthMethod, Client, ClientId};
use crate::protocol::client_assertion::{self, Assertion, SingleUse};
use crate::protocol::explanation::{Explanation, Fact, listed, stranger};
use crate::protocol::issuer::Issuer;
use crate::protocol::params::Params;
use crate::protocol::refusal::ErrorCode;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;

/// What a request says about who sends it.
pub struct Credentials {
    /// Who it claims to be.
    pub client: ClientId,
    secret: Presented,
}

enum Presented {
    Nothing,
    Basic(SecretString),
    Post(SecretString),
    Assertion(Box<Assertion>),
}

/// What the rules say of somebody who is not refused.
pub enum Proof<'a> {
    /// It is who it says to be, or it can't prove it and need not.
    Given,
    /// It is, if the client has signed this, and then only this once.
    IfSigned(&'a Assertion, SingleUse),
}

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nobody is named.
    #[error("no client is named")]
    Nobody,
    /// The name is none that a client of ours can have, or none that we know.
    #[error("there is no client {0:?}")]
    Unknown(String),
    /// The header is no Basic header of identifier and secret.
    #[error("the Authorization header is not Basic with a form-encoded identifier and secret")]
    MalformedHeader,
    /// More than one method at once, or two names for the client.
    #[error("more than one way of authenticating was used: {}", listed(.0))]
    TwoMethods(Vec<&'static str>),
    /// The assertion proves nothing.
    #[error(transparent)]
    Assertion(#[from] client_assertion::Reason),
    /// The secret is another one.
    #[error("the secret is wrong")]
    WrongSecret {
        /// When each secret that is alive was made.
        made: Vec<Timestamp>,
        /// Whether it would be right without the white space around it.
        white_space: bool,
    },
    /// It did not use the method it registered.
    #[error("the client is registered for {registered} and used {used}")]
    OtherMethod {
        /// What it registered.
        registered: AuthMethod,
        /// What it used.
        used: AuthMethod,
    },
    /// It is disabled.
    #[error("the client is disabled")]
    Disabled,
    /// This endpoint is for clients that can prove who they are.
    #[error("a public client can't use this endpoint")]
    Public,
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        match self {
            Self::TwoMethods(_) => ErrorCode::InvalidRequest,
            _ => ErrorCode::InvalidClient,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::TwoMethods(_) => "Use one way of client authentication, not several.",
            _ => "Client authentication failed.",
        }
    }

    fn explain(&self) -> Explanation {
        const METHOD: &str = "client authentication";
        match self {
            Self::Nobody => {
                let fact = Fact::of("client_id").expected("in the Authorization header (Basic) or in the body");
                Explanation::of(fact).advise("Send the client's identifier, and its secret in the way that it is registered for.")
            }
            Self::Unknown(id) => {
                Explanation::of(Fact::of("client_id").came(id).note("no client of this identifier is registered here; case counts"))
                    .asked_by(id)
                    .advise("Compare it with `claviger clients list`.")
            }
            Self::MalformedHeader => {
                let expected = "Basic and the base64 of identifier:secret, both form-urlencoded (RFC 6749 section 2.3.1)";
                Explanation::of(Fact::of("Authorization").expected(expected).came("something else").note("what it is is not kept"))
            }
            Self::TwoMethods(places) => {
                Explanation::of(Fact::of(METHOD).expected("one way").came(listed(places)).note("RFC 6749 section 2.3"))
            }
            Self::Assertion(reason) => reason.explain(),
            Self::WrongSecret { made, white_space } => wrong_secret(made, *white_space),
            Self::OtherMethod { registered, used } => other_method(*registered, *used),
            Self::Disabled => Explanation::of(Fact::of("client").note("it is who it says to be, but the client is disabled"))
                .advise("If it may be used again: claviger clients enable, with its identifier."),
            Self::Public => Explanation::of(Fact::of(METHOD).expected("a client with a secret").came("a public client")),
        }
    }
}

fn wrong_secret(made: &[Timestamp], white_space: bool) -> Explanation {
    let expected = match made {
        [] => "none: the client has no secret that is alive".to_owned(),
        [made] => format!("the one that is alive, made {made}"),
        made => format!("one of {} that are alive, made {}", made.len(), listed(made)),
    };
    let fact = Fact::of("client secret").expected(expected).came("another one");
    let fact = if white_space { fact.note("without the white space around it, it would be right") } else { fact };
    let encoded = "in the Authorization header, identifier and secret are form-urlencoded first (RFC 6749 section 2.3.1)";
    Explanation::of(fact.note(encoded))
        .advise("If the secret is lost, make another one: claviger clients rotate-secret, with its identifier.")
}

fn other_method(registered: AuthMethod, used: AuthMethod) -> Explanation {
    let place = |method| match method {
        AuthMethod::SecretBasic => "client_secret_basic: the secret in the Authorization header",
        AuthMethod::SecretPost => "client_secret_post: client_id and client_secret in the body",
        AuthMethod::SecretJwt => "client_secret_jwt: an assertion signed with the secret (HS256)",
        AuthMethod::PrivateKeyJwt => "private_key_jwt: an assertion signed with the client's private key",
        AuthMethod::None => "none: client_id in the body, and no secret",
    };
    let fact = Fact::of("client authentication").expected(place(registered)).came(place(used));
    Explanation::of(match (registered, used) {
        (AuthMethod::None, _) => fact.note("a public client has no secret"),
        (_, AuthMethod::None) => fact.note("the client has to authenticate"),
        _ => fact.note("a client uses the method that it is registered for and no other"),
    })
    .advise("Change the client's settings to the expected method (token_endpoint_auth_method), or register it for the one it uses.")
}

impl Credentials {
    /// Reads the `Authorization` header and the body's `client_id`, `client_secret`.
    pub fn parse(authorization: Option<&str>, params: &Params) -> Result<Self, Reason> {
        let id = params.get("client_id");
        let secret = params.get("client_secret");
        let assertion = params.get("client_assertion").or_else(|| params.get("client_assertion_type"));
        let ways = [
            authorization.map(|_| "the Authorization header"),
            secret.map(|_| "client_secret in the body"),
            assertion.map(|_| "client_assertion in the body"),
        ];
        if ways.iter().flatten().count() > 1 {
            return Err(Reason::TwoMethods(ways.into_iter().flatten().collect()));
        }
        if assertion.is_some() {
            let assertion = Box::new(Assertion::read(params)?);
            return Ok(Self { client: assertion.client.clone(), secret: Presented::Assertion(assertion) });
        }
        if let Some(header) = authorization {
            let (client, presented) = parse_basic(header)?;
            if id.is_some_and(|id| id != client.as_str()) {
                return Err(Reason::TwoMethods(vec!["an identifier in the Authorization header", "another one in the body"]));
            }
            // Swagger UI sends a public client's identifier with an empty password: that only names the client.
            let secret = if presented.expose_secret().is_empty() { Presented::Nothing } else { Presented::Basic(presented) };
            return Ok(Self { client, secret });
        }
        let client = parse_id(id.ok_or(Reason::Nobody)?)?;
        let secret = secret.map_or(Presented::Nothing, |secret| Presented::Post(SecretString::from(secret)));
        Ok(Self { client, secret })
    }

    fn method(&self) -> AuthMethod {
        match &self.secret {
            Presented::Nothing => AuthMethod::None,
            Presented::Basic(_) => AuthMethod::SecretBasic,
            Presented::Post(_) => AuthMethod::SecretPost,
            Presented::Assertion(assertion) => assertion.method(),
        }
    }

    fn wrong_secret(&self, client: &Client) -> Reason {
        let white_space = match &self.secret {
            Presented::Basic(secret) | Presented::Post(secret) => {
                let trimmed = TokenHash::of(secret.expose_secret().trim());
                client.secrets.iter().any(|secret| secret.hash.matches(&trimmed))
            }
            Presented::Nothing | Presented::Assertion(_) => false,
        };
        Reason::WrongSecret { made: client.secrets.iter().map(|secret| secret.created_at).collect(), white_space }
    }
}

fn parse_id(text: &str) -> Result<ClientId, Reason> {
    ClientId::parse(text).map_err(|_| Reason::Unknown(stranger(text)))
}

fn parse_basic(header: &str) -> Result<(ClientId, SecretString), Reason> {
    let (scheme, encoded) = header.split_once(' ').ok_or(Reason::MalformedHeader)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Reason::MalformedHeader);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| Reason::MalformedHeader)?;
    let text = String::from_utf8(decoded).map_err(|_| Reason::MalformedHeader)?;
    let (id, secret) = text.split_once(':').ok_or(Reason::MalformedHeader)?;
    let client = parse_id(&form_decode(id))?;
    Ok((client, SecretString::from(form_decode(secret))))
}

/// RFC 6749 §2.3.1: identifier and secret stand in the header form-encoded.
fn form_decode(text: &str) -> String {
    // The decoder works on pairs; as a lone name, `=` and `&` would end it, and properly encoded text has neither.
    form_urlencoded::parse(text.replace('=', "%3D").replace('&', "%26").as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

/// Whether the credentials are those of the client that was found under their name, as `issuer` sees it at `now`. Whoever is told that it
/// depends on a signature looks at that, and then asks whether the client is [`enabled`].
pub fn authenticate<'a>(
    credentials: &'a Credentials,
    found: Option<&Client>,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Proof<'a>, Reason> {
    let presented = match &credentials.secret {
        Presented::Basic(secret) | Presented::Post(secret) => Some(TokenHash::of(secret.expose_secret())),
        Presented::Nothing | Presented::Assertion(_) => None,
    };
    let Some(client) = found else { return Err(Reason::Unknown(stranger(credentials.client.as_str()))) };
    let matches =
        presented.as_ref().is_some_and(|hash| client.secrets.iter().fold(false, |found, secret| found | secret.hash.matches(hash)));
    if credentials.method() != client.auth_method {
        return Err(Reason::OtherMethod { registered: client.auth_method, used: credentials.method() });
    }
    if let Presented::Assertion(assertion) = &credentials.secret {
        return Ok(Proof::IfSigned(assertion, assertion.check(client, issuer, now)?));
    }
    if !client.is_public() && !matches {
        return Err(credentials.wrong_secret(client));
    }
    enabled(client).map(|()| Proof::Given)
}

/// Whether a client that has proven who it is gets anything.
pub const fn enabled(client: &Client) -> Result<(), Reason> {
    if client.enabled { Ok(()) } else { Err(Reason::Disabled) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::client::GrantType;
    use crate::protocol::refusal::Refusal;
    use crate::protocol::samples;

    fn basic(id: &str, secret: &str) -> String {
        format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
    }

    fn check(authorization: Option<&str>, form: &str, client: Option<&Client>) -> Result<(), Reason> {
        let credentials = Credentials::parse(authorization, &Params::parse(form.as_bytes()).unwrap())?;
        authenticate(&credentials, client, &samples::issuer(), Timestamp::from_seconds(0)).map(drop)
    }

    fn app() -> Client {
        samples::confidential_client(&[GrantType::ClientCredentials], "items:read", "items:read")
    }

    #[test]
    fn the_right_secret_in_the_registered_way_is_accepted() {
        assert_eq!(check(Some(&basic("app", "app-secret")), "", Some(&app())), Ok(()));
        assert_eq!(check(Some(&basic("app", "app-secret")), "client_id=app", Some(&app())), Ok(()));
        let post = Client { auth_method: AuthMethod::SecretPost, ..app() };
        assert_eq!(check(None, "client_id=app&client_secret=app-secret", Some(&post)), Ok(()));
        let public = Client { auth_method: AuthMethod::None, secrets: Vec::new(), ..app() };
        assert_eq!(check(None, "client_id=app", Some(&public)), Ok(()));
        assert_eq!(check(Some(&basic("app", "")), "", Some(&public)), Ok(()), "Basic with an empty password only names a public client");
    }

    #[test]
    fn either_of_two_live_secrets_is_accepted() {
        let mut client = app();
        client.secrets.push(crate::protocol::client::ClientSecret {
            id: "2".into(),
            hash: TokenHash::of("second"),
            ..client.secrets[0].clone()
        });
        assert_eq!(check(Some(&basic("app", "second")), "", Some(&client)), Ok(()));
        assert_eq!(check(Some(&basic("app", "app-secret")), "", Some(&client)), Ok(()));
    }

    #[test]
    fn two_methods_at_once_are_refused() {
        let header = basic("app", "app-secret");
        for form in ["client_secret=app-secret", "client_id=app&client_secret=app-secret", "client_assertion=x", "client_id=other"] {
            let refused = check(Some(&header), form, Some(&app()));
            assert!(matches!(&refused, Err(Reason::TwoMethods(ways)) if ways.len() == 2), "{form}: {refused:?}");
        }
    }

    #[test]
    fn another_method_than_the_registered_one_is_refused() {
        assert!(matches!(check(None, "client_id=app&client_secret=app-secret", Some(&app())), Err(Reason::OtherMethod { .. })));
        assert!(matches!(check(None, "client_id=app", Some(&app())), Err(Reason::OtherMethod { .. })));
        let public = Client { auth_method: AuthMethod::None, secrets: Vec::new(), ..app() };
        assert!(matches!(check(Some(&basic("app", "x")), "", Some(&public)), Err(Reason::OtherMethod { .. })));
    }

    #[test]
    fn a_stranger_and_a_wrong_secret_are_refused_alike() {
        let stranger = Refusal::from(check(Some(&basic("nobody", "x")), "", None).unwrap_err());
        let wrong = Refusal::from(check(Some(&basic("app", "x")), "", Some(&app())).unwrap_err());
        assert_eq!((stranger.code, stranger.description), (wrong.code, wrong.description));
        let disabled = Client { enabled: false, ..app() };
        let disabled = Refusal::from(check(Some(&basic("app", "app-secret")), "", Some(&disabled)).unwrap_err());
        assert_eq!((disabled.code, disabled.description), (wrong.code, wrong.description));
    }

    #[test]
    fn basic_is_form_decoded() {
        let odd = Client {
            secrets: vec![crate::protocol::client::ClientSecret { hash: TokenHash::of("a:b+c d%=&"), ..app().secrets[0].clone() }],
            ..app()
        };
        assert_eq!(check(Some(&basic("%61pp", "a%3Ab%2Bc+d%25%3D%26")), "", Some(&odd)), Ok(()));
        assert_eq!(check(Some(&basic("app", "a:b%2Bc+d%25=&")), "", Some(&odd)), Ok(()), "what needs no escaping may stand bare");
    }

    #[test]
    fn a_broken_header_is_refused() {
        for bad in ["Basic", "Basic !!!", "Bearer abc", "Basic YWJj", &format!("Basic {}", STANDARD.encode([0xff, 0xfe, b':']))] {
            assert_eq!(check(Some(bad), "", Some(&app())), Err(Reason::MalformedHeader), "{bad}");
        }
        assert_eq!(check(None, "", Some(&app())), Err(Reason::Nobody));
        assert_eq!(check(None, "client_id=a%00b", None), Err(Reason::Unknown("a\0b".into())));
    }

    #[test]
    fn the_explanation_tells_what_is_registered_and_never_the_secret() {
        let explained = |authorization: Option<&str>, form: &str, client: &Client| {
            let refusal = Refusal::from(check(authorization, form, Some(client)).unwrap_err());
            assert!(!format!("{refusal:?}").contains("hunter2"), "{refusal:?}");
            refusal.explanation.facts.first().cloned().unwrap()
        };
        let wrong = explained(Some(&basic("app", "hunter2")), "", &app());
        assert_eq!(wrong.what_was_expected(), Some("the one that is alive, made 1970-01-01T00:00:00Z"));
        assert!(explained(Some(&basic("app", "app-secret%0A")), "", &app()).rule().is_some_and(|note| note.contains("white space")));
        let other = explained(None, "client_id=app&client_secret=hunter2", &app());
        assert!(other.what_was_expected().is_some_and(|text| text.starts_with("client_secret_basic")));
        assert!(other.what_came().is_some_and(|text| text.starts_with("client_secret_post")));
        let public = Client { auth_method: AuthMethod::None, secrets: Vec::new(), ..app() };
        assert_eq!(explained(Some(&basic("app", "hunter2")), "", &public).rule(), Some("a public client has no secret"));
        explained(Some("hunter2"), "", &app());
        explained(Some(&basic("app", "hunter2")), "client_secret=hunter2", &app());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in ".{0,64}") {
            let _ = Credentials::parse(Some(&header), &Params::default());
        }

        #[test]
        fn what_a_client_encodes_proves_who_it_is_and_nobody_else(secret in "(?s).{1,64}", other in "(?s).{1,64}") {
            let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let mut client = app();
            client.secrets[0].hash = TokenHash::of(&secret);
            prop_assert_eq!(check(Some(&basic("app", &encoded)), "", Some(&client)), Ok(()));
            client.secrets[0].hash = TokenHash::of(&other);
            prop_assert_eq!(check(Some(&basic("app", &encoded)), "", Some(&client)).is_ok(), other == secret);
        }
    }
}
