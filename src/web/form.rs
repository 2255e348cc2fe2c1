//! Reading a form body (RFC 6749 Appendix B) as parameters, the same way for machines and for people.

use std::time::Duration;

use poem::http::StatusCode;
use poem::http::header::CONTENT_TYPE;
use poem::{Body, Request};

use super::body::{self, BodyProblem};
use super::refusal::Refused;
use crate::protocol::explanation::{Explanation, Fact, Report};
use crate::protocol::params::{Malformed, Params};

/// The media type of forms.
pub const MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// The time that a body has to arrive, among the data of every request.
#[derive(Clone, Copy, Debug)]
pub struct BodyTimeout(pub Duration);

/// Why a form can't be had.
#[derive(Debug, thiserror::Error)]
pub enum FormProblem {
    /// The body can't be had.
    #[error(transparent)]
    Body(#[from] BodyProblem),
    /// It is something else than a form.
    #[error("the body is no form but {0:?}")]
    OtherMediaType(String),
    /// It is no form-urlencoded UTF-8.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

impl FormProblem {
    /// What to answer.
    #[must_use]
    pub const fn refused(&self) -> Refused {
        let (status, code) = (StatusCode::BAD_REQUEST, "invalid_request");
        match self {
            Self::Body(problem) => problem.refused(),
            Self::OtherMediaType(_) => Refused { status, code, description: "The body must be application/x-www-form-urlencoded." },
            Self::Malformed(_) => Refused { status, code, description: "The parameters are not form-urlencoded UTF-8." },
        }
    }

    /// What the operator is told about it.
    #[must_use]
    pub fn report(&self) -> Report {
        let explanation = match self {
            Self::Body(problem) => problem.explain(),
            Self::OtherMediaType(media_type) => Explanation::of(Fact::of("Content-Type").expected(MEDIA_TYPE).came(media_type))
                .advise("Send a form (application/x-www-form-urlencoded), not JSON: RFC 6749 section 4.1.3 and its like ask for one."),
            Self::Malformed(malformed) => malformed.explain(),
        };
        self.refused().report(self.to_string(), explanation)
    }
}

/// Reads the form of a request. An empty body without a media type is an empty form.
pub async fn read(request: &Request, body: Body) -> Result<Params, FormProblem> {
    let timeout = request.data::<BodyTimeout>().map_or(Duration::from_secs(10), |timeout| timeout.0);
    let bytes = body::read(body, body::LIMIT, timeout).await?;
    let media_type = request.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let essence = media_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    match essence {
        Some(essence) if essence.eq_ignore_ascii_case(MEDIA_TYPE) => Ok(Params::parse(&bytes)?),
        None if bytes.is_empty() => Ok(Params::default()),
        _ => Err(FormProblem::OtherMediaType(media_type.unwrap_or_default().chars().take(100).collect())),
    }
}
