//! Replies to the bearer of an access token (RFC 6750 §3).

use std::marker::PhantomData;

use poem::http::header::WWW_AUTHENTICATE;
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Request, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::Type;

use crate::flow::userinfo::{Person, Told};
use crate::flow::{Answered, Failure};
use crate::http::reply::{OAuthError, json, jwt};
use crate::http::responses::{self, error, perhaps_with, with};
use crate::protocol::bearer::{Reason, challenge};
use crate::protocol::refusal::{ErrorCode, Reason as _, Refusal};
use crate::web::answer::failed;
use crate::web::cors::CorsAnswer;
use crate::web::why::explained;

/// A reply about a person, in the shape that `Schema` documents.
pub(super) struct AboutPerson<Schema> {
    response: Response,
    schema: PhantomData<fn() -> Schema>,
}

/// The same to a request with a form, which may be late or too long.
pub(super) struct ByForm<Reply>(pub(super) Reply);

/// The same where the client may have registered for a JWT.
pub(super) struct OrJwt<Reply>(pub(super) Reply);

impl<Schema> AboutPerson<Schema> {
    pub(super) fn reply(request: &Request, found: Result<Person, Failure>) -> Self {
        let response = match found {
            Err(failure) => failed(&failure).json(),
            Ok(Answered { client, reply, .. }) => {
                if let (Some(client), Some(cors)) = (&client, request.extensions().get::<CorsAnswer>()) {
                    cors.allow_among(client.cors_origins.iter().map(crate::protocol::client::Origin::as_str));
                }
                let asked_by = client.as_ref().map(|client| client.id.as_str());
                match reply {
                    Ok(Told::Claims(claims)) => json(StatusCode::OK, &claims),
                    Ok(Told::Jwt(token)) => jwt(token),
                    Err(reason) => refuse(reason, asked_by),
                }
            }
        };
        Self { response, schema: PhantomData }
    }

    pub(super) fn from_response(response: Response) -> Self {
        Self { response, schema: PhantomData }
    }
}

/// The status of a refusal (RFC 6750 §3.1).
pub(super) fn status(reason: &Reason) -> StatusCode {
    match reason.code() {
        ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    }
}

/// A refusal with its challenge. `client` got the token, if that is known.
pub(super) fn refuse(reason: Reason, client: Option<&str>) -> Response {
    let mut response =
        json(status(&reason), &serde_json::json!({ "error": reason.code().as_str(), "error_description": reason.description() }));
    if let Ok(challenge) = HeaderValue::try_from(challenge(&reason)) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    let refusal = Refusal::from(reason);
    explained(response, if let Some(client) = client { refusal.asked_by(client) } else { refusal })
}

impl<Schema: Send> IntoResponse for AboutPerson<Schema> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<Schema: Type> ApiResponse for AboutPerson<Schema> {
    fn meta() -> MetaResponses {
        let challenged = |response| with(response, "WWW-Authenticate", "The challenge (RFC 6750 section 3).");
        let malformed = error(400, ErrorCode::InvalidRequest, "The token is presented twice or malformed.");
        let away = error(503, ErrorCode::TemporarilyUnavailable, "The database is away.");
        MetaResponses {
            responses: vec![
                responses::json::<Schema>(200, "The person."),
                perhaps_with(malformed, "WWW-Authenticate", "The challenge, unless the form itself can't be read."),
                challenged(error(401, ErrorCode::InvalidToken, "There is no token that is alive.")),
                challenged(error(403, ErrorCode::InsufficientScope, "The token lacks the scope, or there is no person behind it.")),
                error(500, ErrorCode::ServerError, "Something failed here; `Trace-Id` names it in the log."),
                with(away, "Retry-After", "Seconds to wait."),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        Schema::register(registry);
        OAuthError::register(registry);
    }
}

impl<Reply: IntoResponse> IntoResponse for OrJwt<Reply> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<Reply: ApiResponse> ApiResponse for OrJwt<Reply> {
    fn meta() -> MetaResponses {
        let (found, others): (Vec<_>, Vec<_>) = Reply::meta().responses.into_iter().partition(|response| response.status == Some(200));
        MetaResponses { responses: found.into_iter().map(responses::or_jwt).chain(others).collect() }
    }

    fn register(registry: &mut Registry) {
        Reply::register(registry);
    }
}

impl<Reply: IntoResponse> IntoResponse for ByForm<Reply> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<Reply: ApiResponse> ApiResponse for ByForm<Reply> {
    fn meta() -> MetaResponses {
        let mut meta = Reply::meta();
        meta.responses.push(error(408, ErrorCode::InvalidRequest, "The body did not arrive in time."));
        meta.responses.push(error(413, ErrorCode::InvalidRequest, "The body is longer than 64 KiB."));
        meta
    }

    fn register(registry: &mut Registry) {
        Reply::register(registry);
    }
}
