//! `If-Match`: which state of a thing a change is meant for (RFC 9110 §13.1.1).

use poem::http::header::IF_MATCH;
use poem::http::{HeaderMap, StatusCode};
use poem::{Request, RequestBody, Result};
use poem_openapi::registry::{MetaParamIn, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::flow::manage::Expected;
use crate::http::manage::problem::Problem;

/// Which state of a thing a change is meant for. A change must say it (RFC 6585 §3), if only by `*`.
pub(super) struct IfMatch(Result<Option<Expected>, Problem>);

/// The same where a request may leave it out: it is then meant for whatever state there is.
pub(super) struct PerhapsIfMatch(Result<Option<Expected>, Problem>);

impl IfMatch {
    pub(super) fn expected(self) -> Result<Expected, Problem> {
        self.0?.ok_or_else(|| {
            let detail = "Say which version you are changing: If-Match with the ETag that you got, or with * for whatever it is by now.";
            Problem::Request(StatusCode::PRECONDITION_REQUIRED, detail.to_owned())
        })
    }
}

impl PerhapsIfMatch {
    pub(super) fn expected(self) -> Result<Expected, Problem> {
        Ok(self.0?.unwrap_or(Expected::Anything))
    }
}

macro_rules! header_parameter {
    ($name:ident, required: $required:literal) => {
        impl<'a> ApiExtractor<'a> for $name {
            type ParamRawType = ();
            type ParamType = ();

            const PARAM_IS_REQUIRED: bool = $required;
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];

            fn param_in() -> Option<MetaParamIn> {
                Some(MetaParamIn::Header)
            }

            fn param_schema_ref() -> Option<MetaSchemaRef> {
                Some(<String as poem_openapi::types::Type>::schema_ref())
            }

            async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<Self::ParamType>) -> Result<Self> {
                Ok(Self(read(request.headers())))
            }
        }
    };
}

header_parameter!(IfMatch, required: true);
header_parameter!(PerhapsIfMatch, required: false);

fn read(headers: &HeaderMap) -> Result<Option<Expected>, Problem> {
    let malformed = || Problem::Request(StatusCode::BAD_REQUEST, "If-Match must be * or a list of entity tags.".to_owned());
    let mut tags = Vec::new();
    let mut lines = headers.get_all(IF_MATCH).iter().peekable();
    if lines.peek().is_none() {
        return Ok(None);
    }
    for line in lines {
        for tag in line.to_str().map_err(|_| malformed())?.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
            if tag == "*" {
                return Ok(Some(Expected::Anything));
            }
            // RFC 9110 §13.1.1: compared strongly, so that a weak tag matches nothing.
            tags.push(tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).map_or_else(|| tag.to_owned(), str::to_owned));
        }
    }
    if tags.is_empty() { Err(malformed()) } else { Ok(Some(Expected::OneOf(tags))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(lines: &[&'static str]) -> Result<Option<Expected>, u16> {
        let request = lines.iter().fold(Request::builder(), |request, line| request.header(IF_MATCH, *line)).finish();
        read(request.headers()).map_err(|problem| problem.response(&request).status().as_u16())
    }

    #[test]
    fn if_match_names_versions_or_any() {
        let these = |tags: &[&str]| Ok(Some(Expected::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect())));
        assert_eq!(given(&[]), Ok(None));
        assert_eq!(given(&["*"]), Ok(Some(Expected::Anything)));
        assert_eq!(given(&["\"a\""]), these(&["a"]));
        assert_eq!(given(&["\"a\", \"b\"", "\"c\""]), these(&["a", "b", "c"]));
        assert_eq!(given(&["W/\"a\""]), these(&["W/\"a\""]), "which no version is");
        for nothing in ["", ",", ", ,"] {
            assert_eq!(given(&[nothing]), Err(400), "{nothing:?}");
        }
    }
}
