//! `/logout`, which is `end_session_endpoint`, too (OpenID Connect RP-Initiated Logout §2), and `/logout/done`, where it ends.

use std::sync::Arc;

use poem::web::Data;
use poem::{Body, Request, Response, handler};

use crate::flow::Server;
use crate::flow::logout::{Frame, Outcome};
use crate::pages::post::{check_origin, malformed, read};
use crate::pages::views::{LogoutPage, SignedOutPage, ToldPage};
use crate::pages::visit::{Visit, page, sorry};
use crate::protocol::logout::{Onward, Request as LogoutRequest};
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::web::answer::see_other;
use crate::web::csrf;
use crate::web::headers::allow_frames;
use crate::web::place::Place;
use crate::web::why::explained_if;

#[handler]
pub(super) async fn logout(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let asked = match read_query(query) {
        Ok(asked) => asked,
        Err(refusal) => return malformed(request, &refusal.reason, *refusal.explanation),
    };
    let mut visit = Visit::of(request, &server);
    match server.log_out(&asked, visit.session.as_ref(), false).await {
        Ok(Outcome::SignedOut { onward, frames, report }) => {
            explained_if(visit.signed_out(signed_out(&server, &onward, &frames), &server), report)
        }
        Ok(Outcome::Confirm { person, client_name }) => {
            let csrf = visit.csrf(&server);
            let shown = page(&LogoutPage {
                root: server.issuer().path(),
                csrf: &csrf,
                name: person.as_deref(),
                client_name: client_name.as_deref(),
                id_token_hint: asked.id_token_hint.as_deref(),
                post_logout_redirect_uri: asked.post_logout_redirect_uri.as_deref(),
                state: asked.state.as_deref(),
                client_id: asked.client_id.as_deref(),
            });
            visit.finish(shown)
        }
        Err(failure) => sorry(&failure, request),
    }
}

#[handler]
pub(super) async fn answer(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let visit = Visit::of(request, &server);
    let params = match read(request, body).await {
        Ok(params) => params,
        Err(refused) => return refused,
    };
    let own_page = server.issuer().url("/logout");
    if params.get(csrf::FIELD).is_none() {
        // A client's own form. It comes from another site, without our cookie; the GET that follows it has it.
        return see_other(&format!("{own_page}?{}", params.to_query()));
    }
    if let Err(refused) = check_origin(request, &server, &visit, &params) {
        return refused;
    }
    if params.get("logout-yes").is_none() {
        return see_other(&server.issuer().url("/"));
    }
    let asked = match LogoutRequest::parse(&params) {
        Ok(asked) => asked,
        Err(repeated) => return malformed(request, &repeated.to_string(), repeated.explain()),
    };
    match server.log_out(&asked, visit.session.as_ref(), true).await {
        Ok(Outcome::SignedOut { onward, frames, report }) => {
            explained_if(visit.signed_out(signed_out(&server, &onward, &frames), &server), report)
        }
        Ok(Outcome::Confirm { .. }) => see_other(&own_page),
        Err(failure) => sorry(&failure, request),
    }
}

/// `/logout/done`: what a person sees in the end whom nothing takes elsewhere.
#[handler]
pub(super) async fn done(request: &Request, server: Data<&Arc<Server>>) -> Response {
    match server.current_session(Visit::of(request, &server).session.as_ref()).await {
        // They have signed in again since.
        Ok(Some(_)) => see_other(&server.issuer().url("/")),
        Ok(None) => page(&SignedOutPage { root: server.issuer().path(), ..SignedOutPage::default() }),
        Err(failure) => sorry(&failure, request),
    }
}

/// The end of a sign-out: where the person goes, at once if no client has to be told before and nothing has to be said.
fn signed_out(server: &Server, onward: &Onward, frames: &[Frame]) -> Response {
    match onward {
        Onward::Nowhere if frames.is_empty() => see_other(&server.issuer().url("/logout/done")),
        Onward::To(to) if frames.is_empty() => see_other(to),
        _ => telling(server, frames, onward),
    }
}

/// The end of a sign-out on a page, where clients are told.
pub(super) fn telling(server: &Server, frames: &[Frame], onward: &Onward) -> Response {
    let told: Vec<ToldPage<'_>> = frames.iter().map(|frame| ToldPage { client_name: &frame.client_name, url: &frame.url }).collect();
    let (to, place) = match onward {
        Onward::Nowhere | Onward::NotThere => (None, None),
        Onward::To(to) => (Some(to.as_str()), None),
        Onward::Offered(to) => (Some(to.as_str()), Some(Place::of(to).to_string())),
    };
    let not_returned = *onward == Onward::NotThere;
    let mut response =
        page(&SignedOutPage { root: server.issuer().path(), told: &told, onward: to, place: place.as_deref(), not_returned });
    if !frames.is_empty() {
        allow_frames(response.headers_mut(), frames.iter().map(|frame| frame.origin.as_str()));
    }
    response
}

fn read_query(query: &str) -> Result<LogoutRequest, Refusal> {
    Ok(LogoutRequest::parse(&Params::parse(query.as_bytes())?)?)
}
