//! The APIs of a file: what they may not be beside each other, and in which order they change.

use crate::flow::apply::document::{Document, Entry};
use crate::flow::apply::plan::{Extent, Found, keep};
use crate::flow::apply::step::Step;
use crate::flow::manage::apis::problems_beside;
use crate::protocol::api::Api;
use crate::protocol::issuer::Issuer;
use crate::protocol::problem::Problem;

/// What is wrong with entries beside each other and beside what is stored.
pub(super) fn problems(document: &Document, found: &Found, extent: Extent, issuer: &Issuer) -> Vec<Problem> {
    // With `Missing`, an API that is there is left as it is, and no matter of the file.
    let counts = |entry: &&Entry<Api, ()>| extent != Extent::Missing || stored_api(found, &entry.thing).is_none();
    let entries: Vec<&Entry<Api, ()>> = document.apis.iter().filter(counts).collect();
    let is_named = |api: &Api| entries.iter().any(|entry| entry.thing.identifier.names_the_same_as(&api.identifier));
    let others = found.apis.iter().filter(|api| extent != Extent::Everything && !is_named(api));
    let known: Vec<Api> = found.own_api.iter().chain(others).chain(entries.iter().map(|entry| &entry.thing)).cloned().collect();
    let is_client = |id: &str| {
        document.client_ids.contains(id) || (extent != Extent::Everything && found.clients.iter().any(|client| client.id.as_str() == id))
    };
    let mut problems = Vec::new();
    for Entry { place, thing: api, .. } in entries {
        let mut wrong = problems_beside(api, &known, issuer);
        if let Some(stored) = stored_api(found, api).filter(|stored| stored.identifier != api.identifier) {
            wrong.push(Problem::new("identifier", format!("can't be changed; it is registered as {}", stored.identifier)));
        }
        let unknown = api.introspectors.iter().filter(|id| !is_client(id.as_str()));
        wrong.extend(unknown.map(|id| Problem::new("introspectors", format!("there is no client {id}"))));
        problems.extend(wrong.into_iter().map(|problem| Problem::new(format!("{place}: {}", problem.field), problem.reason)));
    }
    problems
}

/// The steps for the APIs, those first that give up a scope which another one takes over.
pub(super) fn steps(document: &Document, found: &Found, extent: Extent) -> Result<Vec<Step>, Vec<Problem>> {
    let mut waiting: Vec<(&str, Step)> =
        document.apis.iter().filter_map(|entry| Some((entry.place.as_str(), step(entry, found, extent)?))).collect();
    let mut steps = Vec::new();
    while !waiting.is_empty() {
        let gives_way = |step: &Step| match step {
            Step::AddApi(api) | Step::ChangeApi { after: api, .. } => !waiting.iter().any(|(_, other)| holds_a_scope_of(other, api)),
            _ => true,
        };
        let Some(next) = waiting.iter().position(|(_, step)| gives_way(step)) else {
            let circle = "takes a scope over from an API that takes one over from it; apply one of the two first";
            return Err(waiting.iter().map(|(place, _)| Problem::new(format!("{place}: scopes"), circle)).collect());
        };
        steps.push(waiting.remove(next).1);
    }
    Ok(steps)
}

/// Whether the API that a step is about has a scope, until the step is made, that another API shall have.
fn holds_a_scope_of(step: &Step, api: &Api) -> bool {
    match step {
        Step::ChangeApi { before, .. } => {
            before.identifier != api.identifier && before.scopes.iter().any(|held| api.scopes.iter().any(|scope| scope.name == held.name))
        }
        _ => false,
    }
}

fn step(entry: &Entry<Api, ()>, found: &Found, extent: Extent) -> Option<Step> {
    let wanted = &entry.thing;
    let Some(before) = stored_api(found, wanted) else { return Some(Step::AddApi(wanted.clone())) };
    let after = match extent {
        Extent::Named | Extent::Everything => wanted.clone(),
        Extent::Missing => Api { identifier: before.identifier.clone(), ..keep(before, wanted, &entry.with_issuer) },
    };
    (after != *before).then(|| Step::ChangeApi { before: before.clone(), after })
}

fn stored_api<'a>(found: &'a Found, named: &Api) -> Option<&'a Api> {
    found.apis.iter().find(|api| api.identifier.names_the_same_as(&named.identifier))
}
