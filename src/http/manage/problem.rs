//! How the management API says no: problem details (RFC 9457), in one shape whatever is wrong.

use poem::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use poem::http::{HeaderValue, StatusCode};
use poem::{Request, Response};
use poem_openapi::Object;

use crate::flow::Failure;
use crate::flow::manage::Refused;
use crate::http::bearer::status;
use crate::protocol::bearer::{Reason, challenge};
use crate::protocol::explanation::{Explanation, Fact, Report};
use crate::protocol::problem::Problem as FieldProblem;
use crate::protocol::refusal::{Reason as _, Refusal};
use crate::web::answer::failed;
use crate::web::body::BodyProblem;
use crate::web::problem;
use crate::web::refusal::Refused as ByStatus;
use crate::web::why::explained;

/// What is wrong with a request (RFC 9457 §3.1).
#[derive(Object)]
#[oai(rename = "Problem")]
pub(super) struct ProblemDetails {
    /// The kind of the problem; `about:blank` says that the status tells it.
    #[oai(rename = "type")]
    kind: String,
    /// The kind in words.
    title: String,
    /// The status of the answer.
    status: u16,
    /// What is wrong this time.
    detail: String,
    /// The fields that are wrong.
    errors: Option<Vec<FieldError>>,
    /// Names the request in the server's log, as the header `Trace-Id` does.
    trace_id: String,
}

/// What is wrong with one field.
#[derive(Object)]
struct FieldError {
    /// The field, such as `redirect_uris[1]`; empty for the whole body.
    field: String,
    /// Why it is wrong.
    detail: String,
}

/// Why a request to the management API is not answered with what it asks for.
pub(super) enum Problem {
    /// The token does not permit it.
    Token(Reason),
    /// The rules refuse it.
    Refused(Refused),
    /// The body can't be had.
    Body(BodyProblem),
    /// The request itself is wrong.
    Request(StatusCode, String),
    /// Something of ours failed.
    Failure(Failure),
}

impl From<Reason> for Problem {
    fn from(reason: Reason) -> Self {
        Self::Token(reason)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        Self::Body(problem)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl Problem {
    /// The answer to `request`.
    pub(super) fn response(self, request: &Request) -> Response {
        match self {
            Self::Token(reason) => forbid(request, reason, None),
            Self::Refused(Refused::Beyond { needed, client }) => forbid(request, Reason::beyond(needed), Some(&client)),
            Self::Refused(refused) => refuse(request, &refused),
            Self::Body(problem) => {
                let refused = problem.refused();
                let response = details(request, refused.status, refused.description, &[]);
                explained(response, refused.report(problem.to_string(), problem.explain()))
            }
            Self::Request(status, detail) => {
                let response = details(request, status, &detail, &[]);
                explained(response, report(status, &detail, detail.clone(), Explanation::default()))
            }
            Self::Failure(failure) => {
                let refused = failed(&failure);
                details(request, refused.status, refused.description, &[])
            }
        }
    }
}

/// The answer to a token that does not suffice, with its challenge (RFC 6750 §3).
fn forbid(request: &Request, reason: Reason, client: Option<&str>) -> Response {
    let mut response = details(request, status(&reason), reason.description(), &[]);
    if let Ok(challenge) = HeaderValue::try_from(challenge(&reason)) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    let refusal = Refusal::from(reason);
    explained(response, if let Some(client) = client { refusal.asked_by(client) } else { refusal })
}

fn refuse(request: &Request, refused: &Refused) -> Response {
    let none: &[FieldProblem] = &[];
    let (status, detail, problems) = match refused {
        Refused::Invalid(problems) => (StatusCode::UNPROCESSABLE_ENTITY, "Some fields are wrong.".to_owned(), problems.as_slice()),
        Refused::NotFound(_) => (StatusCode::NOT_FOUND, sentence(refused), none),
        Refused::AlreadyThere(_) | Refused::Conflict(_) => (StatusCode::CONFLICT, sentence(refused), none),
        Refused::Outdated => {
            let detail = "It was changed since you read it. Read it again, and decide again.".to_owned();
            (StatusCode::PRECONDITION_FAILED, detail, none)
        }
        Refused::Beyond { .. } => (StatusCode::FORBIDDEN, sentence(refused), none),
        Refused::Busy => (StatusCode::SERVICE_UNAVAILABLE, sentence(refused), none),
    };
    let response = details(request, status, &detail, problems);
    // What is wrong with a field may quote it, and it may be a password: the caller has read it, and nobody else does.
    let facts = problems.iter().map(|problem| Fact::of("field").came(&problem.field).note("the answer says what is wrong with it"));
    let reason = if problems.is_empty() { refused.to_string() } else { "some fields are wrong".to_owned() };
    explained(response, report(status, &detail, reason, Explanation::of_all(facts)))
}

fn report(status: StatusCode, detail: &str, reason: String, explanation: Explanation) -> Report {
    let refused = Some((ByStatus::of(status).code, detail.to_owned().into()));
    Report { refused, ..Report::noted(reason, explanation) }
}

fn details(request: &Request, status: StatusCode, detail: &str, errors: &[FieldProblem]) -> Response {
    let mut response = problem::details(status, detail, errors, request.data());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

/// Its words as a sentence of its own.
fn sentence(refused: &Refused) -> String {
    let words = refused.to_string();
    let mut characters = words.chars();
    let capital = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{capital}{}.", characters.as_str())
}
