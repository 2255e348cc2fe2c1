//! Why an answer is as it is: whoever says no, or gives less than was asked for, attaches the reason to the answer, and the outermost
//! endpoint takes it off again, logs it and hands it on to be remembered. The caller gets none of it; only on a developer's machine it is shown.

use poem::Response;
use poem::http::header::{CONTENT_TYPE, LOCATION};
use poem::http::{HeaderValue, StatusCode};
use serde_json::Value;
use url::form_urlencoded;

use super::refusal::write_error_page;
use crate::flow::refusals::Recorder;
use crate::protocol::explanation::{Asked, Recorded, Report};
use crate::protocol::issuer::Issuer;

/// Where the explanation of a request is found on a developer's machine, before its trace id.
pub const PATH: &str = "/why/";

/// An answer with what the operator may know about it.
#[must_use]
pub fn explained(mut answer: Response, report: impl Into<Report>) -> Response {
    answer.set_data(report.into());
    answer
}

/// The same, where there may be nothing to know.
#[must_use]
pub fn explained_if(answer: Response, report: Option<Report>) -> Response {
    match report {
        Some(report) => explained(answer, report),
        None => answer,
    }
}

/// Takes reports off answers.
#[derive(Clone)]
pub struct Why {
    recorder: Recorder,
    development: Option<Issuer>,
}

impl Why {
    /// Hands reports to `recorder`.
    #[must_use]
    pub const fn new(recorder: Recorder) -> Self {
        Self { recorder, development: None }
    }

    /// Shows them as well: on the terminal, on the error page, and by an address in errors for machines. For the developer's own machine
    /// alone, where `issuer` leads to.
    #[must_use]
    pub fn shown_at(self, issuer: Issuer) -> Self {
        Self { development: Some(issuer), ..self }
    }

    /// Takes the report off an answer, if it has one, and tells it.
    pub(super) async fn tell(&self, asked: impl FnOnce() -> Asked, answer: &mut Response) {
        let Some(report) = answer.extensions_mut().remove::<Report>() else { return };
        let recorded = self.recorder.describe(asked(), answer.status().as_u16(), report);
        let (code, client, reason) = (recorded.code.as_deref(), recorded.client.as_deref(), &recorded.reason);
        match &self.development {
            None if code.is_some() => tracing::debug!(code, client, reason, "refused"),
            None => tracing::debug!(client, reason, "not given as it was asked"),
            Some(issuer) => {
                // By itself, as its lines say all that the request's own would.
                tracing::info!(parent: None, "{recorded}\n");
                show(&recorded, issuer, answer).await;
            }
        }
        self.recorder.keep(recorded);
    }
}

/// Lets a developer see the explanation where they are looking: in the answer.
async fn show(recorded: &Recorded, issuer: &Issuer, answer: &mut Response) {
    if recorded.code.is_none() {
        return;
    }
    let place = issuer.url(&format!("{PATH}{}", recorded.trace_id));
    let is_json = answer.headers().get(CONTENT_TYPE).is_some_and(|value| value.as_bytes() == b"application/json");
    if write_error_page(answer, issuer, &recorded.trace_id, Some(recorded)) {
        return;
    }
    if is_json {
        // RFC 6749 §5.2, `error_uri`.
        let body = answer.take_body().into_vec().await.unwrap_or_default();
        answer.set_body(match serde_json::from_slice(&body) {
            Ok(Value::Object(mut members)) if members.contains_key("error") => {
                members.insert("error_uri".to_owned(), place.into());
                Value::Object(members).to_string().into_bytes()
            }
            _ => body,
        });
    } else if answer.status() == StatusCode::SEE_OTHER
        && let Some(location) = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok())
    {
        // RFC 6749 §4.1.2.1, `error_uri`: the error stands in a query or a fragment already.
        let parameter = form_urlencoded::Serializer::new(String::new()).append_pair("error_uri", &place).finish();
        if let Ok(location) = HeaderValue::try_from(format!("{location}&{parameter}")) {
            answer.headers_mut().insert(LOCATION, location);
        }
    }
}
