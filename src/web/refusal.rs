//! How a request is refused that no endpoint of ours answers: as JSON, or as our error page when a person asked for a page.

use askama::Template;
use poem::Response;
use poem::http::header::{ACCEPT, CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use poem::http::{HeaderMap, HeaderValue, StatusCode};

use super::headers::{self, Page};
use super::problem;
use super::trace::TraceId;
use super::views::ErrorPage;
use crate::protocol::explanation::{Explanation, Recorded, Report};
use crate::protocol::issuer::Issuer;

/// A refusal before or beside every endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The status of the answer.
    pub status: StatusCode,
    /// The error code of the answer.
    pub code: &'static str,
    /// The sentence of the answer: plain ASCII without quote and backslash (RFC 6749 §5.2).
    pub description: &'static str,
}

impl Refused {
    /// The refusal for a status that needs no more words than its own.
    #[must_use]
    pub const fn of(status: StatusCode) -> Self {
        let (code, description) = match status.as_u16() {
            404 => ("not_found", "There is nothing at this address."),
            405 => ("method_not_allowed", "This address does not take requests with this method."),
            408 => ("invalid_request", "The request did not arrive in time."),
            413 => ("invalid_request", "The body of the request is too long."),
            415 => ("invalid_request", "The body of the request is of a kind that is not understood here."),
            503 => ("temporarily_unavailable", "The server cannot answer at the moment. Try again soon."),
            500.. => ("server_error", "Something went wrong here. The trace id of this answer names it in our log."),
            _ => ("invalid_request", "The request is not understood."),
        };
        Self { status, code, description }
    }

    /// The refusal as an OAuth error (RFC 6749 §5.2).
    #[must_use]
    pub fn json(self) -> Response {
        let body = serde_json::json!({ "error": self.code, "error_description": self.description }).to_string();
        let mut answer = Response::builder().status(self.status).body(body);
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers::protect_machine_answer(answer.headers_mut());
        self.close(answer)
    }

    /// The refusal as our error page. The outermost endpoint, which knows the trace id and the issuer, writes it.
    #[must_use]
    pub fn page(self) -> Response {
        let mut answer = headers::html(self.status, String::new(), Page::Open);
        answer.set_data(ErrorShown { code: self.code, message: self.description });
        self.close(answer)
    }

    /// What the operator is told about it.
    #[must_use]
    pub fn report(self, reason: impl Into<String>, explanation: Explanation) -> Report {
        Report { refused: Some((self.code, self.description.into())), reason: reason.into(), explanation: Box::new(explanation) }
    }

    /// The refusal in the form that was wanted.
    #[must_use]
    pub fn answer(self, wanted: Wanted, trace_id: Option<&TraceId>) -> Response {
        match (wanted, trace_id) {
            (Wanted::Page, Some(_)) => self.page(),
            (Wanted::Problem, trace_id) => self.close(problem::details(self.status, self.description, &[], trace_id)),
            _ => self.json(),
        }
    }

    fn close(self, mut answer: Response) -> Response {
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        // RFC 9110 §15.5.9: the rest of a late request is not waited for.
        if self.status == StatusCode::REQUEST_TIMEOUT {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

/// What our error page says, among the data of the answer that is to become the page.
#[derive(Clone, Copy, Debug)]
struct ErrorShown {
    /// The error code.
    code: &'static str,
    /// The sentence.
    message: &'static str,
}

/// Writes our error page where an answer is to be one, and says whether it is; with the reason on a developer's machine alone.
pub(super) fn write_error_page(answer: &mut Response, issuer: &Issuer, trace_id: &TraceId, why: Option<&Recorded>) -> bool {
    let Some(ErrorShown { code, message }) = answer.extensions_mut().remove() else { return false };
    match (ErrorPage { root: issuer.path(), code, message, trace_id: trace_id.as_str(), why }).render() {
        Ok(page) => answer.set_body(page),
        Err(error) => {
            tracing::error!(%error, "the error page cannot be rendered");
            *answer = Refused { status: answer.status(), code, description: message }.json();
        }
    }
    true
}

/// In which form a refusal is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// As a page, by somebody with a browser.
    Page,
    /// As JSON, by a program.
    Json,
    /// As problem details (RFC 9457), by a program that manages.
    Problem,
}

impl Wanted {
    /// What a request for a path asks for: a page only if it names `text/html` in `Accept`.
    #[must_use]
    pub fn by(path: &str, request: &HeaderMap) -> Self {
        if problem::is_below_api(path) {
            return Self::Problem;
        }
        let kinds = request.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let names_html = kinds.filter_map(|kind| kind.split(';').next()).any(|kind| kind.trim().eq_ignore_ascii_case("text/html"));
        if names_html { Self::Page } else { Self::Json }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn only_a_browser_gets_a_page() {
        let trace_id = TraceId::new(Random::seeded(1).bytes());
        let answer = |accept: &'static str, trace_id| {
            let request = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            let answer = Refused::of(StatusCode::NOT_FOUND).answer(Wanted::by("/nowhere", &request), trace_id);
            assert_eq!(answer.status(), StatusCode::NOT_FOUND);
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            answer.content_type().unwrap().to_owned()
        };
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert_eq!(answer(browser, Some(&trace_id)), "text/html; charset=utf-8");
        assert_eq!(answer(browser, None), "application/json");
        for machine in ["*/*", "application/json", ""] {
            assert_eq!(answer(machine, Some(&trace_id)), "application/json", "{machine}");
        }
    }

    #[tokio::test]
    async fn a_refusal_in_json_has_the_members_of_an_oauth_error() {
        let body = Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json().into_body().into_string().await.unwrap();
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let members: Vec<_> = body.as_object().unwrap().iter().map(|(name, value)| (name.as_str(), value.is_string())).collect();
        assert_eq!(members, [("error", true), ("error_description", true)]);
        assert_eq!(body.get("error").unwrap(), "server_error");
    }
}
