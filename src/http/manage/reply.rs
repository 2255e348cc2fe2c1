//! Replies of the management API: what was asked for, or problem details.

use std::marker::PhantomData;

use poem::http::header::{ETAG, LOCATION};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{Example, ParseFromJSON, ToJSON, Type};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;
use serde_json::json;

use crate::flow::manage::{Page, Version};
use crate::http::manage::problem::{Problem, ProblemDetails};
use crate::http::reply::json as answer;
use crate::http::responses::{empty, json as documented, with};
use crate::web::headers::protect_machine_answer;
use crate::web::problem::MEDIA_TYPE;

type Reply<T> = Result<T, Problem>;
/// A secret that is shown this once, and the member that it is shown as.
pub(super) type ShownOnce = (&'static str, String);

/// One thing, with the version that a change has to name.
pub(super) struct One<Schema>(Response, PhantomData<fn() -> Schema>);
/// The same after a change that a merge patch describes.
pub(super) struct Changed<Schema>(Response, PhantomData<fn() -> Schema>);
/// A new thing, as the body describes it, with where it is.
pub(super) struct New<Schema>(Response, PhantomData<fn() -> Schema>);
/// A new part of a thing, which nothing has to describe.
pub(super) struct Part<Schema>(Response, PhantomData<fn() -> Schema>);
/// A page of a list.
pub(super) struct Many<Schema>(Response, PhantomData<fn() -> Schema>);
/// What an action led to.
pub(super) struct Outcome<Schema>(Response, PhantomData<fn() -> Schema>);
/// Nothing is left to say: it is gone.
pub(super) struct Gone(Response);
/// The same where the request may say which version it is meant for.
pub(super) struct Deleted(Response);

/// What a list consists of.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct Items<T: Type + ParseFromJSON + ToJSON + Example> {
    /// What is on this page.
    items: Vec<T>,
    /// The cursor of the next page; none on the last.
    next: Option<String>,
}

impl<T: Type + ParseFromJSON + ToJSON + Example> Example for Items<T> {
    fn example() -> Self {
        Self { items: vec![T::example()], next: Some("c2hvcA".to_owned()) }
    }
}

impl<Schema> One<Schema> {
    pub(super) fn reply<T: Serialize>(request: &Request, found: Reply<T>) -> Self {
        Self(shown(request, found), PhantomData)
    }
}

impl<Schema> Changed<Schema> {
    pub(super) fn reply<T: Serialize>(request: &Request, changed: Reply<T>) -> Self {
        Self(shown(request, changed), PhantomData)
    }
}

impl<Schema> New<Schema> {
    /// The reply with a thing, its address below the issuer, and what is shown of it this once.
    pub(super) fn reply<T: Serialize>(request: &Request, made: Reply<(T, String, Option<ShownOnce>)>) -> Self {
        Self(created(request, made), PhantomData)
    }
}

impl<Schema> Part<Schema> {
    /// The same for a part.
    pub(super) fn reply<T: Serialize>(request: &Request, made: Reply<(T, String, Option<ShownOnce>)>) -> Self {
        Self(created(request, made), PhantomData)
    }
}

impl<Schema> Many<Schema> {
    pub(super) fn reply<T: Serialize>(request: &Request, page: Reply<Page<T>>) -> Self {
        let shown = |page: Page<T>| answer(StatusCode::OK, &page);
        Self(page.map_or_else(|problem| problem.response(request), shown), PhantomData)
    }
}

impl<Schema> Outcome<Schema> {
    pub(super) fn reply<T: Serialize>(request: &Request, outcome: Reply<T>) -> Self {
        Self(outcome.map_or_else(|problem| problem.response(request), |shown| answer(StatusCode::OK, &shown)), PhantomData)
    }
}

impl Gone {
    pub(super) fn reply(request: &Request, gone: Reply<()>) -> Self {
        Self(nothing(request, gone))
    }
}

impl Deleted {
    pub(super) fn reply(request: &Request, gone: Reply<()>) -> Self {
        Self(nothing(request, gone))
    }
}

fn shown<T: Serialize>(request: &Request, found: Reply<T>) -> Response {
    found.map_or_else(|problem| problem.response(request), |shown| tagged(answer(StatusCode::OK, &shown), &Version::of(&shown)))
}

fn created<T: Serialize>(request: &Request, made: Reply<(T, String, Option<ShownOnce>)>) -> Response {
    let (shown, location, secret) = match made {
        Ok(made) => made,
        Err(problem) => return problem.response(request),
    };
    let version = Version::of(&shown);
    let mut body = json!(shown);
    if let (Some(body), Some(secret)) = (body.as_object_mut(), secret) {
        let (member, secret) = secret;
        body.insert(member.to_owned(), secret.into());
    }
    let mut response = tagged(answer(StatusCode::CREATED, &body), &version);
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

fn nothing(request: &Request, gone: Reply<()>) -> Response {
    if let Err(problem) = gone {
        return problem.response(request);
    }
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    protect_machine_answer(response.headers_mut());
    response
}

fn tagged(mut response: Response, version: &Version) -> Response {
    if let Ok(tag) = HeaderValue::try_from(format!("\"{}\"", version.as_str())) {
        response.headers_mut().insert(ETAG, tag);
    }
    response
}

/// What may be wrong with every request.
fn usual(success: MetaResponse) -> Vec<MetaResponse> {
    let challenged = |response| with(response, "WWW-Authenticate", "The challenge (RFC 6750 section 3).");
    vec![
        success,
        problem(400, "The request can't be read."),
        challenged(problem(401, "There is no token that is alive.")),
        challenged(problem(403, "The token lacks the scope.")),
        problem(500, "Something failed here; `Trace-Id` names it in the log."),
        with(problem(503, "Too much to do."), "Retry-After", "Seconds to wait."),
    ]
}

fn problem(status: u16, description: &'static str) -> MetaResponse {
    let content = vec![MetaMediaType { content_type: MEDIA_TYPE, schema: ProblemDetails::schema_ref() }];
    MetaResponse { content, ..empty(status, description) }
}

fn with_tag(response: MetaResponse) -> MetaResponse {
    with(response, "ETag", "The version, for `If-Match`.")
}

/// What may be wrong with a body.
fn bodily() -> [MetaResponse; 4] {
    [
        problem(408, "The body did not arrive in time."),
        problem(413, "The body is longer than 64 KiB."),
        problem(415, "The body is no JSON."),
        problem(422, "Some fields are wrong; `errors` says which, and why."),
    ]
}

macro_rules! replies {
    ($($name:ident<Schema> => $responses:expr;)+) => { $(
        impl<Schema: Send> IntoResponse for $name<Schema> {
            fn into_response(self) -> Response {
                self.0
            }
        }

        impl<Schema: Type + ParseFromJSON + ToJSON + Example> ApiResponse for $name<Schema> {
            fn meta() -> MetaResponses {
                let mut responses: Vec<MetaResponse> = $responses;
                responses.sort_by_key(|response| response.status);
                MetaResponses { responses }
            }

            fn register(registry: &mut Registry) {
                Schema::register(registry);
                Items::<Schema>::register(registry);
                ProblemDetails::register(registry);
            }
        }
    )+ };
}

replies! {
    One<Schema> => {
        let mut all = usual(with_tag(documented::<Schema>(200, "What was asked for.")));
        all.push(problem(404, "There is none of that name."));
        all
    };
    Changed<Schema> => {
        let mut all = usual(with_tag(documented::<Schema>(200, "How it is now.")));
        all.push(problem(404, "There is none of that name."));
        all.push(problem(412, "It was changed since it was read."));
        all.push(problem(428, "`If-Match` is missing."));
        all.extend(bodily());
        all
    };
    New<Schema> => {
        let made = with(documented::<Schema>(201, "What was made."), "Location", "Where it is.");
        let mut all = usual(with_tag(made));
        all.push(problem(409, "It does not go together with what is there."));
        all.extend(bodily());
        all
    };
    Part<Schema> => {
        let made = with(documented::<Schema>(201, "What was made."), "Location", "Where it is.");
        let mut all = usual(with_tag(made));
        all.push(problem(404, "What it would belong to is not there."));
        all.push(problem(409, "It does not go together with what is there."));
        all
    };
    Many<Schema> => {
        let mut all = usual(documented::<Items<Schema>>(200, "A page of the list."));
        all.push(problem(422, "Some parameters are wrong; `errors` says which, and why."));
        all
    };
    Outcome<Schema> => {
        let mut all = usual(documented::<Schema>(200, "What it led to."));
        all.push(problem(409, "It does not go together with how things are."));
        all.push(problem(422, "Some parameters are wrong; `errors` says which, and why."));
        all
    };
}

macro_rules! endings {
    ($($name:ident => $responses:expr;)+) => { $(
        impl IntoResponse for $name {
            fn into_response(self) -> Response {
                self.0
            }
        }

        impl ApiResponse for $name {
            fn meta() -> MetaResponses {
                let mut responses = usual(empty(204, "It is gone."));
                responses.push(problem(404, "There is none of that name."));
                responses.extend($responses);
                responses.sort_by_key(|response| response.status);
                MetaResponses { responses }
            }

            fn register(registry: &mut Registry) {
                ProblemDetails::register(registry);
            }
        }
    )+ };
}

endings! {
    Gone => Vec::new();
    Deleted => vec![problem(412, "It was changed since it was read.")];
}
