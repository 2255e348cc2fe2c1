//! `POST /introspect`: token introspection (RFC 7662).

use std::sync::Arc;

use poem::Request;
use poem_openapi::types::{Any, Example};
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::caller::Client;
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::http::section::Section;
use crate::web::client_address::ClientAddress;

pub(super) struct Api(pub(super) Arc<Server>);

/// A token to ask about.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct IntrospectionRequest {
    /// The token, or the API key.
    token: String,
    /// What kind it is thought to be; only access tokens and API keys are ever active here.
    token_type_hint: Option<String>,
    /// Who asks, for `client_secret_post`.
    client_id: Option<String>,
    /// Its secret, for `client_secret_post`.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, for `client_secret_jwt` and `private_key_jwt`.
    client_assertion_type: Option<String>,
    /// What the client has signed, for those (RFC 7523).
    client_assertion: Option<String>,
}

/// What is known about the token (RFC 7662 §2.2). Of an inactive token, `active` is all there is.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct IntrospectionResponse {
    /// Whether it is alive and for an API of the caller's.
    active: bool,
    /// What it is good for at the caller's APIs.
    scope: Option<String>,
    /// Who got it.
    client_id: Option<String>,
    /// With `profile`: the person's username.
    username: Option<String>,
    /// `Bearer`, or `api_key` for an API key.
    token_type: Option<String>,
    /// When it dies, in seconds since 1970; an API key may have no end.
    exp: Option<i64>,
    /// When it was made.
    iat: Option<i64>,
    /// Whom it speaks for.
    sub: Option<String>,
    /// The APIs of the caller's that it is for: one as a string, several as an array.
    aud: Option<Any<serde_json::Value>>,
    /// Who made it.
    iss: Option<String>,
    /// Its own name.
    jti: Option<String>,
    /// How the person proved who they are: `pwd`, or `fed` and what the other provider says of itself.
    amr: Option<Vec<String>>,
    /// The class of that, where another provider states one.
    acr: Option<String>,
    /// The other provider, by its name here.
    idp: Option<String>,
    /// The roles of the person, or of the client that acts for itself.
    roles: Option<Vec<String>>,
    /// The person's groups.
    groups: Option<Vec<String>>,
}

impl Example for IntrospectionRequest {
    fn example() -> Self {
        Self { token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZW1vLW0ybSJ9.c2lnbmF0dXJl".to_owned(), ..Self::default() }
    }
}

impl Example for IntrospectionResponse {
    fn example() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            active: true,
            scope: text("items:read"),
            client_id: text("demo-m2m"),
            username: None,
            token_type: text("Bearer"),
            exp: Some(1_795_263_000),
            iat: Some(1_795_262_400),
            sub: text("client:demo-m2m"),
            aud: Some(Any("http://localhost:8000".into())),
            iss: text("http://localhost:8080"),
            jti: text("c6Jd1BSpHzLkPlLIsvRKUg"),
            ..Self::default()
        }
    }
}

#[OpenApi(tag = "Section::Tokens")]
impl Api {
    /// Ask whether a token, or an API key, is alive
    ///
    /// For resource servers: a caller learns about tokens for the APIs that it is registered for, and of others that they are not active.
    #[oai(path = "/introspect", method = "post", operation_id = "introspect")]
    async fn introspect(&self, request: &Request, client: Client, form: Form<IntrospectionRequest>) -> Reply<IntrospectionResponse> {
        match form.params {
            Ok(params) => Reply::to_client(
                request,
                self.0.introspect(client.authorization.as_deref(), &params, ClientAddress::of_traced(request).ip()).await,
            ),
            Err(problem) => Reply::malformed(&problem),
        }
    }
}
