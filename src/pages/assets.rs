//! The stylesheet and the logo: compiled in, the only things that our pages load.

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

/// A small file of ours.
pub(super) fn asset(media_type: &'static str, text: &'static str) -> Response {
    let mut response = Response::builder().body(text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
