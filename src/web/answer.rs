//! The authorization endpoint's answers as HTTP: a redirection, a form that posts itself, or our own error page.

use askama::Template;
use poem::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY};
use poem::http::{HeaderValue, StatusCode};
use poem::{Request, Response};

use super::headers::{self, Page};
use super::place::Place;
use super::refusal::Refused;
use super::trace::TraceId;
use super::views::{FormPostPage, OnwardPage};
use super::why::{explained, explained_if};
use crate::flow::Failure;
use crate::protocol::authorize::Answer;
use crate::protocol::explanation::Report;
use crate::protocol::issuer::Issuer;
use crate::protocol::refusal::{Refusal, Wait};

/// Sends the browser on by GET, whatever method it came with (RFC 9700 §4.12).
#[must_use]
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return Refused::of(StatusCode::BAD_REQUEST).json();
    };
    let mut answer = Response::builder().status(StatusCode::SEE_OTHER).finish();
    answer.headers_mut().insert(LOCATION, location);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// An answer for the client, on its way through the browser, with what the operator may know about it.
#[must_use]
pub fn to_client(issuer: &Issuer, answer: &Answer, report: Option<Report>) -> Response {
    let response = answer.location().map_or_else(
        || {
            let page = FormPostPage { root: issuer.path(), action: answer.form_action(), fields: &answer.parameters };
            rendered(StatusCode::OK, &page, Page::FormPost)
        },
        |location| see_other(&location),
    );
    explained_if(response, report)
}

/// A refusal that goes to the client when the person wants it to.
#[must_use]
pub fn onward(issuer: &Issuer, answer: &Answer, refusal: Refusal, client_name: &str) -> Response {
    let (location, place) = (answer.location(), Place::of(answer.form_action()).to_string());
    let page = OnwardPage {
        root: issuer.path(),
        code: refusal.code.as_str(),
        message: refusal.description,
        client_name,
        place: &place,
        location: location.as_deref(),
        action: answer.form_action(),
        fields: &answer.parameters,
    };
    explained(rendered(StatusCode::BAD_REQUEST, &page, Page::Open), refusal)
}

/// A refusal as our own error page.
#[must_use]
pub fn error_page(refusal: Refusal, request: &Request) -> Response {
    let status = match refusal.wait {
        Some(Wait::TooMany(_)) => StatusCode::TOO_MANY_REQUESTS,
        Some(Wait::Busy(_)) => StatusCode::SERVICE_UNAVAILABLE,
        None => StatusCode::BAD_REQUEST,
    };
    let refused = Refused { status, code: refusal.code.as_str(), description: refusal.description };
    explained(refused_page(refused, request), refusal)
}

/// A failure of ours: logged once, here, and answered without a word about it.
#[must_use]
pub fn failed(failure: &Failure) -> Refused {
    tracing::error!(%failure, "a request failed");
    // A database that is away for a moment is no fault of the request: it may come again.
    let status = if failure.is_outage() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR };
    Refused::of(status)
}

/// A refusal beside every endpoint as our own error page.
#[must_use]
pub fn refused_page(refused: Refused, request: &Request) -> Response {
    request.data::<TraceId>().map_or_else(|| refused.json(), |_| refused.page())
}

/// A page.
#[must_use]
pub fn rendered(status: StatusCode, page: &impl Template, kind: Page) -> Response {
    match page.render() {
        Ok(html) => headers::html(status, html, kind),
        Err(error) => {
            tracing::error!(%error, "a page can't be rendered");
            Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json()
        }
    }
}
