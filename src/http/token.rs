//! `POST /token`: the token endpoint (RFC 6749 §3.2).

use std::sync::Arc;

use poem::Request;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::{Server, token};
use crate::http::caller::Client;
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::http::section::Section;
use crate::web::client_address::ClientAddress;

pub(super) struct Api(pub(super) Arc<Server>);

/// A token request. Which members are needed depends on `grant_type`.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct TokenRequest {
    /// `authorization_code`, `client_credentials`, `refresh_token`, `password`, or that of token exchange (RFC 8693) for an API key.
    grant_type: String,
    /// The code to redeem.
    code: Option<String>,
    /// The redirection URI of the authorization request.
    redirect_uri: Option<String>,
    /// The proof key (RFC 7636).
    code_verifier: Option<String>,
    /// The refresh token to use up.
    refresh_token: Option<String>,
    /// The person's name.
    username: Option<String>,
    /// The person's password.
    #[oai(validator(max_length = 1024))]
    password: Option<String>,
    /// What the token shall be good for.
    scope: Option<String>,
    /// The API that the token shall be for (RFC 8707); may be repeated.
    resource: Option<String>,
    /// Who asks, unless the `Authorization` header says so.
    client_id: Option<String>,
    /// Its secret, for `client_secret_post`.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, for `client_secret_jwt` and `private_key_jwt`.
    client_assertion_type: Option<String>,
    /// What the client has signed, for those (RFC 7523).
    client_assertion: Option<String>,
    /// The API key to exchange.
    subject_token: Option<String>,
    /// `urn:claviger:params:oauth:token-type:api_key`.
    subject_token_type: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, which it is when left out.
    requested_token_type: Option<String>,
}

/// Tokens (RFC 6749 §5.1).
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct TokenResponse {
    /// The access token: a JWT (RFC 9068).
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds that the access token lives.
    expires_in: u32,
    /// What it is good for.
    scope: String,
    /// The next refresh token, if one is given.
    refresh_token: Option<String>,
    /// The ID token, when `openid` was granted.
    id_token: Option<String>,
    /// With token exchange: what was issued.
    issued_token_type: Option<String>,
}

impl Example for TokenRequest {
    fn example() -> Self {
        Self { grant_type: "client_credentials".to_owned(), scope: Some("clients:read".to_owned()), ..Self::default() }
    }
}

impl Example for TokenResponse {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJkZW1vLW0ybSJ9.c2lnbmF0dXJl".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 600,
            scope: "clients:read".to_owned(),
            ..Self::default()
        }
    }
}

#[OpenApi(tag = "Section::Tokens")]
impl Api {
    /// Get tokens
    ///
    /// - `authorization_code`: `code`, `code_verifier` and the `redirect_uri` of the authorization request
    /// - `client_credentials`: nothing more
    /// - `refresh_token`: `refresh_token`; it is used up, and the answer brings the next one
    /// - `password`: `username` and `password`
    /// - `urn:ietf:params:oauth:grant-type:token-exchange`: `subject_token` and `subject_token_type`; the API key authenticates, and no client
    ///   does
    ///
    /// A client with a secret or keys authenticates in the one way that it is registered for: by HTTP Basic, by its secret in the form, or by an
    /// assertion. One without names itself in `client_id`.
    #[oai(path = "/token", method = "post", operation_id = "token")]
    async fn token(&self, request: &Request, client: Client, form: Form<TokenRequest>) -> Reply<TokenResponse> {
        let params = match form.params {
            Ok(params) => params,
            Err(problem) => return Reply::malformed(&problem),
        };
        let address = ClientAddress::of_traced(request).ip();
        let asked = token::Request { authorization: client.authorization.as_deref(), params: &params, address };
        Reply::to_client(request, self.0.token(asked).await)
    }
}
