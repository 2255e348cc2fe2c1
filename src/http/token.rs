//! `POST /token`: the token endpoint (RFC 6749 §3.2).

use std::sync::Arc;

use poem::Request;
use poem::http::header::AUTHORIZATION;
use poem_openapi::{Object, OpenApi};

use crate::flow::{Server, token};
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::web::client_address::ClientAddress;

pub(super) struct Api(pub(super) Arc<Server>);

/// A token request. Which members are needed depends on `grant_type`.
#[derive(Object)]
struct TokenRequest {
    /// `authorization_code`, `client_credentials`, `refresh_token` or `password`.
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
}

/// Tokens (RFC 6749 §5.1).
#[derive(Object)]
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
}

#[OpenApi]
impl Api {
    /// Get tokens
    #[oai(path = "/token", method = "post", operation_id = "token")]
    async fn token(&self, request: &Request, form: Form<TokenRequest>) -> Reply<TokenResponse> {
        let params = match form.params {
            Ok(params) => params,
            Err(problem) => return Reply::malformed(&problem),
        };
        let authorization = header(request);
        let address = ClientAddress::of_traced(request).ip();
        Reply::to_client(request, self.0.token(token::Request { authorization: authorization.as_deref(), params: &params, address }).await)
    }
}

/// The `Authorization` header. Bytes that are no ASCII make it a header that no scheme of ours knows, not an absent one. Several lines are
/// one that no scheme takes (RFC 9110 §5.3), or it would depend on who reads the request which of them counts.
pub(super) fn header(request: &Request) -> Option<String> {
    let lines: Vec<_> = request.headers().get_all(AUTHORIZATION).iter().map(|value| value.to_str().unwrap_or("malformed")).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
