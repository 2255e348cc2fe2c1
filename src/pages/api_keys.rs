//! The part of `/account` about API keys: making one, which is then shown once, and revoking one.

use std::sync::Arc;
use std::time::Duration;

use poem::web::Data;
use poem::{Body, Request, Response, handler};

use crate::flow::Server;
use crate::flow::manage::Refused;
use crate::flow::session::Current;
use crate::pages::account::{Shown, entered, show};
use crate::pages::views::{AccountNotice, KeyLine, KeyScope, KeysPart};
use crate::pages::visit::sorry;
use crate::pages::words;
use crate::protocol::api_key::ApiKey;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::scope::Scope;
use crate::protocol::subject::ApiKeyId;
use crate::web::answer::see_other;
use crate::web::why::explained;

/// The days that a key can be made for; 0 stands for no end.
pub(super) const DAYS: [u16; 4] = [30, 90, 365, 0];

#[handler]
pub(super) async fn make(request: &Request, body: Body, server: Data<&Arc<Server>>) -> Response {
    let (visit, current, params) = match entered(request, body, &server).await {
        Ok(entered) => entered,
        Err(response) => return response,
    };
    if !server.may_make_api_key(&current) {
        return see_other(&server.issuer().url("/login?again=1"));
    }
    let reach = match server.own_api_keys(&current).await {
        Ok((_, reach)) => reach,
        Err(failure) => return sorry(&failure, request),
    };
    // A field for each word, so that no field is repeated.
    let scope: Scope = reach.filter(|word| params.get(&format!("scope:{}", word.as_str())).is_some());
    let days = params.get("days").and_then(|days| days.parse::<u16>().ok()).filter(|days| DAYS.contains(days)).unwrap_or(DAYS[0]);
    let expires_at = (days > 0).then(|| server.now() + Duration::from_hours(24 * u64::from(days)));
    let refused = match server.add_own_api_key(&current, params.get("name").unwrap_or_default(), scope, expires_at).await {
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
    let shown = Shown { key_problem: Some(&problem), ..Shown::default() };
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

/// What the page shows about the person's keys.
pub(super) async fn part(server: &Server, current: &Current) -> Result<KeysPart, crate::flow::Failure> {
    let (keys, reach) = server.own_api_keys(current).await?;
    let described = server.apis().await?;
    let scope = |word: &str| {
        let known = described.iter().flat_map(|api| &api.scopes).find(|scope| scope.name.as_str() == word);
        KeyScope { name: word.to_owned(), description: known.map(|scope| scope.description.clone()).unwrap_or_default() }
    };
    Ok(KeysPart {
        lines: keys.iter().map(|key| line(key, server)).collect(),
        scopes: reach.iter().map(|word| scope(word.as_str())).collect(),
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
