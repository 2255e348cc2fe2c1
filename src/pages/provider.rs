//! `/login/with/NAME` and `/login/callback/NAME`: to another identity provider and back. Whatever goes wrong there ends on the login page,
//! with status 400 and a sentence that says what to do: the password works as ever.

use std::sync::Arc;

use poem::http::header::USER_AGENT;
use poem::web::Data;
use poem::{Body, Request, Response, handler};

use crate::flow::Server;
use crate::flow::login::Prompt;
use crate::flow::providers::{Arrived, Departed, Leave, Leaver, NoEntry, Return, Turned};
use crate::identity::departure::Purpose;
use crate::pages::login::{Shown, form, onward};
use crate::pages::post::own_form;
use crate::pages::provider_links;
use crate::pages::views::LoginAlert;
use crate::pages::visit::{Visit, sorry};
use crate::pages::words;
use crate::protocol::params::Params;
use crate::web::answer::{error_page, see_other};
use crate::web::client_address::ClientAddress;
use crate::web::cookies::Cookies;
use crate::web::why::explained;

/// The provider that the address names.
fn named(request: &Request) -> String {
    request.raw_path_param("provider").unwrap_or_default().to_owned()
}

#[handler]
pub(super) async fn with(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let visit = Visit::of(request, &server);
    match own_form(request, body, &server, &visit).await {
        Ok(params) => {
            let query = params.get("continue").unwrap_or_default();
            let way = if params.get("again").is_some() { Way::Again } else { Way::Button };
            leave(request, &server, &named(request), query, way).await
        }
        Err(refused) => refused,
    }
}

/// How somebody comes to leave for a provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The application names it.
    Named,
    /// They pressed its button.
    Button,
    /// They pressed its button because they have to sign in once more.
    Again,
}

/// Who asks to go.
pub(super) fn leaver(request: &Request, server: &Server) -> Leaver {
    let browser = Cookies::new(server.issuer()).departure(request.headers());
    Leaver { browser, address: ClientAddress::of_traced(request).ip() }
}

/// Sends the browser to a provider, or shows the login page when that can't be.
pub(super) async fn leave(request: &Request, server: &Server, provider: &str, query: &str, way: Way) -> Response {
    let is_signed_in = match server.current_session(Visit::of(request, server).session.as_ref()).await {
        Ok(current) => current.is_some(),
        Err(failure) => return sorry(&failure, request),
    };
    // Who is signed in and still presses the button wants to be somebody else.
    let leave = Leave {
        provider,
        query,
        again: way == Way::Again,
        other_account: way == Way::Button && is_signed_in,
        leaver: leaver(request, server),
    };
    match server.depart(leave).await {
        Ok(departed) => match gone(server, departed) {
            Ok(response) => response,
            Err(turned) => turned_away(request, server, query, &turned).await,
        },
        Err(failure) => sorry(&failure, request),
    }
}

/// On the way to a provider, with the cookie that lets nobody else come back for it.
pub(super) fn gone(server: &Server, departed: Departed) -> Result<Response, Turned> {
    match departed {
        Departed::Gone { url, browser } => {
            let mut away = see_other(&url);
            Cookies::new(server.issuer()).set_departure(away.headers_mut(), &browser);
            Ok(away)
        }
        Departed::Turned(turned) => Err(turned),
    }
}

#[handler]
pub(super) async fn callback(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let visit = Visit::of(request, &server);
    let browser = Cookies::new(server.issuer()).departure(request.headers());
    // RFC 6749 §3.1: what stands there twice is no answer.
    let params = match Params::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        Ok(params) => params,
        Err(malformed) => return error_page(malformed.into(), request),
    };
    if let Err(repeated) = params.once_each() {
        return error_page(repeated.into(), request);
    }
    let back = Return {
        provider: &named(request),
        state: params.get("state"),
        code: params.get("code"),
        error: params.get("error"),
        iss: params.get("iss"),
        browser: browser.as_ref(),
        session: visit.session.as_ref(),
        address: ClientAddress::of_traced(request).ip(),
        user_agent: request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default(),
    };
    // On the heap: it would be part of every page.
    match Box::pin(server.arrive(back)).await {
        Ok(Arrived::SignedIn { session, query }) => visit.signed_in(onward(&server, &query), &session),
        Ok(Arrived::Linked) => see_other(&server.issuer().url("/account?done=linked")),
        Ok(Arrived::Turned { turned, purpose: Purpose::SignIn(query) }) => turned_away(request, &server, &query, &turned).await,
        Ok(Arrived::Turned { turned, purpose: Purpose::Link(_) }) => provider_links::turned_away(request, &server, &turned).await,
        Ok(Arrived::Unknown(refusal)) => error_page(refusal, request),
        Err(failure) => sorry(&failure, request),
    }
}

/// The login page, with what went wrong.
async fn turned_away(request: &Request, server: &Server, query: &str, turned: &Turned) -> Response {
    let prompt = match server.login_prompt(query).await {
        Ok(prompt) => Prompt { username: None, ..prompt },
        Err(failure) => return sorry(&failure, request),
    };
    let why = words::turned(turned);
    let wait = if let NoEntry::TooMany(seconds) = turned.why { Some(seconds) } else { None };
    let shown = Shown { query, username: "", alert: Some((LoginAlert::Provider(&why), wait)), again: None };
    explained(form(request, server, Visit::of(request, server), &prompt, shown).await, turned.refusal.clone())
}
