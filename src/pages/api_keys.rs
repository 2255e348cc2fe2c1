//! The part of `/account` about API keys: making one, which is then shown once, and revoking one.

use std::sync::Arc;
use std::time::Duration;

use poem::web::Data;
use poem::{Body, Request, Response, handler};

use crate::flow::manage::Refused;
use crate::flow::session::Current;
use crate::flow::{Failure, Server};
use crate::pages::account::{Shown, entered, show};
use crate::pages::views::{AccountNotice, KeyEnd, KeyLine, KeyScope, KeysPart};
use crate::pages::visit::sorry;
use crate::pages::words;
use crate::protocol::api_key::ApiKey;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::scope::{Scope, ScopeToken};
use crate::protocol::subject::ApiKeyId;
use crate::web::answer::see_other;
use crate::web::why::explained;

/// The days that a key can be made for, and how they are called; 0 stands for no end.
const ENDS: [(u16, &str); 4] = [(30, "in 30 days"), (90, "in 90 days"), (365, "in a year"), (0, "never")];

/// A key that was not made: why, and what was typed, which need not be typed again.
pub(super) struct RefusedKey {
    pub(super) problem: String,
    name: String,
    scope: Scope,
    days: u16,
}

#[handler]
pub(super) async fn make(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (visit, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    if !server.has_just_signed_in(&current) {
        return see_other(&server.issuer().url("/login?again=1"));
    }
    let reach = match server.own_api_keys(&current).await {
        Ok((_, reach)) => reach,
        Err(failure) => return sorry(&failure, request),
    };
    let name = params.get("name").unwrap_or_default();
    // A field for each word, so that no field is repeated.
    let scope: Scope = reach.filter(|word| params.get(&format!("scope:{}", word.as_str())).is_some());
    let days = params.get("days").and_then(|days| days.parse().ok()).filter(|days| ENDS.iter().any(|end| end.0 == *days));
    let days = days.unwrap_or(ENDS[0].0);
    let expires_at = (days > 0).then(|| server.now() + Duration::from_hours(24 * u64::from(days)));
    let refused = match server.add_own_api_key(&current, name, scope.clone(), expires_at).await {
        Ok(Ok(made)) => {
            let shown = Shown { made_key: Some(made.secret.reveal()), ..Shown::default() };
            return show(request, &server, visit, &current, shown).await;
        }
        Ok(Err(refused)) => refused,
        Err(failure) => return sorry(&failure, request),
    };
    let problem = match &refused {
        Refused::Invalid(problems) if problems.iter().any(|problem| problem.field == "scope") => "Choose what the key is for.".to_owned(),
        Refused::Invalid(_) => "Give the key a name of at most 100 characters.".to_owned(),
        _ => "The key could not be made: there are a hundred of yours already, or your account was changed meanwhile.".to_owned(),
    };
    let refusal = Refusal::new(ErrorCode::InvalidRequest, "The API key is refused.").because(refused.to_string());
    let refused_key = RefusedKey { problem, name: name.to_owned(), scope, days };
    let shown = Shown { refused_key: Some(&refused_key), ..Shown::default() };
    explained(show(request, &server, visit, &current, shown).await, refusal)
}

#[handler]
pub(super) async fn revoke(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (_, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    match server.revoke_own_api_key(&current, &ApiKeyId::new(params.get("key").unwrap_or_default())).await {
        Ok(()) => see_other(&server.issuer().url("/account?done=key")),
        Err(failure) => sorry(&failure, request),
    }
}

/// What the address of the page says was done to a key.
pub(super) fn notice(query: Option<&str>) -> Option<AccountNotice> {
    (query == Some("done=key")).then_some(AccountNotice::KeyRevoked)
}

/// What the page shows about the person's keys, and in the form for a new one.
pub(super) async fn part(server: &Server, current: &Current, typed: Option<&RefusedKey>) -> Result<KeysPart, Failure> {
    let (keys, reach) = server.own_api_keys(current).await?;
    let described = server.apis().await?;
    let scope = |word: &ScopeToken| {
        let known = described.iter().flat_map(|api| &api.scopes).find(|scope| scope.name == *word);
        KeyScope {
            name: word.to_string(),
            description: known.map(|scope| scope.description.clone()).unwrap_or_default(),
            chosen: typed.is_some_and(|typed| typed.scope.contains(word.as_str())),
        }
    };
    let days = typed.map_or(ENDS[0].0, |typed| typed.days);
    Ok(KeysPart {
        lines: keys.iter().map(|key| line(key, server)).collect(),
        scopes: reach.iter().map(scope).collect(),
        ends: ENDS.map(|(end, label)| KeyEnd { days: end, label, chosen: end == days }).into(),
        name: typed.map(|typed| typed.name.clone()).unwrap_or_default(),
    })
}

fn line(key: &ApiKey, server: &Server) -> KeyLine {
    KeyLine {
        id: key.id.to_string(),
        name: key.name.clone(),
        scopes: key.scope.iter().map(ToString::to_string).collect(),
        made: words::moment(key.created_at),
        expires: key.expires_at.map(words::moment),
        expired: !key.is_live(server.now()),
        last_used: key.last_used_at.map(words::moment),
        last_used_from: key.last_used_from.clone(),
    }
}
