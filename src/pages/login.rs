//! `/login`: asks for username and password, and sends the browser back to the junction.

use std::sync::Arc;

use poem::http::header::{RETRY_AFTER, USER_AGENT};
use poem::http::{HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use secrecy::SecretString;

use crate::flow::authorize::Outcome;
use crate::flow::login::{Attempt, Prompt, SignIn};
use crate::flow::providers::{Button, WaysAgain};
use crate::flow::{Failure, Server};
use crate::pages::post::own_form;
use crate::pages::provider::{Way, leave};
use crate::pages::views::{ClientAbout, LoginAlert, LoginPage, ProviderButton};
use crate::pages::visit::{Visit, sorry};
use crate::protocol::grant::password;
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::web::answer::{error_page, rendered, see_other, to_client};
use crate::web::client_address::ClientAddress;
use crate::web::headers::Page;
use crate::web::why::explained;

/// The authorization request that a page interrupts; empty when there is none.
pub(super) fn waiting_query(request: &Request) -> String {
    parameter(request, "continue").unwrap_or_default()
}

/// A parameter of the address; `None` where it is missing, empty or repeated.
pub(super) fn parameter(request: &Request, name: &str) -> Option<String> {
    let params = Params::parse(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    params.one(name).ok().flatten().map(str::to_owned)
}

/// Back to the junction, or to the account where no request waits.
pub(super) fn onward(server: &Server, query: &str) -> Response {
    // A query of a request that came here has no other characters; one that somebody made up leads nowhere.
    if query.is_empty() || !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        see_other(&server.issuer().url("/account"))
    } else {
        see_other(&format!("{}?{query}", server.issuer().url("/authorize")))
    }
}

#[handler]
pub(super) async fn login(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let query = waiting_query(request);
    let asks_for = |name: &str| parameter(request, name).is_some();
    match server.login_prompt(&query).await {
        // The client asks for a provider; who is to choose another account, or another way, sees the page.
        Ok(Prompt { provider: Some(provider), .. }) if !asks_for("choose") => leave(request, &server, &provider, &query, Way::Named).await,
        Ok(prompt) => {
            let visit = Visit::of(request, &server);
            let again = match if asks_for("again") { ways_again(&server, &visit).await } else { Ok(None) } {
                Ok(again) => again,
                Err(failure) => return sorry(&failure, request),
            };
            let username = again.as_ref().map(|again| again.username.clone()).or(prompt.username.clone()).unwrap_or_default();
            let shown = Shown { query: &query, username: &username, alert: None, again };
            form(request, &server, visit, &prompt, shown).await
        }
        Err(failure) => sorry(&failure, request),
    }
}

/// How whoever is signed in can show once more who they are; `None` when nobody is.
async fn ways_again(server: &Server, visit: &Visit<'_>) -> Result<Option<WaysAgain>, Failure> {
    match server.current_session(visit.session.as_ref()).await? {
        Some(current) => server.ways_again(&current).await.map(Some),
        None => Ok(None),
    }
}

#[handler]
pub(super) async fn sign_in(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let visit = Visit::of(request, &server);
    let params = match own_form(request, body, &server, &visit).await {
        Ok(params) => params,
        Err(refused) => return refused,
    };
    let query = params.get("continue").unwrap_or_default();
    if params.get("cancel").is_some() {
        return match server.cancel_login(query, visit.session.as_ref()).await {
            Ok(Outcome::Answer { answer, report }) => to_client(server.issuer(), &answer, report),
            Ok(Outcome::ErrorPage(refusal)) => error_page(refusal, request),
            Ok(Outcome::Again(_) | Outcome::Login | Outcome::Consent | Outcome::Onward { .. }) => onward(&server, query),
            Err(failure) => sorry(&failure, request),
        };
    }
    let username = params.get("username").unwrap_or_default();
    let attempt = Attempt {
        username,
        password: SecretString::from(params.get("password").unwrap_or_default()),
        query,
        previous: visit.session.as_ref(),
        address: ClientAddress::of_traced(request).ip(),
        user_agent: request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default(),
    };
    let (alert, refusal) = match server.sign_in(attempt).await {
        Ok(SignIn::Done(session)) => return visit.signed_in(onward(&server, query), &session),
        Ok(SignIn::Wrong(why)) => ((LoginAlert::NotRight, None), Refusal::from(password::Reason::Wrong).explained(why)),
        Ok(SignIn::TooMany { seconds, why }) => {
            ((LoginAlert::TooMany { minutes: seconds.div_ceil(60) }, Some(seconds)), Refusal::too_many(seconds).explained(why))
        }
        Ok(SignIn::Busy) => ((LoginAlert::Busy, Some(2)), Refusal::busy()),
        Err(failure) => return sorry(&failure, request),
    };
    match server.login_prompt(query).await {
        Ok(prompt) => {
            let shown = Shown { query, username, alert: Some(alert), again: None };
            explained(form(request, &server, visit, &prompt, shown).await, refusal)
        }
        Err(failure) => sorry(&failure, request),
    }
}

/// What the page shows that is not the server's.
pub(super) struct Shown<'a> {
    pub(super) query: &'a str,
    pub(super) username: &'a str,
    /// Why the last attempt failed, and in how many seconds the next one may succeed.
    pub(super) alert: Option<(LoginAlert<'a>, Option<u64>)>,
    /// How they can show once more who they are, when that is what they are asked for.
    pub(super) again: Option<WaysAgain>,
}

pub(super) async fn form(request: &Request, server: &Server, mut visit: Visit<'_>, prompt: &Prompt, shown: Shown<'_>) -> Response {
    let is_again = shown.again.is_some();
    let (has_password, buttons) = match shown.again {
        Some(WaysAgain { has_password, providers, .. }) => (has_password, Ok(providers)),
        None => (true, server.provider_buttons().await),
    };
    let providers = match buttons {
        Ok(buttons) => buttons.into_iter().map(|Button { name, label }| ProviderButton { name, label }).collect::<Vec<_>>(),
        Err(failure) => return sorry(&failure, request),
    };
    let csrf = visit.csrf(server);
    let client = prompt.client.as_deref();
    let page = LoginPage {
        root: server.issuer().path(),
        csrf: &csrf,
        continue_query: shown.query,
        client_name: client.map(|client| client.name.as_str()),
        about: client.map(ClientAbout::of).unwrap_or_default(),
        username: shown.username,
        alert: shown.alert.map(|(alert, _)| alert),
        providers: &providers,
        again: is_again,
        has_password,
    };
    let status = match shown.alert {
        None => StatusCode::OK,
        Some((LoginAlert::NotRight, _) | (LoginAlert::Provider(_), None)) => StatusCode::BAD_REQUEST,
        Some((LoginAlert::TooMany { .. }, _) | (LoginAlert::Provider(_), Some(_))) => StatusCode::TOO_MANY_REQUESTS,
        Some((LoginAlert::Busy, _)) => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = rendered(status, &page, Page::Open);
    if let Some((_, Some(seconds))) = shown.alert {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    visit.finish(response)
}
