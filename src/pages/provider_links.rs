//! `/account/providers/…`: linking who a person is at another provider to their account, and taking that back.

use std::sync::Arc;

use poem::http::header::RETRY_AFTER;
use poem::http::{HeaderValue, StatusCode};
use poem::web::Data;
use poem::{Body, Request, Response, handler};

use crate::flow::Server;
use crate::flow::providers::{LinkStart, NoEntry, Turned, UnlinkResult};
use crate::pages::account::{Shown, entered, show};
use crate::pages::provider::{gone, leaver};
use crate::pages::visit::{Visit, sorry};
use crate::pages::words;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::web::answer::see_other;
use crate::web::why::explained;

#[handler]
pub(super) async fn link(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (_, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    match server.begin_link(&current, params.get("provider").unwrap_or_default(), leaver(request, &server)).await {
        Ok(LinkStart::SignInFirst) => see_other(&server.issuer().url("/login?again=1")),
        Ok(LinkStart::Departed(departed)) => match gone(&server, departed) {
            Ok(response) => response,
            Err(turned) => turned_away(request, &server, &turned).await,
        },
        Err(failure) => sorry(&failure, request),
    }
}

#[handler]
pub(super) async fn unlink(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (visit, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    let typed = |name: &str| params.get(name).unwrap_or_default();
    match server.unlink(&current, typed("provider"), typed("subject")).await {
        Ok(UnlinkResult::Done | UnlinkResult::NotThere) => see_other(&server.issuer().url("/account?done=unlinked")),
        Ok(UnlinkResult::LastWay) => {
            let why = "It is the only way into your account, so it can't be unlinked.";
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "The last way into an account stays.").explained(Explanation::of(
                Fact::of("provider").came(typed("provider")).note("the account has no password and no other provider"),
            ));
            explained(show(request, &server, visit, &current, Shown { provider_problem: Some(why), ..Shown::default() }).await, refusal)
        }
        Err(failure) => sorry(&failure, request),
    }
}

/// The account page, with what went wrong; the login page for whoever has signed out meanwhile.
pub(super) async fn turned_away(request: &Request, server: &Server, turned: &Turned) -> Response {
    let visit = Visit::of(request, server);
    match server.current_session(visit.session.as_ref()).await {
        Ok(Some(current)) => {
            let mut shown =
                show(request, server, visit, &current, Shown { provider_problem: Some(&words::turned(turned)), ..Shown::default() }).await;
            // RFC 6585 §4.
            if let NoEntry::TooMany(seconds) = turned.why {
                shown.set_status(StatusCode::TOO_MANY_REQUESTS);
                shown.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            explained(shown, turned.refusal.clone())
        }
        Ok(None) => explained(see_other(&server.issuer().url("/login")), turned.refusal.clone()),
        Err(failure) => sorry(&failure, request),
    }
}
