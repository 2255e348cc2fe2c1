//! Replies to the bearer of an access token (RFC 6750 §3).

use std::marker::PhantomData;

use poem::http::header::WWW_AUTHENTICATE;
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Request, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;

use crate::flow::userinfo::Person;
use crate::flow::{Answered, Failure};
use crate::http::reply::{OAuthError, json};
use crate::protocol::bearer::{Reason, challenge};
use crate::protocol::refusal::{ErrorCode, Reason as _};
use crate::web::answer::failed;
use crate::web::cors::CorsAnswer;

/// A reply about a person, in the shape that `Schema` documents.
pub(super) struct AboutPerson<Schema> {
    response: Response,
    schema: PhantomData<fn() -> Schema>,
}

impl<Schema> AboutPerson<Schema> {
    pub(super) fn reply(request: &Request, found: Result<Person, Failure>) -> Self {
        let response = match found {
            Err(failure) => failed(&failure).json(),
            Ok(Answered { client, reply }) => {
                if let (Some(client), Some(cors)) = (&client, request.extensions().get::<CorsAnswer>()) {
                    cors.allow_among(client.cors_origins.iter().map(crate::protocol::client::Origin::as_str));
                }
                reply.map_or_else(|reason| refuse(&reason), |claims| json(StatusCode::OK, &claims))
            }
        };
        Self { response, schema: PhantomData }
    }

    pub(super) fn from_response(response: Response) -> Self {
        Self { response, schema: PhantomData }
    }
}

/// A refusal with its challenge.
pub(super) fn refuse(reason: &Reason) -> Response {
    let code = reason.code();
    let status = match code {
        ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
        _ => StatusCode::UNAUTHORIZED,
    };
    tracing::debug!(code = code.as_str(), %reason, "refused");
    let mut response = json(status, &serde_json::json!({ "error": code.as_str(), "error_description": reason.description() }));
    if let Ok(challenge) = HeaderValue::try_from(challenge(reason)) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

impl<Schema: Send> IntoResponse for AboutPerson<Schema> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<Schema: Type> ApiResponse for AboutPerson<Schema> {
    fn meta() -> MetaResponses {
        let response = |status, description, schema| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema }],
            headers: if matches!(status, 401 | 403) {
                let description = Some("The challenge (RFC 6750 section 3).".to_owned());
                vec![MetaHeader {
                    name: "WWW-Authenticate".to_owned(),
                    description,
                    required: true,
                    deprecated: false,
                    schema: String::schema_ref(),
                }]
            } else {
                Vec::new()
            },
        };
        MetaResponses {
            responses: vec![
                response(200, "The person.", Schema::schema_ref()),
                response(400, "The token is presented twice or malformed.", OAuthError::schema_ref()),
                response(401, "There is no token that is alive.", OAuthError::schema_ref()),
                response(403, "The token lacks the scope `openid`.", OAuthError::schema_ref()),
                response(500, "Something failed here; `Trace-Id` names it in the log.", OAuthError::schema_ref()),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        Schema::register(registry);
        OAuthError::register(registry);
    }
}
