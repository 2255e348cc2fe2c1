//! `/`: what this server is, or who is signed in.

use std::sync::Arc;

use poem::web::Data;
use poem::{Request, Response, handler};

use crate::flow::Server;
use crate::pages::views::HomePage;
use crate::pages::visit::{Visit, page, sorry};

/// Whether there is documentation to link to.
#[derive(Clone, Copy)]
pub(super) struct Documented(pub(super) bool);

#[handler]
pub(super) async fn home(request: &Request, server: Data<&Arc<Server>>, documented: Data<&Documented>) -> Response {
    let visit = Visit::of(request, &server);
    match server.current_session(visit.session.as_ref()).await {
        Ok(current) => {
            let name = current.as_ref().map(|current| current.user.display_name());
            page(&HomePage { root: server.issuer().path(), issuer: server.issuer().as_str(), name, documented: documented.0.0 })
        }
        Err(failure) => sorry(&failure, request),
    }
}
