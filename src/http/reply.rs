//! Replies to clients: the answer as JSON, or the specification's error (RFC 6749 §5).

use std::marker::PhantomData;

use poem::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;

use crate::flow::{Answered, Failure};
use crate::http::responses::{self, error, perhaps_with, with};
use crate::protocol::explanation::Report;
use crate::protocol::refusal::{ErrorCode, Refusal, Wait};
use crate::web::answer::failed;
use crate::web::cors::CorsAnswer;
use crate::web::form::FormProblem;
use crate::web::headers::protect_machine_answer;
use crate::web::refusal::Refused;
use crate::web::why::explained;

/// An error (RFC 6749 §5.2). The answer's `Trace-Id` header names it in the server's log.
#[derive(Object)]
#[oai(rename = "Error")]
pub(super) struct OAuthError {
    /// The error code.
    error: String,
    /// A fixed sentence about it, for developers.
    error_description: String,
    /// Where the reason is told: on a developer's machine alone.
    error_uri: Option<String>,
}

/// A reply whose success has the shape that `Schema` documents.
pub(super) struct Reply<Schema> {
    response: Response,
    schema: PhantomData<fn() -> Schema>,
}

impl<Schema> Reply<Schema> {
    pub(super) fn from_response(response: Response) -> Self {
        Self { response, schema: PhantomData }
    }

    /// The reply to a client, readable by its own web origins once it has authenticated.
    pub(super) fn to_client<T: Serialize>(request: &Request, answered: Result<Answered<T>, Failure>) -> Self {
        Self::from_response(match answered {
            Err(failure) => failed(&failure).json(),
            Ok(Answered { client, reply, noted }) => {
                if let (Some(client), Some(cors)) = (&client, request.extensions().get::<CorsAnswer>()) {
                    cors.allow_among(client.cors_origins.iter().map(crate::protocol::client::Origin::as_str));
                }
                let asked_by = |report: Report| if let Some(client) = &client { report.asked_by(client.id.as_str()) } else { report };
                match (reply, noted) {
                    (Ok(answer), None) => json(StatusCode::OK, &answer),
                    (Ok(answer), Some(noted)) => explained(json(StatusCode::OK, &answer), asked_by(noted)),
                    (Err(refusal), _) => explained(refuse(request, &refusal), asked_by(refusal.into())),
                }
            }
        })
    }

    /// The reply to a form that can't be had.
    pub(super) fn malformed(problem: &FormProblem) -> Self {
        Self::from_response(explained(problem.refused().json(), problem.report()))
    }
}

/// A JSON answer that nobody may keep.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(body) else {
        tracing::error!("an answer can't be written as JSON");
        return Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json();
    };
    with_type(Response::builder().status(status).body(body), "application/json")
}

/// A JSON Web Token by itself (RFC 7519 §10.3.1).
pub(super) fn jwt(token: String) -> Response {
    with_type(Response::builder().body(token), "application/jwt")
}

fn with_type(mut response: Response, content_type: &'static str) -> Response {
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    protect_machine_answer(response.headers_mut());
    response
}

/// A refusal with its status: 401 for a client that did not authenticate (RFC 6749 §5.2), 429 and 503 for "later", 400 for the rest.
pub(super) fn refuse(request: &Request, refusal: &Refusal) -> Response {
    let (status, wait) = match (refusal.wait, refusal.code) {
        (Some(Wait::TooMany(seconds)), _) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
        (Some(Wait::Busy(seconds)), _) => (StatusCode::SERVICE_UNAVAILABLE, Some(seconds)),
        (None, ErrorCode::InvalidClient) => (StatusCode::UNAUTHORIZED, None),
        (None, _) => (StatusCode::BAD_REQUEST, None),
    };
    let mut response = json(status, &serde_json::json!({ "error": refusal.code.as_str(), "error_description": refusal.description }));
    if let Some(seconds) = wait {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    if status == StatusCode::UNAUTHORIZED && request.headers().contains_key(AUTHORIZATION) {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"claviger\", charset=\"UTF-8\""));
    }
    response
}

impl<Schema: Send> IntoResponse for Reply<Schema> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<Schema: Type> ApiResponse for Reply<Schema> {
    fn meta() -> MetaResponses {
        let wait = |response| with(response, "Retry-After", "Seconds to wait.");
        let unknown = error(401, ErrorCode::InvalidClient, "The caller did not prove who it is.");
        MetaResponses {
            responses: vec![
                responses::json::<Schema>(200, "The answer."),
                error(400, ErrorCode::InvalidRequest, "The request is refused."),
                perhaps_with(unknown, "WWW-Authenticate", "Where the `Authorization` header was tried."),
                error(408, ErrorCode::InvalidRequest, "The body did not arrive in time."),
                error(413, ErrorCode::InvalidRequest, "The body is longer than 64 KiB."),
                wait(error(429, ErrorCode::TemporarilyUnavailable, "Too many attempts.")),
                error(500, ErrorCode::ServerError, "Something failed here; `Trace-Id` names it in the log."),
                wait(error(503, ErrorCode::TemporarilyUnavailable, "Too much to do, or the database is away.")),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        Schema::register(registry);
        OAuthError::register(registry);
    }
}
