//! `/client-logo/ID`: the logo of a client, so that our pages load nothing from elsewhere.

use std::sync::Arc;

use poem::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use poem::http::{HeaderValue, StatusCode};
use poem::web::{Data, Path};
use poem::{Response, handler};

use crate::flow::Server;
use crate::protocol::client::ClientId;

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The picture, or nothing at all: no page of ours ever comes in its place.
#[handler]
pub(super) async fn client_logo(Path(id): Path<String>, server: Data<&Arc<Server>>) -> Response {
    let found = match ClientId::parse(&id) {
        Ok(id) => server.client_logo(&id).await,
        Err(_) => Ok(None),
    };
    match found {
        Ok(Some(logo)) => {
            let mut response = Response::builder().body(logo.bytes.clone());
            let headers = response.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(logo.kind.media_type()));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            // Whoever opens it by itself opens somebody else's file under our name: it may do nothing.
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
            headers.insert(RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
            response
        }
        Ok(None) => StatusCode::NOT_FOUND.into(),
        Err(failure) => {
            tracing::error!(%failure, "a client's logo can't be looked up");
            StatusCode::INTERNAL_SERVER_ERROR.into()
        }
    }
}
