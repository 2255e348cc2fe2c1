//! What tokens and answers say about a person, or about a client that acts for itself: what scopes release, and what claim rules put beside it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::flow::{Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::AccessToken;
use crate::protocol::claim_rule::{Facts, Target, ruled};
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::Client;
use crate::protocol::scope::Scope;

impl Server {
    /// What claim rules may look at: the person, or the client that acts for itself.
    pub(super) async fn facts(&self, user: Option<&User>, client: &Client, scope: &Scope) -> Result<Facts, Failure> {
        let Some(user) = user else {
            return Ok(Facts { roles: client.roles.clone(), scope: scope.clone(), ..Facts::default() });
        };
        let mut attributes = user.attributes.clone();
        if !attributes.is_empty() {
            // Of an attribute that was deleted since, or made anew with another type, nothing is said.
            let known = self.attribute_types().await?;
            attributes.retain(|name, value| known.iter().any(|attribute| attribute.name == *name && attribute.kind.admits(value)));
        }
        Ok(Facts {
            claims: standard_claims(user),
            attributes,
            // On the heap: it would be part of every request for a token.
            profiles: Box::pin(self.profiles_of(user)).await?,
            roles: user.all_roles(),
            groups: user.group_names(),
            scope: scope.clone(),
        })
    }

    /// What the providers that a person can come from say about them, the last used first. Of one that was switched off, nothing is said.
    async fn profiles_of(&self, user: &User) -> Result<Vec<(String, Map<String, Value>)>, Failure> {
        let mut ways = self.ways_of(&user.subject).await?;
        ways.retain(|way| way.is_open);
        ways.sort_by_key(|way| Reverse(way.identity.last_used_at));
        Ok(ways.into_iter().map(|way| (way.identity.provider, way.identity.profile)).collect())
    }

    /// The claims of userinfo (OpenID Connect Core §5.3.2, §5.4), for the client that the token was made for, with the `sub` of that token.
    pub(super) async fn userinfo_claims(
        &self,
        user: &User,
        client: &Client,
        token: &AccessToken,
        asked: &AskedClaims,
    ) -> Result<Map<String, Value>, Failure> {
        let scope = &token.granted();
        let mut claims = released(user, scope);
        claims.extend(single(user, &asked.within(&client.allowed_scope).userinfo));
        // Most clients have no rules, and then nothing has to be looked up.
        if !client.claims.is_empty() {
            claims.extend(ruled(&client.claims, Target::Userinfo, &self.facts(Some(user), client, scope).await?));
        }
        claims.insert("sub".to_owned(), token.sub.as_str().into());
        Ok(claims)
    }

    /// What the rules of a token's client and of its APIs put into the access token. A claim that an API has a rule for is the API's.
    pub(super) async fn ruled_access_token(
        &self,
        client: &Client,
        audience: &[String],
        facts: impl Future<Output = Result<Facts, Failure>>,
    ) -> Result<Map<String, Value>, Failure> {
        let catalog = self.catalog().await?;
        let rules = catalog.rules_for(audience, client);
        // Most tokens have no rules, and then nothing has to be looked up.
        if rules.is_empty() {
            return Ok(Map::new());
        }
        let count = rules.iter().filter(|rule| !rule.is_the_apis(&rules)).map(|rule| rule.rule());
        Ok(ruled(count, Target::AccessToken, &facts.await?))
    }
}

/// What scopes release of a person: their standard claims, roles and groups.
pub(super) fn released(user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = user.claims.released_by(scope);
    if scope.contains("profile") {
        claims.entry("preferred_username").or_insert_with(|| user.username.as_str().into());
        claims.insert("updated_at".to_owned(), user.updated_at.seconds().into());
    }
    claims.extend(roles_and_groups(user, scope));
    claims
}

/// The claims of these names that have a value, whatever releases them otherwise (OpenID Connect Core §5.5).
pub(super) fn single(user: &User, names: &BTreeSet<String>) -> Map<String, Value> {
    if names.is_empty() {
        return Map::new();
    }
    let mut claims = standard_claims(user);
    claims.insert("roles".to_owned(), user.all_roles().into_iter().collect());
    claims.insert("groups".to_owned(), user.group_names().into_iter().collect());
    claims.retain(|claim, _| names.contains(claim));
    claims
}

/// What the scopes `roles` and `groups` release, into the ID token, too.
pub(super) fn roles_and_groups(user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = Map::new();
    for (word, names) in [("roles", user.all_roles()), ("groups", user.group_names())] {
        if scope.contains(word) {
            claims.insert(word.to_owned(), names.into_iter().collect());
        }
    }
    claims
}

/// A person's standard claims, whatever releases them.
fn standard_claims(user: &User) -> Map<String, Value> {
    let mut claims = match serde_json::to_value(&user.claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    claims.entry("preferred_username").or_insert_with(|| user.username.as_str().into());
    claims.insert("updated_at".to_owned(), user.updated_at.seconds().into());
    claims
}
