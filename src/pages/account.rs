//! `/account`: what is known about the person, and what they can end or change.

use std::sync::Arc;

use poem::http::header::RETRY_AFTER;
use poem::http::{HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Body, Request, Response, handler};
use secrecy::SecretString;

use crate::flow::Server;
use crate::flow::account::{Overview, PasswordChange};
use crate::flow::providers::{Button, Link, Links};
use crate::flow::session::Current;
use crate::pages::api_keys::{self, RefusedKey};
use crate::pages::logout::telling;
use crate::pages::post::own_form;
use crate::pages::views::{AccountNotice, AccountPage, AppLine, ClaimLine, IdentityLine, PasswordProblem, ProviderButton, SessionLine};
use crate::pages::visit::{Visit, sorry};
use crate::pages::words;
use crate::protocol::client::ClientId;
use crate::protocol::grant::password;
use crate::protocol::logout::Onward;
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::subject::SessionId;
use crate::web::answer::{rendered, see_other};
use crate::web::client_address::ClientAddress;
use crate::web::headers::Page;
use crate::web::why::explained;

#[handler]
pub(super) async fn account(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let notice = match request.uri().query() {
        Some("done=session") => Some(AccountNotice::SessionEnded),
        Some("done=app") => Some(AccountNotice::AppRemoved),
        Some("done=linked") => Some(AccountNotice::ProviderLinked),
        Some("done=unlinked") => Some(AccountNotice::ProviderUnlinked),
        Some("done=password") => Some(AccountNotice::PasswordChanged),
        query => api_keys::notice(query),
    };
    let visit = Visit::of(request, &server);
    match server.current_session(visit.session.as_ref()).await {
        Ok(Some(current)) => show(request, &server, visit, &current, Shown { notice, ..Shown::default() }).await,
        Ok(None) => see_other(&server.issuer().url("/login")),
        Err(failure) => sorry(&failure, request),
    }
}

#[handler]
pub(super) async fn end_session(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (visit, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let session = SessionId::new(params.get("session").unwrap_or_default());
    match server.end_own_session(&current, &session).await {
        Ok(frames) if session == current.session.id && frames.is_empty() => visit.signed_out(see_other(&server.issuer().url("/")), &server),
        Ok(frames) if session == current.session.id => visit.signed_out(telling(&server, &frames, &Onward::Nowhere), &server),
        Ok(_) => see_other(&server.issuer().url("/account?done=session")),
        Err(failure) => sorry(&failure, request),
    }
}

#[handler]
pub(super) async fn withdraw(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (_, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let Ok(client) = ClientId::parse(params.get("client_id").unwrap_or_default()) else {
        return see_other(&server.issuer().url("/account"));
    };
    match server.withdraw_consent(&current, &client).await {
        Ok(()) => see_other(&server.issuer().url("/account?done=app")),
        Err(failure) => sorry(&failure, request),
    }
}

#[handler]
pub(super) async fn change_password(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (visit, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let typed = |name: &str| params.get(name).unwrap_or_default();
    if typed("new_password") != typed("new_password_repeat") {
        return show(request, &server, visit, &current, refused(PasswordProblem::RepeatDiffers)).await;
    }
    let (old, new) = (SecretString::from(typed("current_password")), SecretString::from(typed("new_password")));
    let weak;
    let mut wait: Option<u64> = None;
    let mut refusal = Refusal::from(password::Reason::Wrong);
    let problem = match server.change_password(&current, &old, new, ClientAddress::of_traced(request).ip()).await {
        Ok(PasswordChange::Done) => return see_other(&server.issuer().url("/account?done=password")),
        Ok(PasswordChange::Wrong(why)) => {
            refusal = refusal.explained(why);
            PasswordProblem::CurrentNotRight
        }
        Ok(PasswordChange::Weak(reason)) => {
            refusal = Refusal::new(ErrorCode::InvalidRequest, "The new password is refused.").because(format!("the new password {reason}"));
            weak = format!("The new password {reason}.");
            PasswordProblem::Refused(&weak)
        }
        Ok(PasswordChange::TooMany { seconds, why }) => {
            refusal = Refusal::too_many(seconds).explained(why);
            wait = Some(seconds);
            PasswordProblem::TooMany { minutes: seconds.div_ceil(60) }
        }
        Ok(PasswordChange::Busy) => {
            refusal = Refusal::busy();
            wait = Some(2);
            PasswordProblem::Busy
        }
        Err(failure) => return sorry(&failure, request),
    };
    let mut shown = show(request, &server, visit, &current, refused(problem)).await;
    if let Some(seconds) = wait {
        shown.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    explained(shown, refusal)
}

/// Who sent a form of this page, and the form; who is not signed in is sent to the login page.
pub(super) async fn entered<'a>(request: &Request, body: Body, server: &'a Server) -> Result<(Visit<'a>, Current, Params), Response> {
    let visit = Visit::of(request, server);
    let params = own_form(request, body, server, &visit).await?;
    match server.current_session(visit.session.as_ref()).await {
        Ok(Some(current)) => Ok((visit, current, params)),
        Ok(None) => Err(see_other(&server.issuer().url("/login"))),
        Err(failure) => Err(sorry(&failure, request)),
    }
}

/// What the page shows besides what there is.
#[derive(Default)]
pub(super) struct Shown<'a> {
    pub(super) notice: Option<AccountNotice>,
    pub(super) password_problem: Option<PasswordProblem<'a>>,
    pub(super) provider_problem: Option<&'a str>,
    pub(super) made_key: Option<&'a str>,
    pub(super) refused_key: Option<&'a RefusedKey>,
}

fn refused(problem: PasswordProblem<'_>) -> Shown<'_> {
    Shown { password_problem: Some(problem), ..Shown::default() }
}

pub(super) async fn show(request: &Request, server: &Server, mut visit: Visit<'_>, current: &Current, shown: Shown<'_>) -> Response {
    let Shown { notice, password_problem, provider_problem, made_key, refused_key } = shown;
    let links = match server.links(current).await {
        Ok(links) => links,
        Err(failure) => return sorry(&failure, request),
    };
    let keys = match api_keys::part(server, current, refused_key).await {
        Ok(keys) => keys,
        Err(failure) => return sorry(&failure, request),
    };
    let overview = match server.account(current).await {
        Ok(overview) => overview,
        Err(failure) => return sorry(&failure, request),
    };
    let claims: Vec<ClaimLine<'_>> =
        words::claims(&current.user.claims).into_iter().map(|(label, value)| ClaimLine { label, value }).collect();
    let roles: Vec<String> = current.user.all_roles().into_iter().collect();
    let password_rule = format!("At least {} characters; the longer, the better.", server.password_minimum());
    let csrf = visit.csrf(server);
    let page = AccountPage {
        root: server.issuer().path(),
        csrf: &csrf,
        name: current.user.display_name(),
        username: current.user.username.as_str(),
        claims: &claims,
        roles: &roles,
        sessions: &session_lines(&overview, current),
        apps: &app_lines(&overview),
        keys: &keys,
        sign_in_first: !server.has_just_signed_in(current),
        made_key,
        key_problem: refused_key.map(|refused| refused.problem.as_str()),
        password_rule: &password_rule,
        notice,
        password_problem,
        identities: &identity_lines(&links),
        providers: &links.others.iter().map(button).collect::<Vec<_>>(),
        has_password: links.has_password,
        provider_problem,
    };
    let status = match password_problem {
        None if provider_problem.is_none() && refused_key.is_none() => StatusCode::OK,
        Some(PasswordProblem::TooMany { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(PasswordProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) | None => StatusCode::BAD_REQUEST,
    };
    visit.finish(rendered(status, &page, Page::Account))
}

fn button(button: &Button) -> ProviderButton {
    ProviderButton { name: button.name.clone(), label: button.label.clone() }
}

fn identity_lines(links: &Links) -> Vec<IdentityLine> {
    let line = |link: &Link| IdentityLine {
        provider: link.provider.clone(),
        label: link.label.clone(),
        subject: link.subject.clone(),
        known_as: link.known_as.clone(),
        linked: words::moment(link.linked_at),
        last_used: words::moment(link.last_used_at),
        usable: link.usable,
        last: link.last,
    };
    links.linked.iter().map(line).collect()
}

fn session_lines(overview: &Overview, current: &Current) -> Vec<SessionLine> {
    let mut lines: Vec<SessionLine> = overview
        .sessions
        .iter()
        .map(|session| SessionLine {
            handle: session.id.to_string(),
            browser: words::browser(&session.user_agent),
            address: session.address.clone(),
            signed_in: words::moment(session.authenticated_at),
            last_used: words::moment(session.last_used_at),
            current: session.id == current.session.id,
        })
        .collect();
    lines.sort_by_key(|line| !line.current);
    lines
}

fn app_lines(overview: &Overview) -> Vec<AppLine> {
    let line = |app: &crate::flow::account::App| AppLine {
        client_id: app.client.to_string(),
        name: app.name.clone(),
        scopes: app.scope.iter().map(ToString::to_string).collect(),
        since: words::moment(app.since),
    };
    overview.apps.iter().map(line).collect()
}
