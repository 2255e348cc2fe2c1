//! `/check-session`: what a client has in a frame of its page to learn whether somebody signed in or out here (OpenID Connect Session
//! Management §3.2, `check_session_iframe`). The page is the same for everybody; its script does the work.

use std::sync::Arc;

use poem::http::header::CACHE_CONTROL;
use poem::http::{HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Response, handler};

use crate::flow::Server;
use crate::pages::views::CheckSessionPage;
use crate::web::answer::rendered;
use crate::web::headers::Page;

#[handler]
pub(super) fn check_session(Data(server): Data<&Arc<Server>>) -> Response {
    let mut page = rendered(StatusCode::OK, &CheckSessionPage { root: server.issuer().path() }, Page::CheckSession);
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    page
}
