//! Client authentication (RFC 6749 §2.3, RFC 7591 §2 `token_endpoint_auth_method`).
//!
//! | MUST | where |
//! |---|---|
//! | one method per request, §2.3 | `two_methods_at_once_are_refused` |
//! | identifier and secret are form-decoded, §2.3.1 | `basic_is_form_decoded` |
//! | a client uses the method that it registered | `another_method_than_the_registered_one_is_refused` |
//! | a stranger can't be told from a wrong secret | `a_stranger_and_a_wrong_secret_are_refused_alike` |

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use crate::protocol::client::{AuthMethod, Client, ClientId};
use crate::protocol::params::Params;
use crate::protocol::refusal::ErrorCode;
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
}

/// Why it says no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nobody is named.
    #[error("no client is named")]
    Nobody,
    /// The name is none that a client of ours can have, or none that we know.
    #[error("there is no such client")]
    Unknown,
    /// The header is no Basic header of identifier and secret.
    #[error("the Authorization header is not Basic with a form-encoded identifier and secret")]
    MalformedHeader,
    /// More than one method at once.
    #[error("more than one way of authenticating was used")]
    TwoMethods,
    /// A way that this server does not know.
    #[error("client assertions are not supported")]
    Assertion,
    /// The secret is another one.
    #[error("the secret is wrong")]
    WrongSecret,
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
            Self::TwoMethods => ErrorCode::InvalidRequest,
            _ => ErrorCode::InvalidClient,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::TwoMethods => "Use one way of client authentication, not several.",
            _ => "Client authentication failed.",
        }
    }
}

impl Credentials {
    /// Reads the `Authorization` header and the body's `client_id`, `client_secret`.
    pub fn parse(authorization: Option<&str>, params: &Params) -> Result<Self, Reason> {
        let id = params.get("client_id");
        let secret = params.get("client_secret");
        let assertion = params.get("client_assertion").or_else(|| params.get("client_assertion_type"));
        if usize::from(authorization.is_some()) + usize::from(secret.is_some()) + usize::from(assertion.is_some()) > 1 {
            return Err(Reason::TwoMethods);
        }
        if assertion.is_some() {
            return Err(Reason::Assertion);
        }
        if let Some(header) = authorization {
            let (client, presented) = parse_basic(header)?;
            if id.is_some_and(|id| id != client.as_str()) {
                return Err(Reason::TwoMethods);
            }
            // Swagger UI sends a public client's identifier with an empty password: that only names the client.
            let secret = if presented.expose_secret().is_empty() { Presented::Nothing } else { Presented::Basic(presented) };
            return Ok(Self { client, secret });
        }
        let client = ClientId::parse(id.ok_or(Reason::Nobody)?).map_err(|_| Reason::Unknown)?;
        let secret = secret.map_or(Presented::Nothing, |secret| Presented::Post(SecretString::from(secret)));
        Ok(Self { client, secret })
    }

    const fn method(&self) -> AuthMethod {
        match self.secret {
            Presented::Nothing => AuthMethod::None,
            Presented::Basic(_) => AuthMethod::SecretBasic,
            Presented::Post(_) => AuthMethod::SecretPost,
        }
    }
}

fn parse_basic(header: &str) -> Result<(ClientId, SecretString), Reason> {
    let (scheme, encoded) = header.split_once(' ').ok_or(Reason::MalformedHeader)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(Reason::MalformedHeader);
    }
    let decoded = STANDARD.decode(encoded.trim()).map_err(|_| Reason::MalformedHeader)?;
    let text = String::from_utf8(decoded).map_err(|_| Reason::MalformedHeader)?;
    let (id, secret) = text.split_once(':').ok_or(Reason::MalformedHeader)?;
    let client = ClientId::parse(&form_decode(id)).map_err(|_| Reason::Unknown)?;
    Ok((client, SecretString::from(form_decode(secret))))
}

/// RFC 6749 §2.3.1: identifier and secret stand in the header form-encoded.
fn form_decode(text: &str) -> String {
    // The decoder works on pairs; as a lone name, `=` and `&` would end it, and properly encoded text has neither.
    form_urlencoded::parse(text.replace('=', "%3D").replace('&', "%26").as_bytes())
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

/// Whether the credentials are those of the client that was found under their name.
pub fn authenticate(credentials: &Credentials, found: Option<&Client>) -> Result<(), Reason> {
    let presented = match &credentials.secret {
        Presented::Basic(secret) | Presented::Post(secret) => Some(TokenHash::of(secret.expose_secret())),
        Presented::Nothing => None,
    };
    let Some(client) = found else { return Err(Reason::Unknown) };
    let matches =
        presented.as_ref().is_some_and(|hash| client.secrets.iter().fold(false, |found, secret| found | secret.hash.matches(hash)));
    if credentials.method() != client.auth_method {
        return Err(Reason::OtherMethod { registered: client.auth_method, used: credentials.method() });
    }
    if !client.is_public() && !matches {
        return Err(Reason::WrongSecret);
    }
    if !client.enabled {
        return Err(Reason::Disabled);
    }
    Ok(())
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
        authenticate(&credentials, client)
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
            assert_eq!(check(Some(&header), form, Some(&app())), Err(Reason::TwoMethods), "{form}");
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
        assert_eq!(check(None, "client_id=a%00b", None), Err(Reason::Unknown));
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in ".{0,64}") {
            let _ = Credentials::parse(Some(&header), &Params::default());
        }
    }
}
