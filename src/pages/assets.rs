//! The stylesheet, the logo and two small scripts: compiled in, the only things of ours that our pages load.

use poem::http::HeaderValue;
use poem::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use poem::{Response, handler};

#[handler]
pub(super) fn stylesheet() -> Response {
    asset("text/css; charset=utf-8", include_str!("../web/assets/claviger.css"))
}

#[handler]
pub(super) fn logo() -> Response {
    asset("image/svg+xml", include_str!("../web/assets/claviger.svg"))
}

#[handler]
pub(super) fn signed_out() -> Response {
    asset(JAVASCRIPT, include_str!("../web/assets/signed-out.js"))
}

#[handler]
pub(super) fn check_session() -> Response {
    asset(JAVASCRIPT, include_str!("../web/assets/check-session.js"))
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A small file of ours.
pub(super) fn asset(media_type: &'static str, text: &'static str) -> Response {
    let mut response = Response::builder().body(text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
