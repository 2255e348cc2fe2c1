//! Forms that people send: read, and checked to come from a page of ours.

use poem::http::StatusCode;
use poem::{Body, Request, Response};

use crate::flow::Server;
use crate::pages::visit::Visit;
use crate::protocol::params::Params;
use crate::web::answer::refused_page;
use crate::web::csrf::{self, ForgedForm};
use crate::web::form;
use crate::web::refusal::Refused;

/// The form of a request.
pub(super) async fn read(request: &Request, body: Body) -> Result<Params, Response> {
    let params = form::read(request, body).await.map_err(|problem| {
        tracing::debug!(%problem, "refused");
        refused_page(problem.refused(), request)
    })?;
    match params.once_each() {
        Ok(()) => Ok(params),
        Err(repeated) => {
            tracing::debug!(%repeated, "refused");
            Err(refused_page(Refused::of(StatusCode::BAD_REQUEST), request))
        }
    }
}

/// Refuses a form that no page of ours, shown to this browser, can have sent.
#[expect(clippy::result_large_err, reason = "the error is the whole answer, handed on at once")]
pub(super) fn check_origin(request: &Request, server: &Server, visit: &Visit, params: &Params) -> Result<(), Response> {
    csrf::check(request.headers(), server.issuer(), visit.expected_csrf().as_ref(), params.get(csrf::FIELD)).map_err(|forged| {
        tracing::debug!(%forged, "refused");
        let refused = Refused { status: StatusCode::FORBIDDEN, code: "access_denied", description: ForgedForm::DESCRIPTION };
        refused_page(refused, request)
    })
}

/// Reads a form and checks where it comes from.
pub(super) async fn own_form(request: &Request, body: Body, server: &Server, visit: &Visit) -> Result<Params, Response> {
    let params = read(request, body).await?;
    check_origin(request, server, visit, &params)?;
    Ok(params)
}
