//! How replies stand in the OpenAPI document.

use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaSchema, MetaSchemaRef};
use poem_openapi::types::Type;

use crate::http::reply::OAuthError;
use crate::protocol::refusal::ErrorCode;

/// A reply with a body in JSON.
pub(super) fn json<Schema: Type>(status: u16, description: &'static str) -> MetaResponse {
    with_body(status, description, "application/json", Schema::schema_ref())
}

/// One of our pages.
pub(super) fn page(status: u16, description: &'static str) -> MetaResponse {
    with_body(status, description, "text/html", String::schema_ref())
}

/// The same reply, whose body may as well be a JSON Web Token.
pub(super) fn or_jwt(mut response: MetaResponse) -> MetaResponse {
    response.content.push(MetaMediaType { content_type: "application/jwt", schema: String::schema_ref() });
    response
}

/// An error (RFC 6749 §5.2), with the code that is most likely behind this status.
pub(super) fn error(status: u16, code: ErrorCode, description: &'static str) -> MetaResponse {
    let example = serde_json::json!({ "error": code.as_str(), "error_description": description });
    let schema = OAuthError::schema_ref().merge(MetaSchema { example: Some(example), ..MetaSchema::ANY });
    with_body(status, description, "application/json", schema)
}

/// A reply without a body.
pub(super) const fn empty(status: u16, description: &'static str) -> MetaResponse {
    MetaResponse { description, status: Some(status), status_range: None, content: Vec::new(), headers: Vec::new() }
}

/// The same reply with a header that it always has.
pub(super) fn with(response: MetaResponse, name: &str, description: &str) -> MetaResponse {
    with_header(response, name, description, true)
}

/// The same reply with a header that it may have.
pub(super) fn perhaps_with(response: MetaResponse, name: &str, description: &str) -> MetaResponse {
    with_header(response, name, description, false)
}

fn with_body(status: u16, description: &'static str, content_type: &'static str, schema: MetaSchemaRef) -> MetaResponse {
    MetaResponse { content: vec![MetaMediaType { content_type, schema }], ..empty(status, description) }
}

fn with_header(mut response: MetaResponse, name: &str, description: &str, required: bool) -> MetaResponse {
    let (name, description) = (name.to_owned(), Some(description.to_owned()));
    response.headers.push(MetaHeader { name, description, required, deprecated: false, schema: String::schema_ref() });
    response
}
