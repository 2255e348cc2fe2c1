//! A JSON body: documented by a schema, read as a value that the rules then look at, so that every mistake in it is told with its field.

use std::marker::PhantomData;

use poem::http::StatusCode;
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

use crate::http::manage::problem::Problem;
use crate::web::json::{self, JsonProblem};

/// The media type of a whole thing.
const JSON: &str = "application/json";
/// The media type of its changes (RFC 7396 §4).
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A whole thing: a JSON object in the shape that `Schema` documents.
pub(super) struct Body<Schema>(Result<Value, Problem>, PhantomData<fn() -> Schema>);

/// Its changes: a JSON merge patch (RFC 7396) of a thing in the shape that `Schema` documents.
pub(super) struct Patch<Schema>(Result<Value, Problem>, PhantomData<fn() -> Schema>);

macro_rules! bodies {
    ($($name:ident: $media_types:expr;)+) => { $(
        impl<Schema> $name<Schema> {
            /// The object.
            pub(super) fn value(self) -> Result<Value, Problem> {
                self.0
            }
        }

        impl<'a, Schema: Type> ApiExtractor<'a> for $name<Schema> {
            type ParamRawType = ();
            type ParamType = ();

            const PARAM_IS_REQUIRED: bool = true;
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

            fn register(registry: &mut Registry) {
                Schema::register(registry);
            }

            fn request_meta() -> Option<MetaRequest> {
                let content = $media_types.map(|content_type| MetaMediaType { content_type, schema: Schema::schema_ref() });
                Some(MetaRequest { description: None, content: content.into(), required: true })
            }

            async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
                Ok(Self(read(request, body.take()?, &$media_types).await, PhantomData))
            }
        }
    )+ };
}

bodies! {
    Body: [JSON];
    Patch: [JSON, MERGE_PATCH];
}

async fn read(request: &Request, body: poem::Body, media_types: &[&str]) -> Result<Value, Problem> {
    json::read(request, body, media_types).await.map(Value::Object).map_err(|problem| match problem {
        JsonProblem::Body(problem) => problem.into(),
        JsonProblem::OtherMediaType => {
            Problem::Request(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("The body must be {}.", media_types.join(" or ")))
        }
        JsonProblem::Malformed(error) => Problem::Request(StatusCode::BAD_REQUEST, format!("The body is no JSON: {error}.")),
        JsonProblem::NoObject => Problem::Request(StatusCode::BAD_REQUEST, "The body must be a JSON object.".to_owned()),
    })
}
