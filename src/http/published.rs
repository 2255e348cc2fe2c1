//! Documents that everybody may have, and keep.

use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::Type;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::flow::Failure;
use crate::http::reply::OAuthError;
use crate::http::responses::{self, empty, error, with};
use crate::protocol::metadata::KEY_SET_LIFETIME;
use crate::protocol::refusal::ErrorCode;
use crate::web::answer::failed;
use crate::web::refusal::Refused;

/// A document in the shape that `Schema` documents.
pub(super) struct Published<Schema> {
    response: Response,
    schema: PhantomData<fn() -> Schema>,
}

impl<Schema> Published<Schema> {
    pub(super) fn reply(known: Option<&str>, document: Result<impl Serialize, Failure>) -> Self {
        let keep = format!("public, max-age={}", KEY_SET_LIFETIME.as_secs());
        let response = document.map_or_else(|failure| failed(&failure).json(), |document| published(known, &document, &keep));
        Self { response, schema: PhantomData }
    }
}

/// A document that may be kept as long as `keep` says; `known` is the `ETag` of a copy that the caller has (RFC 9110 §13.1.2:
/// `If-None-Match`).
pub(super) fn published(known: Option<&str>, document: &impl Serialize, keep: &str) -> Response {
    let Ok(body) = serde_json::to_vec(document) else {
        tracing::error!("a document can't be written as JSON");
        return Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json();
    };
    let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(Sha256::digest(&body)));
    let known = known.unwrap_or_default();
    let is_known = known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == etag || tag == "*");
    let mut response =
        if is_known { Response::builder().status(StatusCode::NOT_MODIFIED).finish() } else { Response::builder().body(body) };
    let headers = response.headers_mut();
    if !is_known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let (Ok(keep), Ok(etag)) = (HeaderValue::try_from(keep), HeaderValue::try_from(etag)) {
        headers.insert(CACHE_CONTROL, keep);
        headers.insert(ETAG, etag);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

impl<Schema: Send> IntoResponse for Published<Schema> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<Schema: Type> ApiResponse for Published<Schema> {
    fn meta() -> MetaResponses {
        let tagged = |response| with(response, "ETag", "Names this version of the document.");
        let away = error(503, ErrorCode::TemporarilyUnavailable, "The database is away.");
        MetaResponses {
            responses: vec![
                tagged(responses::json::<Schema>(200, "The document.")),
                tagged(empty(304, "The copy that the caller has is still good.")),
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
