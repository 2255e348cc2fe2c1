//! The query of a list: documented parameter by parameter, read as a whole.

use std::marker::PhantomData;

use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::flow::manage::{PageRequest, Refused};
use crate::protocol::params::Params;
use crate::protocol::problem::Problem;

/// A parameter that may be left out, in the shape that `Schema` documents.
pub(super) struct Optional<Schema>(PhantomData<fn() -> Schema>);

impl<'a, Schema: Type> ApiExtractor<'a> for Optional<Schema> {
    type ParamRawType = ();
    type ParamType = ();

    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

    fn register(registry: &mut Registry) {
        Schema::register(registry);
    }

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Query)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(Schema::schema_ref())
    }

    async fn from_request(_: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
        Ok(Self(PhantomData))
    }
}

/// The query of a request.
pub(super) struct Query(Params);

impl Query {
    /// Reads it. A parameter that is repeated has no meaning.
    pub(super) fn of(request: &Request) -> Result<Self, Refused> {
        let params = Params::parse(request.uri().query().unwrap_or_default().as_bytes());
        let params = params.map_err(|problem| refused("", &problem))?;
        params.once_each().map_err(|problem| refused("", &problem))?;
        Ok(Self(params))
    }

    /// A text; `None` when it is left out or empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).map(str::to_owned)
    }

    /// One of these words.
    pub(super) fn word(&self, name: &str, words: &[&str]) -> Result<Option<&str>, Refused> {
        let word = self.0.get(name);
        let known = word.is_none_or(|word| words.contains(&word));
        if known { Ok(word) } else { Err(refused(name, &format!("must be {}", words.join(" or ")))) }
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refused> {
        self.0.get(name).map(|text| text.parse().map_err(|_| refused(name, &"must be true or false"))).transpose()
    }

    /// Which page: `limit` and `cursor`.
    pub(super) fn page(&self) -> Result<PageRequest, Refused> {
        let limit = self.0.get("limit").map(|text| text.parse().map_err(|_| refused("limit", &"must be a number"))).transpose()?;
        PageRequest::parse(limit, self.0.get("cursor"))
    }
}

fn refused(field: &str, reason: &dyn std::fmt::Display) -> Refused {
    Refused::Invalid(vec![Problem::new(field, reason)])
}
