//! Problem details (RFC 9457): how every refusal below `/api` looks.

use poem::Response;
use poem::http::header::CONTENT_TYPE;
use poem::http::{HeaderValue, StatusCode};
use serde_json::json;

use super::headers;
use super::trace::TraceId;
use crate::protocol::problem::Problem;

/// The media type of problem details (RFC 9457 §6.1).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Whether a path is below the API whose refusals look like this.
#[must_use]
pub fn is_below_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// Problem details (RFC 9457 §3.1) with what is wrong this time, and with the fields that are.
#[must_use]
pub fn details(status: StatusCode, detail: &str, errors: &[Problem], trace_id: Option<&TraceId>) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": status.canonical_reason().unwrap_or_default(),
        "status": status.as_u16(),
        "detail": detail,
        "trace_id": trace_id.map(TraceId::as_str).unwrap_or_default(),
    });
    if !errors.is_empty()
        && let Some(body) = body.as_object_mut()
    {
        body.insert("errors".to_owned(), errors.iter().map(|error| json!({ "field": error.field, "detail": error.reason })).collect());
    }
    let mut response = Response::builder().status(status).body(body.to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers::protect_machine_answer(response.headers_mut());
    response
}
