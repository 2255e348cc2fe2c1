//! A parameter of the query: documented one by one, but not read here. The query is read as a whole, as [`Params`], so that there is one
//! parser for everything that OAuth says about parameters.
//!
//! [`Params`]: crate::protocol::params::Params

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

/// A parameter that may be left out.
pub(super) type Optional = Parameter<false>;
/// A parameter that a request must have. One that has it not is refused where the query is read, in the specification's words.
pub(super) type Required = Parameter<true>;

/// A parameter of the query.
pub(super) struct Parameter<const REQUIRED: bool>;

impl<'a, const REQUIRED: bool> ApiExtractor<'a> for Parameter<REQUIRED> {
    type ParamRawType = String;
    type ParamType = String;

    const PARAM_IS_REQUIRED: bool = REQUIRED;
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(String::schema_ref())
    }

    async fn from_request(_: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self)
    }
}
