//! Replies to clients that register themselves (RFC 7591 §3.2, RFC 7592 §3).

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::Type;
use serde_json::{Map, Value, json};

use crate::flow::Failure;
use crate::flow::registration::{Answer, Refused};
use crate::http::bearer;
use crate::http::register::documented::RegistrationInformation;
use crate::http::reply::{OAuthError, json as answer, refuse};
use crate::http::responses::{empty, error, json as documented, perhaps_with, with};
use crate::protocol::refusal::ErrorCode;
use crate::protocol::registration::Reason;
use crate::web::answer::failed;
use crate::web::headers::protect_machine_answer;
use crate::web::json::JsonProblem;
use crate::web::refusal::Refused as ByStatus;
use crate::web::why::explained;

/// A reply whose success has this status.
pub(super) struct Reply<const STATUS: u16>(Response);

impl<const STATUS: u16> Reply<STATUS> {
    /// The reply with what is registered.
    pub(super) fn of(request: &Request, outcome: Result<Answer<Map<String, Value>>, Failure>) -> Self {
        let status = StatusCode::from_u16(STATUS).unwrap_or_default();
        Self(outcome.map_or_else(
            |failure| failed(&failure).json(),
            |reply| reply.map_or_else(|refused| no(request, refused), |information| answer(status, &information)),
        ))
    }

    /// The reply to a body that can't be understood.
    pub(super) fn malformed(problem: &JsonProblem) -> Self {
        Self(match problem {
            JsonProblem::Body(problem) => {
                let refused = problem.refused();
                explained(refused.json(), refused.report(problem.to_string(), problem.explain()))
            }
            JsonProblem::OtherMediaType => wrong(&Reason::no_document("must be application/json")),
            JsonProblem::Malformed(_) => wrong(&Reason::no_document("is no JSON")),
            JsonProblem::NoObject => wrong(&Reason::no_document("must be a JSON object")),
        })
    }
}

impl Reply<204> {
    /// The reply when nothing is left.
    pub(super) fn gone(request: &Request, outcome: Result<Answer<()>, Failure>) -> Self {
        let nothing = |()| {
            let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
            protect_machine_answer(response.headers_mut());
            response
        };
        Self(outcome.map_or_else(|failure| failed(&failure).json(), |reply| reply.map_or_else(|refused| no(request, refused), nothing)))
    }
}

fn no(request: &Request, refused: Refused) -> Response {
    match refused {
        Refused::Off => ByStatus::of(StatusCode::NOT_FOUND).json(),
        Refused::Token(reason) => bearer::refuse(reason, None),
        Refused::Metadata(reason) => wrong(&reason),
        Refused::Later(refusal) => explained(refuse(request, &refusal), refusal),
    }
}

fn wrong(reason: &Reason) -> Response {
    let body = json!({ "error": reason.code().as_str(), "error_description": reason.description() });
    explained(answer(StatusCode::BAD_REQUEST, &body), reason.refusal())
}

impl<const STATUS: u16> IntoResponse for Reply<STATUS> {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<const STATUS: u16> ApiResponse for Reply<STATUS> {
    fn meta() -> MetaResponses {
        let success = match STATUS {
            204 => empty(204, "It is gone, and so is everything that came of it."),
            201 => documented::<RegistrationInformation>(201, "What was registered."),
            _ => documented::<RegistrationInformation>(200, "What is registered."),
        };
        let malformed = error(400, ErrorCode::InvalidClientMetadata, "The registration, or the token, is malformed.");
        let not_permitted = error(401, ErrorCode::InvalidToken, "There is no token that permits it.");
        let wait = |response| with(response, "Retry-After", "Seconds to wait.");
        let mut responses = vec![
            success,
            perhaps_with(malformed, "WWW-Authenticate", "The challenge, where the token is malformed."),
            with(not_permitted, "WWW-Authenticate", "The challenge (RFC 6750 section 3)."),
            error(500, ErrorCode::ServerError, "Something failed here; `Trace-Id` names it in the log."),
            wait(error(503, ErrorCode::TemporarilyUnavailable, "Too many clients have registered, or the database is away.")),
        ];
        if STATUS != 204 {
            responses.extend([
                error(408, ErrorCode::InvalidRequest, "The body did not arrive in time."),
                error(413, ErrorCode::InvalidRequest, "The body is longer than 64 KiB."),
                wait(error(429, ErrorCode::TemporarilyUnavailable, "Too many registrations from this address.")),
            ]);
        }
        if STATUS == 201 {
            responses.push(error(404, ErrorCode::InvalidRequest, "Nobody registers here but the operator."));
        }
        responses.sort_by_key(|response| response.status);
        MetaResponses { responses }
    }

    fn register(registry: &mut Registry) {
        RegistrationInformation::register(registry);
        OAuthError::register(registry);
    }
}
