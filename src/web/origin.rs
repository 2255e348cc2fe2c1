//! Whether a form was sent by one of our own pages, as far as the browser tells.

use poem::http::header::ORIGIN;
use poem::http::{HeaderMap, HeaderValue};

use crate::protocol::issuer::Issuer;

/// A form was sent by somebody else's page, or the browser won't say by whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the form was not sent by a page of ours")]
pub struct ForeignOrigin;

/// Whether the page that sent a form may have been ours: its `Origin` (RFC 6454 §7) is ours; or it is `null` or absent, and
/// `Sec-Fetch-Site` (W3C Fetch Metadata §2.3) says `same-origin`; or the agent sends neither, and the form's token has to do.
///
/// `null` is what Chromium sends from our own pages, because they say `Referrer-Policy: no-referrer`, but also what a sandboxed frame
/// sends from anywhere: only the second header tells them apart.
pub fn check(request: &HeaderMap, issuer: &Issuer) -> Result<(), ForeignOrigin> {
    let origin = single(request, ORIGIN.as_str())?;
    let site = single(request, "sec-fetch-site")?;
    let ours = match (origin, site) {
        (Some(origin), _) if origin == issuer.origin().as_bytes() => true,
        (None | Some(b"null"), Some(site)) => site == b"same-origin",
        (None, None) => true,
        (Some(_), _) => false,
    };
    if ours { Ok(()) } else { Err(ForeignOrigin) }
}

/// The value of a header that comes once at most.
fn single<'a>(request: &'a HeaderMap, name: &str) -> Result<Option<&'a [u8]>, ForeignOrigin> {
    let mut values = request.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() { Err(ForeignOrigin) } else { Ok(first.map(HeaderValue::as_bytes)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::HeaderName;

    fn passes(headers: &[(&'static str, &'static str)]) -> bool {
        let mut request = HeaderMap::new();
        for (name, value) in headers {
            request.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        check(&request, &Issuer::parse("https://login.example.com/tenant").unwrap()).is_ok()
    }

    #[test]
    fn our_own_origin_passes() {
        assert!(passes(&[("origin", "https://login.example.com")]));
        assert!(passes(&[("origin", "https://login.example.com"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn without_an_origin_the_fetch_metadata_decides() {
        for origin in [&[][..], &[("origin", "null")]] {
            for (site, expected) in [("same-origin", true), ("same-site", false), ("cross-site", false), ("none", false), ("", false)] {
                assert_eq!(passes(&[origin, &[("sec-fetch-site", site)]].concat()), expected, "{origin:?} {site}");
            }
        }
        assert!(passes(&[]), "an agent that sends neither is judged by the form's token");
        assert!(!passes(&[("origin", "null")]), "a sandboxed frame");
    }

    #[test]
    fn another_origin_never_passes() {
        for foreign in [
            "https://evil.example",
            "http://login.example.com",
            "https://login.example.com:8443",
            "https://login.example.com/",
            "https://login.example.com/tenant",
            "https://login.example.com.evil.example",
            "",
        ] {
            assert!(!passes(&[("origin", foreign)]), "{foreign}");
            assert!(!passes(&[("origin", foreign), ("sec-fetch-site", "same-origin")]), "{foreign}");
        }
        assert!(!passes(&[("origin", "https://login.example.com"), ("origin", "https://evil.example")]));
    }
}
