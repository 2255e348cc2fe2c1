//! Which words of a scope were not granted, each with the rule that dropped it.

use super::Catalog;
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::explanation::{Fact, listed};
use crate::protocol::resource::Resource;
use crate::protocol::scope::{Scope, ScopeToken};

/// For whom a scope is granted.
#[derive(Clone, Copy)]
pub enum Grantor<'a> {
    /// For a client itself, which is nobody.
    Client,
    /// For a person: whether they have a role.
    Person(&'a dyn Fn(&str) -> bool),
}

impl Catalog {
    /// The words of `asked` that `granted` lacks, a fact each. `resources` are those that the token was narrowed to.
    #[must_use]
    pub fn dropped(&self, asked: &Scope, granted: &Scope, client: &Client, grantor: Grantor<'_>, resources: &[Resource]) -> Vec<Fact> {
        asked
            .iter()
            .filter(|word| !granted.contains(word.as_str()))
            .map(|word| {
                let fact = Fact::of("scope").came(word.as_str()).note(self.rule(word, client, grantor, resources));
                // The whole list helps whoever mistyped a word, or looks at the wrong client.
                if client.allowed_scope.contains(word.as_str()) { fact } else { fact.expected(listed(client.allowed_scope.iter())) }
            })
            .collect()
    }

    fn rule(&self, word: &ScopeToken, client: &Client, grantor: Grantor<'_>, resources: &[Resource]) -> String {
        let name = word.as_str();
        if self.description(name).is_none() {
            return "dropped: no API has a scope of this name".to_owned();
        }
        if !client.allowed_scope.contains(name) {
            return "dropped: the client may not ask for it".to_owned();
        }
        let role = self.apis().iter().flat_map(|api| &api.scopes).find(|known| known.name == *word).and_then(|known| known.role.as_deref());
        if let (Grantor::Person(has_role), Some(role)) = (grantor, role)
            && !has_role(role)
        {
            return format!("dropped: it needs the role {role}, which the person does not have");
        }
        if name == "offline_access" && !client.may_use(GrantType::RefreshToken) {
            return "dropped: the client is not registered for the grant type refresh_token (OpenID Connect Core section 11)".to_owned();
        }
        let about_a_person = CLAIM_SCOPES.iter().any(|known| known.name == name);
        if about_a_person && matches!(grantor, Grantor::Client) {
            return "dropped: it is about a person, and a client's own token is about none".to_owned();
        }
        if !resources.is_empty() {
            return format!("dropped: it is none of the resource asked for, {} (RFC 8707 section 2)", listed(resources));
        }
        if name == "offline_access" {
            return "dropped: it needs consent, and nobody asks for it in this grant (OpenID Connect Core section 11)".to_owned();
        }
        "dropped: it belongs to no API that the token is for".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::samples;

    fn rules(asked: &str, granted: &str, grantor: Grantor<'_>, resource: Option<&str>) -> Vec<(String, String)> {
        let client =
            samples::confidential_client(&[GrantType::AuthorizationCode], "openid items:read clients:read offline_access", "openid");
        let scope = |text| Scope::parse(text).unwrap();
        let resources: Vec<Resource> = resource.map(|text| Resource::parse(text).unwrap()).into_iter().collect();
        let facts = samples::catalog().dropped(&scope(asked), &scope(granted), &client, grantor, &resources);
        facts.iter().map(|fact| (fact.what_came().unwrap().to_owned(), fact.rule().unwrap().to_owned())).collect()
    }

    #[test]
    fn every_dropped_word_is_named_with_its_rule() {
        let asked = "openid items:read items:write clients:read nonsense offline_access";
        let dropped = rules(asked, "items:read openid", Grantor::Person(&|_| false), None);
        let expected = [
            ("clients:read", "needs the role admin"),
            ("items:write", "the client may not ask for it"),
            ("nonsense", "no API has a scope of this name"),
            ("offline_access", "grant type refresh_token"),
        ];
        assert_eq!(dropped.len(), expected.len(), "{dropped:?}");
        for ((word, rule), (expected_word, expected_rule)) in dropped.iter().zip(expected) {
            assert!(word == expected_word && rule.contains(expected_rule), "{dropped:?}");
        }
    }

    #[test]
    fn a_clients_own_token_and_a_narrowed_one_have_rules_of_their_own() {
        let own = rules("openid items:read", "items:read", Grantor::Client, None);
        assert!(matches!(own.as_slice(), [(word, rule)] if word == "openid" && rule.contains("about a person")), "{own:?}");
        let narrowed = rules("openid items:read", "items:read", Grantor::Person(&|_| true), Some("http://localhost:8000"));
        assert!(matches!(narrowed.as_slice(), [(_, rule)] if rule.contains("http://localhost:8000")), "{narrowed:?}");
        assert_eq!(rules("openid", "openid", Grantor::Client, None), []);
    }
}
