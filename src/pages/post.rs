//! Forms that people send: read, and checked to come from a page of ours.

use poem::http::StatusCode;
use poem::{Body, Request, Response};

use crate::flow::Server;
use crate::pages::visit::Visit;
use crate::protocol::explanation::Explanation;
use crate::protocol::params::Params;
use crate::web::answer::refused_page;
use crate::web::csrf::{self, ForgedForm};
use crate::web::form;
use crate::web::refusal::Refused;
use crate::web::why::explained;

/// The form of a request.
pub(super) async fn read(request: &Request, body: Body) -> Result<Params, Response> {
    let params =
        form::read(request, body).await.map_err(|problem| explained(refused_page(problem.refused(), request), problem.report()))?;
    match params.once_each() {
        Ok(()) => Ok(params),
        Err(repeated) => Err(malformed(request, &repeated.to_string(), repeated.explain())),
    }
}

/// The refusal of a request that makes no sense.
pub(super) fn malformed(request: &Request, reason: &str, explanation: Explanation) -> Response {
    let refused = Refused::of(StatusCode::BAD_REQUEST);
    explained(refused_page(refused, request), refused.report(reason, explanation))
}

/// Refuses a form that no page of ours, shown to this browser, can have sent.
#[expect(clippy::result_large_err, reason = "the error is the whole answer, handed on at once")]
pub(super) fn check_origin(request: &Request, server: &Server, visit: &Visit<'_>, params: &Params) -> Result<(), Response> {
    csrf::check(request.headers(), server.issuer(), visit.expected_csrf().as_ref(), params.get(csrf::FIELD)).map_err(|forged| {
        let refused = Refused { status: StatusCode::FORBIDDEN, code: "access_denied", description: ForgedForm::DESCRIPTION };
        let explanation = forged.explain(request.headers(), server.issuer());
        explained(refused_page(refused, request), refused.report(forged.to_string(), explanation))
    })
}

/// Reads a form and checks where it comes from.
pub(super) async fn own_form(request: &Request, body: Body, server: &Server, visit: &Visit<'_>) -> Result<Params, Response> {
    let params = read(request, body).await?;
    check_origin(request, server, visit, &params)?;
    Ok(params)
}
