//! `/consent`: asks whether a client may have what it asks for, and sends the browser back to the junction.

use std::sync::Arc;

use poem::web::Data;
use poem::{Body, Request, Response, handler};
use url::form_urlencoded;

use crate::flow::Server;
use crate::pages::login::{onward, waiting_query};
use crate::pages::post::{malformed, own_form};
use crate::pages::views::{ClientAbout, ConsentPage, ReturnTo, ScopeLine};
use crate::pages::visit::{Visit, page, sorry};
use crate::protocol::explanation::{Explanation, Fact};
use crate::web::answer::see_other;
use crate::web::place::Place;

#[handler]
pub(super) async fn consent(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let query = waiting_query(request);
    let mut visit = Visit::of(request, &server);
    let question = match server.consent_question(&query, visit.session.as_ref()).await {
        Ok(Some(question)) => question,
        Ok(None) => return onward(&server, &query),
        Err(failure) => return sorry(&failure, request),
    };
    let scopes: Vec<ScopeLine<'_>> = question.scopes.iter().map(|(name, description)| ScopeLine { name, description }).collect();
    let place = Place::of(&question.redirect_uri);
    let csrf = visit.csrf(&server);
    let shown = page(&ConsentPage {
        root: server.issuer().path(),
        csrf: &csrf,
        continue_query: &query,
        client_name: &question.client.name,
        about: ClientAbout::of(&question.client),
        name: &question.person,
        scopes: &scopes,
        return_to: return_to(&place),
    });
    visit.finish(shown)
}

#[handler]
pub(super) async fn answer(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let visit = Visit::of(request, &server);
    let params = match own_form(request, body, &server, &visit).await {
        Ok(params) => params,
        Err(refused) => return refused,
    };
    let query = params.get("continue").unwrap_or_default();
    let pressed = |button: &str| params.get(button).is_some();
    if pressed("switch") {
        let encoded = form_urlencoded::Serializer::new(String::new()).append_pair("continue", query).append_pair("choose", "1").finish();
        return see_other(&format!("{}?{encoded}", server.issuer().url("/login")));
    }
    // No default: a form without a pressed button is no answer.
    let allow = match (pressed("consent-allow"), pressed("consent-deny")) {
        (true, false) => true,
        (false, true) => false,
        _ => {
            let fact = Fact::of("button").expected("consent-allow or consent-deny").came("none of them, or both");
            return malformed(request, "the form says neither yes nor no", Explanation::of(fact));
        }
    };
    match server.answer_consent(query, visit.session.as_ref(), allow).await {
        Ok(()) => onward(&server, query),
        Err(failure) => sorry(&failure, request),
    }
}

fn return_to(place: &Place) -> ReturnTo<'_> {
    match place {
        Place::Site(host) => ReturnTo::Site(host),
        Place::Device(host) => ReturnTo::ThisDevice(host),
        Place::App(scheme) => ReturnTo::App(scheme),
    }
}
