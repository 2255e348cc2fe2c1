//! Reading a JSON body as an object.

use std::time::Duration;

use poem::http::header::CONTENT_TYPE;
use poem::{Body, Request};
use serde_json::{Map, Value};

use super::body::{self, BodyProblem};
use super::form::BodyTimeout;

/// Why a JSON object can't be had.
#[derive(Debug, thiserror::Error)]
pub enum JsonProblem {
    /// The body can't be had.
    #[error(transparent)]
    Body(#[from] BodyProblem),
    /// It is of another kind.
    #[error("the body is of another media type")]
    OtherMediaType,
    /// It is no JSON; the words say where, and nothing of what came.
    #[error("the body is no JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is JSON, but no object.
    #[error("the body is no JSON object")]
    NoObject,
}

/// Reads the object in the body of a request, which has to be of one of these media types.
pub async fn read(request: &Request, body: Body, media_types: &[&str]) -> Result<Map<String, Value>, JsonProblem> {
    let timeout = request.data::<BodyTimeout>().map_or(Duration::from_secs(10), |timeout| timeout.0);
    let bytes = body::read(body, body::LIMIT, timeout).await?;
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !media_types.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Err(JsonProblem::OtherMediaType);
    }
    match serde_json::from_slice(&bytes)? {
        Value::Object(members) => Ok(members),
        _ => Err(JsonProblem::NoObject),
    }
}
