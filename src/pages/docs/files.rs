//! Swagger UI's own files, as `scripts/swagger-ui` packed them. They stay packed in the binary and on the way to every browser; only for a
//! client that can't unpack them itself we do it. The version is part of their addresses, so that a browser may keep them for good.

use std::io::{self, Read};
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use hyper::body::Bytes;
use poem::endpoint::make_sync;
use poem::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderMap, HeaderValue, StatusCode};
use poem::{Body, Response, Route, get};

use crate::web::refusal::Refused;

macro_rules! address {
    ($file:literal) => {
        concat!("/docs/swagger-ui-5.35.0/", $file)
    };
}

/// The address of the program.
pub(super) const BUNDLE: &str = address!("swagger-ui-bundle.js");
/// The address of its style sheet.
pub(super) const STYLE: &str = address!("swagger-ui.css");
/// The address of its licences.
pub(super) const LICENSES: &str = address!("LICENSE.txt");

static PACKED_BUNDLE: Packed = Packed {
    unpacked: OnceLock::new(),
    media_type: HeaderValue::from_static("text/javascript; charset=utf-8"),
    bytes: include_bytes!("swagger-ui/swagger-ui-bundle.js.gz"),
};
static PACKED_STYLE: Packed = Packed {
    unpacked: OnceLock::new(),
    media_type: HeaderValue::from_static("text/css; charset=utf-8"),
    bytes: include_bytes!("swagger-ui/swagger-ui.css.gz"),
};

/// Its notice, its licence, and those of the libraries in it.
const LICENSE_TEXT: &str = concat!(
    include_str!("swagger-ui/NOTICE"),
    "\n",
    include_str!("swagger-ui/LICENSE"),
    "\n",
    include_str!("swagger-ui/swagger-ui-bundle.js.LICENSE.txt")
);

/// Adds the files to `route`.
pub(super) fn routes(route: Route) -> Route {
    route
        .at(BUNDLE, get(make_sync(|request| PACKED_BUNDLE.answer(request.headers()))))
        .at(STYLE, get(make_sync(|request| PACKED_STYLE.answer(request.headers()))))
        .at(LICENSES, get(make_sync(|_| lasting(HeaderValue::from_static("text/plain; charset=utf-8"), LICENSE_TEXT))))
}

/// A file in gzip form.
struct Packed {
    /// The file itself, from when it was first asked for.
    unpacked: OnceLock<Bytes>,
    media_type: HeaderValue,
    bytes: &'static [u8],
}

impl Packed {
    fn answer(&self, request: &HeaderMap) -> Response {
        let mut answer = if accepts_gzip(request) {
            let mut answer = lasting(self.media_type.clone(), self.bytes);
            answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            answer
        } else {
            match self.unpacked() {
                Ok(bytes) => lasting(self.media_type.clone(), bytes),
                Err(error) => {
                    tracing::error!(%error, "a file of Swagger UI can't be unpacked");
                    return Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json();
                }
            }
        };
        answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        answer
    }

    fn unpacked(&self) -> io::Result<Bytes> {
        if let Some(bytes) = self.unpacked.get() {
            return Ok(bytes.clone());
        }
        let mut bytes = Vec::new();
        GzDecoder::new(self.bytes).read_to_end(&mut bytes)?;
        Ok(self.unpacked.get_or_init(|| bytes.into()).clone())
    }
}

/// An answer that never changes.
fn lasting(media_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut answer = Response::builder().body(body);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// RFC 9110 §12.5.3: a coding is accepted when it is named with a weight that is not 0; `*` stands for all that are not named.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let codings = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut others = false;
    for coding in codings {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_zero = |weight: &str| weight.starts_with('0') && weight.chars().all(|digit| matches!(digit, '0' | '.'));
        let accepted = !weight.trim().strip_prefix("q=").is_some_and(is_zero);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return accepted,
            "*" => others = accepted,
            _ => {}
        }
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_accepts_it() {
        let accepts = |text: &'static str| accepts_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(text))]));
        for yes in ["gzip", "gzip, deflate, br, zstd", "br;q=1.0, GZIP;q=0.5", "identity;q=0, *", "*;q=0.1", "gzip;q=0.001"] {
            assert!(accepts(yes), "{yes}");
        }
        for no in ["", "identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*;q=0", "x-gzipped"] {
            assert!(!accepts(no), "{no}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn the_files_are_those_of_the_version_in_their_address() {
        let bundle = String::from_utf8(PACKED_BUNDLE.unpacked().unwrap().into()).unwrap();
        let (_, rest) = bundle.split_once("PACKAGE_VERSION:\"").unwrap();
        let version = rest.split('"').next().unwrap();
        assert!(BUNDLE.contains(&format!("-{version}/")), "{version}");
        assert!(String::from_utf8(PACKED_STYLE.unpacked().unwrap().into()).unwrap().contains(".swagger-ui"));
        assert!(LICENSE_TEXT.contains("SmartBear") && LICENSE_TEXT.contains("Apache License"));
    }
}
