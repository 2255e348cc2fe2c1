//! Managing APIs.

use serde_json::Value;

use crate::flow::catalog::OWN_API_PATH;
use crate::flow::manage::{ATTEMPTS, Expected, Page, PageRequest, Refused, Version, patched};
use crate::flow::{Failure, Server};
use crate::protocol::api::Api;
use crate::protocol::claim_rule::{self, Target};
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::issuer::Issuer;
use crate::protocol::problem::Problem;
use crate::protocol::resource::Resource;
use crate::protocol::role::{ROLE_RULE, is_role};
use crate::store::{ApiWritten, Applied};

impl Server {
    /// All APIs, our own first.
    pub async fn apis(&self) -> Result<Vec<Api>, Failure> {
        Ok(self.catalog().await?.apis().to_vec())
    }

    /// The APIs but our own that have this text in identifier or name, whatever its case; by identifier.
    pub async fn api_page(&self, text: &str, request: &PageRequest) -> Result<Page<Api>, Failure> {
        let text = text.to_lowercase();
        let wanted = |api: &Api| [api.identifier.as_str(), &api.name].iter().any(|own| own.to_lowercase().contains(&text));
        let apis = self.store.apis().list().await?;
        Ok(request.page_of(apis.into_iter().filter(wanted), |api| api.identifier.as_str()))
    }

    /// One API but our own.
    pub async fn api(&self, identifier: &Resource) -> Result<Option<Api>, Failure> {
        Ok(self.store.apis().find(identifier).await?)
    }

    /// Adds an API.
    pub async fn add_api(&self, api: Api) -> Result<Result<Api, Refused>, Failure> {
        let problems = self.api_problems(&api).await?;
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let inserted = self.store.apis().insert(&api).await?;
        self.cache.clear();
        Ok(match inserted {
            ApiWritten::Written => Ok(api),
            ApiWritten::Lost => Err(Refused::Outdated),
            refused => Err(refusal(&api, refused)),
        })
    }

    /// Changes an API by a merge patch (RFC 7396).
    pub async fn patch_api(&self, identifier: &Resource, expected: &Expected, patch: &Value) -> Result<Result<Api, Refused>, Failure> {
        self.change_api(identifier, expected, |api| patched(&api, patch)).await
    }

    /// Changes an API. Scopes that it loses are no longer granted.
    pub async fn change_api(
        &self,
        identifier: &Resource,
        expected: &Expected,
        change: impl Fn(Api) -> Result<Api, Refused> + Send,
    ) -> Result<Result<Api, Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.apis().find(identifier).await? else { return Ok(Err(not_found(identifier))) };
            if !expected.admits(&Version::of(&before)) {
                return Ok(Err(Refused::Outdated));
            }
            let after = match change(before.clone()) {
                Ok(after) if after.identifier != before.identifier => return Ok(Err(Refused::field("identifier", "can't be changed"))),
                Ok(after) if after == before => return Ok(Ok(before)),
                Ok(after) => after,
                Err(refused) => return Ok(Err(refused)),
            };
            let problems = self.api_problems(&after).await?;
            if !problems.is_empty() {
                return Ok(Err(Refused::Invalid(problems)));
            }
            let written = self.store.apis().replace(&before, &after).await?;
            self.cache.clear();
            match written {
                ApiWritten::Written => return Ok(Ok(after)),
                ApiWritten::Lost => {}
                refused => return Ok(Err(refusal(&after, refused))),
            }
        }
        Ok(Err(Refused::Outdated))
    }

    /// Deletes an API. Its scopes are no longer granted.
    pub async fn delete_api(&self, identifier: &Resource, expected: &Expected) -> Result<Result<(), Refused>, Failure> {
        for _ in 0..ATTEMPTS {
            let Some(before) = self.store.apis().find(identifier).await? else { return Ok(Err(not_found(identifier))) };
            if !expected.admits(&Version::of(&before)) {
                return Ok(Err(Refused::Outdated));
            }
            let deleted = self.store.apis().delete(&before).await?;
            self.cache.clear();
            if deleted == Applied::Done {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Refused::Outdated))
    }

    async fn api_problems(&self, api: &Api) -> Result<Vec<Problem>, Failure> {
        Ok(problems_beside(api, self.catalog().await?.apis(), &self.issuer))
    }
}

/// Everything that is wrong with an API beside the `known` ones, our own among them. It may stand among them itself.
pub(in crate::flow) fn problems_beside(api: &Api, known: &[Api], issuer: &Issuer) -> Vec<Problem> {
    let own = [Resource::parse(issuer.as_str()), Resource::parse(&issuer.url(OWN_API_PATH))];
    let mut problems = Vec::new();
    let name = api.name.trim();
    if name.is_empty() || name.chars().count() > 200 || name.chars().any(char::is_control) {
        problems.push(Problem::new("name", "must have 1 to 200 characters on one line"));
    }
    if api.scopes.is_empty() {
        problems.push(Problem::new("scopes", "at least one is needed"));
    }
    if own.iter().flatten().any(|own| own.names_the_same_as(&api.identifier)) {
        problems.push(Problem::new("identifier", "must not be the issuer or its /api, which are this server's own"));
    }
    problems.extend(claim_rule::problems(&api.claims, &[Target::AccessToken]));
    // A token may be for both: each would have to believe what the other one wants to be said.
    let others = || known.iter().filter(|other| !other.identifier.names_the_same_as(&api.identifier));
    for (index, rule) in api.claims.iter().enumerate() {
        let rules = |of: &Api| of.claims.iter().filter(|other| other.claim == rule.claim).cloned().collect::<Vec<_>>();
        if let Some(other) = others().find(|other| !rules(other).is_empty() && rules(other) != rules(api)) {
            let reason = format!("is filled otherwise by the API {}; tokens may be for both", other.identifier);
            problems.push(Problem::new(format!("claims[{index}].claim"), reason));
        }
    }
    for (index, scope) in api.scopes.iter().enumerate() {
        let name = &scope.name;
        let has_it = |other: &Api| other.scopes.iter().any(|theirs| theirs.name == *name);
        let elsewhere = known.iter().any(|other| !other.identifier.names_the_same_as(&api.identifier) && has_it(other));
        let twice = api.scopes.iter().take(index).any(|other| other.name == *name);
        if elsewhere || twice || CLAIM_SCOPES.iter().any(|known| known.name == name.as_str()) {
            problems.push(Problem::new(format!("scopes[{index}].name"), format!("{name} is taken")));
        }
        if scope.role.as_deref().is_some_and(|role| !is_role(role)) {
            problems.push(Problem::new(format!("scopes[{index}].role"), ROLE_RULE));
        }
        if scope.description.chars().count() > 200 || scope.description.chars().any(char::is_control) {
            problems.push(Problem::new(format!("scopes[{index}].description"), "must have at most 200 characters on one line"));
        }
    }
    problems
}

/// Why the store did not write an API, in words.
fn refusal(api: &Api, written: ApiWritten) -> Refused {
    match written {
        ApiWritten::AlreadyThere => Refused::AlreadyThere(format!("API {}", api.identifier)),
        ApiWritten::ScopeTaken(name) => Refused::field("scopes", format!("{name} is taken")),
        ApiWritten::NoSuchClient(id) => Refused::field("introspectors", format!("there is no client {id}")),
        ApiWritten::Written | ApiWritten::Lost => Refused::Outdated,
    }
}

fn not_found(identifier: &Resource) -> Refused {
    Refused::not_found("API", identifier)
}
