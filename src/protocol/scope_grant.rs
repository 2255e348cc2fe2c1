//! What is granted to whom: asked ∩ allowed for the client ∩ allowed for the person's roles, and the audience that follows from it
//! (RFC 6749 §3.3, RFC 8707 §2, RFC 9068 §3).

mod dropped;

pub use dropped::Grantor;

use crate::protocol::api::Api;
use crate::protocol::claim_rule::OwnRule;
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::explanation::{Explanation, Fact, listed};
use crate::protocol::issuer::Issuer;
use crate::protocol::params::Params;
use crate::protocol::refusal::ErrorCode;
use crate::protocol::resource::{InvalidResource, Resource};
use crate::protocol::scope::Scope;

/// What a request asks its token to be narrowed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// The `scope` asked for; `None` when the request leaves it to us.
    pub scope: Option<Scope>,
    /// The `resource` values (RFC 8707 §2).
    pub resources: Vec<Resource>,
}

/// Why a scope or a resource is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeRefusal {
    /// The text is no scope.
    #[error("the scope is malformed: {0}")]
    Malformed(String),
    /// Nothing of what was asked for can be granted.
    #[error("nothing of the scope {asked:?} is allowed for this client and person")]
    NothingLeft {
        /// What was asked for.
        asked: String,
        /// Each word with the rule that dropped it.
        dropped: Vec<Fact>,
    },
    /// A resource is no absolute URI without fragment, or there are too many.
    #[error(transparent)]
    MalformedResource(#[from] InvalidResource),
    /// No API of that identifier has a scope that was granted.
    #[error("the resource {asked} is not an API of the granted scopes")]
    OtherResource {
        /// The resource.
        asked: String,
        /// Those that could have been asked for.
        known: Vec<String>,
    },
}

impl crate::protocol::refusal::Reason for ScopeRefusal {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_) | Self::NothingLeft { .. } => ErrorCode::InvalidScope,
            Self::MalformedResource(_) | Self::OtherResource { .. } => ErrorCode::InvalidTarget,
        }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "The scope is malformed.",
            Self::NothingLeft { .. } => "Nothing of the scope can be granted.",
            Self::MalformedResource(_) => "The resource must be an absolute URI without a fragment.",
            Self::OtherResource { .. } => "The resource is unknown or not among what is granted.",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            Self::Malformed(problem) => {
                let expected = "words of printable ASCII without quote and backslash, with spaces between them (RFC 6749 section 3.3)";
                Explanation::of(Fact::of("scope").expected(expected).came(problem))
            }
            Self::NothingLeft { asked, dropped } => Explanation::of_all(
                std::iter::once(Fact::of("scope").came(asked).note("nothing of it is left")).chain(dropped.iter().cloned()),
            ),
            Self::MalformedResource(problem) => problem.explain(),
            Self::OtherResource { asked, known } => {
                let fact = Fact::of("resource").expected(format!("one of {}", listed(known))).came(asked);
                Explanation::of(fact.note("expected are the APIs of the scope that is granted"))
            }
        }
    }
}

impl Narrowing {
    /// Reads `scope` and `resource`.
    pub fn parse(params: &Params) -> Result<Self, ScopeRefusal> {
        let scope = params.get("scope").map(Scope::parse).transpose().map_err(|problem| ScopeRefusal::Malformed(problem.to_string()))?;
        let resources = Resource::parse_all(params)?;
        Ok(Self { scope, resources })
    }

    /// What is asked for: the client's default scope where the request leaves it to us.
    #[must_use]
    pub fn asked<'a>(&'a self, client: &'a Client) -> &'a Scope {
        self.scope.as_ref().unwrap_or(&client.default_scope)
    }
}

/// The APIs that exist, our own among them: what scopes mean and which audience they have.
#[derive(Clone, Debug)]
pub struct Catalog {
    issuer: Issuer,
    /// The issuer as an audience.
    ourselves: Option<Resource>,
    apis: Vec<Api>,
}

impl Catalog {
    /// The catalog of a server and its APIs.
    #[must_use]
    pub fn new(issuer: Issuer, apis: Vec<Api>) -> Self {
        let ourselves = Resource::parse(issuer.as_str()).ok();
        Self { issuer, ourselves, apis }
    }

    /// Its APIs.
    #[must_use]
    pub fn apis(&self) -> &[Api] {
        &self.apis
    }

    /// The claim rules for an access token: those of the APIs among its audience, in their order, then those of its client.
    #[must_use]
    pub fn rules_for<'a>(&'a self, audience: &[String], client: &'a Client) -> Vec<OwnRule<'a>> {
        let apis = self.apis.iter().filter(|api| audience.iter().any(|identifier| identifier == api.identifier.as_str()));
        let of_apis = apis.flat_map(|api| api.claims.iter().map(|rule| OwnRule::Api(&api.identifier, rule)));
        of_apis.chain(client.claims.iter().map(|rule| OwnRule::Client(&client.id, rule))).collect()
    }

    /// The words of `scope` that a person with these roles may grant: known ones whose role they have.
    #[must_use]
    pub fn within_roles(&self, scope: &Scope, has_role: impl Fn(&str) -> bool) -> Scope {
        scope.filter(|word| {
            CLAIM_SCOPES.iter().any(|known| known.name == word.as_str())
                || self
                    .apis
                    .iter()
                    .flat_map(|api| &api.scopes)
                    // Whose word it is: our own API comes first, whatever another one was registered with before we had the word.
                    .find(|known| known.name == *word)
                    .is_some_and(|known| known.role.as_deref().is_none_or(&has_role))
        })
    }

    /// What a person grants a client of what it asks for, or of its default scope when it asks for nothing in particular.
    pub fn grantable(&self, asked: Option<&Scope>, client: &Client, has_role: impl Fn(&str) -> bool) -> Result<Scope, ScopeRefusal> {
        let asked = asked.unwrap_or(&client.default_scope);
        // OpenID Connect Core §11: offline_access is ignored where no refresh token can come of it.
        let may_refresh = client.may_use(GrantType::RefreshToken);
        let granted =
            self.within_roles(&asked.and(&client.allowed_scope), &has_role).filter(|word| may_refresh || word.as_str() != "offline_access");
        if granted.is_empty() {
            return Err(self.nothing_left(asked, client, Grantor::Person(&has_role)));
        }
        Ok(granted)
    }

    /// The refusal of a scope of which nothing can be granted.
    #[must_use]
    pub fn nothing_left(&self, asked: &Scope, client: &Client, grantor: Grantor<'_>) -> ScopeRefusal {
        let dropped = self.dropped(asked, &Scope::default(), client, grantor, &[]);
        ScopeRefusal::NothingLeft { asked: asked.to_string(), dropped }
    }

    /// What a scope word allows, for people; `None` for a word that nobody defined.
    #[must_use]
    pub fn description(&self, word: &str) -> Option<&str> {
        let claims = CLAIM_SCOPES.iter().find(|known| known.name == word).map(|known| known.description);
        claims.or_else(|| {
            self.apis.iter().flat_map(|api| &api.scopes).find(|known| known.name.as_str() == word).map(|known| known.description.as_str())
        })
    }

    /// The resources that a grant was narrowed to and that still have something of `scope`: what was dropped since is no error of a request that
    /// names none itself.
    pub fn still_granted(&self, scope: &Scope, granted: &[Resource]) -> Result<Vec<Resource>, ScopeRefusal> {
        let left: Vec<Resource> =
            granted.iter().filter(|resource| self.audience(scope, std::slice::from_ref(resource)).is_ok()).cloned().collect();
        if left.is_empty() && !granted.is_empty() {
            let fact = Fact::of("resource").came(listed(granted)).note("none of what was granted for these APIs is left");
            return Err(ScopeRefusal::NothingLeft { asked: scope.to_string(), dropped: vec![fact] });
        }
        Ok(left)
    }

    /// The audience of a token with `scope` (RFC 9068 §3): the APIs whose scopes it has, and ourselves for `openid`. `resources`, when
    /// there are any, narrow both: what is left are the named APIs and their scopes.
    pub fn audience(&self, scope: &Scope, resources: &[Resource]) -> Result<(Scope, Vec<String>), ScopeRefusal> {
        let ourselves = self.ourselves.as_ref().ok_or_else(|| InvalidResource::Malformed(self.issuer.to_string()))?;
        let wanted = |identifier: &Resource| resources.is_empty() || resources.iter().any(|asked| asked.names_the_same_as(identifier));
        let apis: Vec<&Api> = self
            .apis
            .iter()
            .filter(|api| wanted(&api.identifier) && api.scopes.iter().any(|known| scope.contains(known.name.as_str())))
            .collect();
        let with_openid = scope.contains("openid") && wanted(ourselves);
        let unknown = resources.iter().find(|asked| {
            let names_us = with_openid && asked.names_the_same_as(ourselves);
            !names_us && !apis.iter().any(|api| api.identifier.names_the_same_as(asked))
        });
        if let Some(unknown) = unknown {
            return Err(ScopeRefusal::OtherResource { asked: unknown.to_string(), known: self.resources_of(scope) });
        }
        let narrowed = scope.filter(|word| {
            let claims = CLAIM_SCOPES.iter().any(|known| known.name == word.as_str());
            if claims {
                resources.is_empty() || with_openid
            } else {
                apis.iter().any(|api| api.scopes.iter().any(|known| known.name == *word))
            }
        });
        let mut audience: Vec<String> = apis.iter().map(|api| api.identifier.to_string()).collect();
        if with_openid {
            audience.push(self.issuer.to_string());
        }
        if audience.is_empty() {
            let fact = Fact::of("audience").expected("openid, or a scope of an API").note("a token has to be for somebody");
            return Err(ScopeRefusal::NothingLeft { asked: scope.to_string(), dropped: vec![fact] });
        }
        Ok((narrowed, audience))
    }

    /// The resources that a token with this scope can be narrowed to.
    fn resources_of(&self, scope: &Scope) -> Vec<String> {
        let apis = self.apis.iter().filter(|api| api.scopes.iter().any(|known| scope.contains(known.name.as_str())));
        let ourselves = scope.contains("openid").then(|| self.issuer.to_string());
        apis.map(|api| api.identifier.to_string()).chain(ourselves).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::samples;

    fn narrowed(scope: &str, resources: &[&str]) -> Result<(String, Vec<String>), ScopeRefusal> {
        let resources: Vec<Resource> = resources.iter().map(|text| Resource::parse(text).unwrap()).collect();
        samples::catalog().audience(&Scope::parse(scope).unwrap(), &resources).map(|(scope, audience)| (scope.to_string(), audience))
    }

    #[test]
    fn the_audience_follows_from_the_scopes() {
        assert_eq!(narrowed("items:read", &[]), Ok(("items:read".into(), vec!["http://localhost:8000".into()])));
        assert_eq!(
            narrowed("items:read openid clients:read", &[]),
            Ok((
                "clients:read items:read openid".into(),
                vec!["https://id.example/api".into(), "http://localhost:8000".into(), "https://id.example".into()]
            ))
        );
        assert!(narrowed("unknown", &[]).is_err());
    }

    #[test]
    fn a_resource_narrows_scope_and_audience() {
        assert_eq!(
            narrowed("items:read openid", &["http://localhost:8000/"]),
            Ok(("items:read".into(), vec!["http://localhost:8000".into()]))
        );
        assert_eq!(
            narrowed("items:read openid email", &["https://id.example"]),
            Ok(("email openid".into(), vec!["https://id.example".into()]))
        );
        let other = Err(ScopeRefusal::OtherResource { asked: "https://other.example".into(), known: vec!["http://localhost:8000".into()] });
        assert_eq!(narrowed("items:read", &["https://other.example"]), other);
        assert!(narrowed("items:read", &["https://id.example/api"]).is_err());
    }

    #[test]
    fn a_scope_that_needs_a_role_is_left_out_without_it() {
        let asked = Scope::parse("openid clients:read items:read nonsense").unwrap();
        assert_eq!(samples::catalog().within_roles(&asked, |_| false).to_string(), "items:read openid");
        assert_eq!(samples::catalog().within_roles(&asked, |role| role == "admin").to_string(), "clients:read items:read openid");
    }
}
