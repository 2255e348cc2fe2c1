//! Managing APIs.

use crate::flow::manage::Refused;
use crate::flow::{Failure, Server};
use crate::identity::user::{ROLE_RULE, is_role};
use crate::protocol::api::Api;
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::resource::Resource;
use crate::store::ApiWritten;

impl Server {
    /// All APIs, our own first.
    pub async fn apis(&self) -> Result<Vec<Api>, Failure> {
        Ok(self.catalog().await?.apis().to_vec())
    }

    /// Adds an API.
    pub async fn add_api(&self, api: Api) -> Result<Result<(), Refused>, Failure> {
        let catalog = self.catalog().await?;
        let own = [Resource::parse(self.issuer.as_str()).ok(), catalog.apis().first().map(|own| own.identifier.clone())];
        let mut problems = Vec::new();
        if api.name.trim().is_empty() || api.name.chars().any(char::is_control) {
            problems.push("name: must not be empty".to_owned());
        }
        if api.scopes.is_empty() {
            problems.push("scopes: at least one is needed".to_owned());
        }
        if own.iter().flatten().any(|own| own.names_the_same_as(&api.identifier)) {
            problems.push("identifier: must not be the issuer or its /api, which are this server's own".to_owned());
        }
        for (index, scope) in api.scopes.iter().enumerate() {
            let name = &scope.name;
            let elsewhere = catalog
                .apis()
                .iter()
                .any(|known| !known.identifier.names_the_same_as(&api.identifier) && known.scopes.iter().any(|other| other.name == *name));
            let twice = api.scopes.iter().skip(index + 1).any(|other| other.name == *name);
            if scope.role.as_deref().is_some_and(|role| !is_role(role)) {
                problems.push(format!("scopes: the role of {name} {ROLE_RULE}"));
            }
            if elsewhere || twice || CLAIM_SCOPES.iter().any(|known| known.name == name.as_str()) {
                problems.push(format!("scopes: {name} is taken"));
            }
        }
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let inserted = self.store.apis().insert(&api).await?;
        self.cache.clear();
        Ok(match inserted {
            ApiWritten::Written => Ok(()),
            ApiWritten::AlreadyThere => Err(Refused::AlreadyThere(format!("API {}", api.identifier))),
            ApiWritten::NoSuchApi => Err(Refused::NotFound(format!("API {}", api.identifier))),
            ApiWritten::ScopeTaken(name) => Err(Refused::Invalid(vec![format!("scopes: {name} is taken")])),
            ApiWritten::NoSuchClient(id) => Err(Refused::Invalid(vec![format!("introspectors: there is no client {id}")])),
        })
    }

    /// Deletes an API. Its scopes are no longer granted.
    pub async fn delete_api(&self, identifier: &Resource) -> Result<Result<(), Refused>, Failure> {
        let found = self.store.apis().delete(identifier).await?;
        self.cache.clear();
        Ok(found.then_some(()).ok_or_else(|| Refused::NotFound(format!("API {identifier}"))))
    }
}
