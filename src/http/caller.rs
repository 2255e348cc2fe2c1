//! Who calls: the bearer of an access token (RFC 6750 §2), or a client that authenticates (RFC 6749 §2.3). What is extracted here is what was
//! presented, and the document then says that the operation asks for it; whether it is good is for [`crate::flow`] to find out.

use std::marker::PhantomData;
use std::net::IpAddr;

use poem::http::header::AUTHORIZATION;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::Registry;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use secrecy::SecretString;
use url::form_urlencoded;

use crate::flow::manage::permission::Presented;
use crate::http::security;
use crate::protocol::bearer::{self, Reason};
use crate::protocol::explanation::Fact;
use crate::protocol::params::Params;
use crate::web::client_address::ClientAddress;

/// A scope as a type, so that the document says of an operation what its handler asks for.
pub(super) trait Needs {
    /// The scope word.
    const SCOPE: &'static str;
}

/// The bearer of an access token, which must have the scope of `Scope`.
pub(super) struct Bearer<Scope> {
    authorization: Option<String>,
    in_query: bool,
    api_keys: Vec<(SecretString, bool)>,
    from: IpAddr,
    scope: PhantomData<fn() -> Scope>,
}

/// A client that may authenticate by its `Authorization` header; if it does not, it does so in the form, or it has no secret.
pub(super) struct Client {
    pub(super) authorization: Option<String>,
}

/// The bearer of an opaque token of this kind, which is no access token.
pub(super) struct Opaque<Kind> {
    pub(super) authorization: Option<String>,
    kind: PhantomData<fn() -> Kind>,
}

/// A kind of opaque token, so that the document says of an operation which one it takes.
pub(super) trait Scheme {
    /// Its name in the document.
    const NAME: &'static str;
    /// What the document says about it.
    const DESCRIPTION: &'static str;
    /// Whether it may be left out.
    const OPTIONAL: bool;
}

/// What may permit a registration (RFC 7591 §3).
pub(super) struct InitialAccess;

/// What a client looks after its registration with (RFC 7592 §1.2).
pub(super) struct RegistrationAccess;

impl Scheme for InitialAccess {
    const NAME: &'static str = security::INITIAL_ACCESS_TOKEN;
    const DESCRIPTION: &'static str = "An initial access token, where registration takes one (RFC 7591 section 3).";
    const OPTIONAL: bool = true;
}

impl Scheme for RegistrationAccess {
    const NAME: &'static str = security::REGISTRATION_ACCESS_TOKEN;
    const DESCRIPTION: &'static str = "The registration access token that the client got when it registered itself (RFC 7592 section 3).";
    const OPTIONAL: bool = false;
}

impl<Scope> Bearer<Scope> {
    /// The token that was presented in the header.
    pub(super) fn token(&self) -> Result<String, Reason> {
        self.token_or_in(&Params::default())
    }

    /// The token, or the API key, that was presented.
    pub(super) fn presented(&self) -> Result<Presented, Reason> {
        match self.api_keys.as_slice() {
            [] => self.token().map(Presented::AccessToken),
            [(key, in_query)] if self.authorization.is_none() => {
                Ok(Presented::ApiKey { key: key.clone(), in_query: *in_query, from: self.from })
            }
            _ => Err(Reason::Malformed("an API key stands beside something else that says who asks")),
        }
    }

    /// The token that was presented, in the header or in the form.
    pub(super) fn token_or_in(&self, form: &Params) -> Result<String, Reason> {
        match bearer::presented(self.authorization.as_deref(), form) {
            // RFC 6750 §2.3, RFC 9700 §4.3.2: a token in a URL ends up in logs and histories; it is not read.
            Err(Reason::Missing) if self.in_query => {
                let fact =
                    Fact::of("access token").expected("in the Authorization header").came("in the query").note("RFC 6750 section 2.3");
                Err(Reason::Untrusted { why: "it stands in the query".to_owned(), facts: vec![fact] })
            }
            found => found.map(str::to_owned),
        }
    }
}

impl<'a, Scope: Needs> ApiExtractor<'a> for Bearer<Scope> {
    type ParamRawType = ();
    type ParamType = ();

    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    fn register(registry: &mut Registry) {
        security::register_bearer(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        // `security::spelled_out` makes requirements of it.
        vec![Scope::SCOPE]
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        let in_query = request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token=")));
        let from = ClientAddress::of_traced(request).ip();
        Ok(Self { authorization: header(request), in_query, api_keys: api_keys(request), from, scope: PhantomData })
    }
}

impl<'a> ApiExtractor<'a> for Client {
    type ParamRawType = ();
    type ParamType = ();

    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    fn register(registry: &mut Registry) {
        security::register_client(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![security::CLIENT_BASIC]
    }

    fn has_security_fallback() -> bool {
        true
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self { authorization: header(request) })
    }
}

impl<'a, Kind: Scheme> ApiExtractor<'a> for Opaque<Kind> {
    type ParamRawType = ();
    type ParamType = ();

    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    fn register(registry: &mut Registry) {
        security::register_opaque(registry, Kind::NAME, Kind::DESCRIPTION);
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![Kind::NAME]
    }

    fn has_security_fallback() -> bool {
        Kind::OPTIONAL
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self { authorization: header(request), kind: PhantomData })
    }
}

/// The header that carries an API key.
const API_KEY_HEADER: &str = "x-api-key";
/// The parameter of the query that does, where the configuration allows it.
pub(super) const API_KEY_PARAMETER: &str = "api_key";

/// The API keys of a request, each with whether it stands in the query.
fn api_keys(request: &Request) -> Vec<(SecretString, bool)> {
    let in_header = request.headers().get_all(API_KEY_HEADER).iter();
    let in_header = in_header.map(|value| (SecretString::from(value.to_str().unwrap_or("malformed")), false));
    let query = request.uri().query().unwrap_or_default().as_bytes();
    let in_query = form_urlencoded::parse(query).filter(|(name, _)| name == API_KEY_PARAMETER);
    in_header.chain(in_query.map(|(_, value)| (SecretString::from(value.into_owned()), true))).collect()
}

/// The `Authorization` header. Bytes that are no ASCII make it a header that no scheme of ours knows, not an absent one. Several lines are
/// one that no scheme takes (RFC 9110 §5.3), or it would depend on who reads the request which of them counts.
fn header(request: &Request) -> Option<String> {
    let lines: Vec<_> = request.headers().get_all(AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or("malformed")).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
