//! `If-Match`: which state of a thing a change is meant for (RFC 9110 §13.1.1).

use poem::Request;
use poem::http::StatusCode;
use poem::http::header::IF_MATCH;

use crate::flow::manage::Expected;
use crate::http::manage::problem::Problem;

/// Which state of a thing a change is meant for (RFC 9110 §13.1.1). A change must say it (RFC 6585 §3), if only by `*`.
pub(super) fn expected(request: &Request) -> Result<Expected, Problem> {
    perhaps_expected(request)?.ok_or_else(|| {
        let detail = "Say which version you are changing: If-Match with the ETag that you got, or with * for whatever it is by now.";
        Problem::Request(StatusCode::PRECONDITION_REQUIRED, detail.to_owned())
    })
}

/// The same where a request may leave it out.
pub(super) fn perhaps_expected(request: &Request) -> Result<Option<Expected>, Problem> {
    let malformed = || Problem::Request(StatusCode::BAD_REQUEST, "If-Match must be * or a list of entity tags.".to_owned());
    let mut tags = Vec::new();
    let mut lines = request.headers().get_all(IF_MATCH).iter().peekable();
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

    fn read(lines: &[&'static str]) -> Result<Option<Expected>, u16> {
        let request = lines.iter().fold(Request::builder(), |request, line| request.header(IF_MATCH, *line)).finish();
        perhaps_expected(&request).map_err(|problem| problem.response(&request).status().as_u16())
    }

    #[test]
    fn if_match_names_versions_or_any() {
        let these = |tags: &[&str]| Ok(Some(Expected::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect())));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(Expected::Anything)));
        assert_eq!(read(&["\"a\""]), these(&["a"]));
        assert_eq!(read(&["\"a\", \"b\"", "\"c\""]), these(&["a", "b", "c"]));
        assert_eq!(read(&["W/\"a\""]), these(&["W/\"a\""]), "which no version is");
        for nothing in ["", ",", ", ,"] {
            assert_eq!(read(&[nothing]), Err(400), "{nothing:?}");
        }
    }
}
