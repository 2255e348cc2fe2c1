//! A JSON body of an OAuth endpoint: documented by a schema, read as an object of which the rules take what they understand.

use std::marker::PhantomData;

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};

use crate::web::json::{self, JsonProblem};

/// The media type.
const JSON: &str = "application/json";

/// The object in the body of a request, in the shape that `Schema` documents.
pub(super) struct Object<Schema> {
    pub(super) members: Result<Map<String, Value>, JsonProblem>,
    schema: PhantomData<fn() -> Schema>,
}

impl<'a, Schema: Type> ApiExtractor<'a> for Object<Schema> {
    type ParamRawType = ();
    type ParamType = ();

    const PARAM_IS_REQUIRED: bool = true;
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    fn register(registry: &mut Registry) {
        Schema::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: JSON, schema: Schema::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self { members: json::read(request, body.take()?, &[JSON]).await, schema: PhantomData })
    }
}
