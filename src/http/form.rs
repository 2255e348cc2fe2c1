//! A form body: documented by a schema, read as [`Params`], so that there is one parser for everything that OAuth says about parameters.

use std::marker::PhantomData;

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::protocol::params::Params;
use crate::web::form::{self, FormProblem};

/// The form of a request, in the shape that `Schema` documents.
pub(super) struct Form<Schema> {
    pub(super) params: Result<Params, FormProblem>,
    schema: PhantomData<fn() -> Schema>,
}

impl<'a, Schema: Type> ApiExtractor<'a> for Form<Schema> {
    type ParamRawType = ();
    type ParamType = ();

    const PARAM_IS_REQUIRED: bool = true;
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    fn register(registry: &mut Registry) {
        Schema::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: form::MEDIA_TYPE, schema: Schema::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self { params: form::read(request, body.take()?).await, schema: PhantomData })
    }
}
