//! API keys, for what can't do OAuth: an opaque token of a person or of a client that lives until it is revoked or expires. What it is good for is
//! looked up at each use, so that it never may do more than its owner.

use crate::protocol::application_type::ApplicationType;
use crate::protocol::client::{AuthMethod, Client, ClientId, InvalidClientId, PkceRule, RefreshTokenRotation, TokenLifetimes};
use crate::protocol::client_assertion::AssertionRules;
use crate::protocol::client_logout::ClientLogout;
use crate::protocol::client_presentation::Presentation;
use crate::protocol::client_responses::ClientResponses;
use crate::protocol::login_rules::LoginRules;
use crate::protocol::problem::Problem;
use crate::protocol::registration::RegisteredBy;
use crate::protocol::request_object::RequestObjectRules;
use crate::protocol::scope::Scope;
use crate::protocol::subject::{ApiKeyId, Subject};
use crate::protocol::subject_type::SubjectRules;
use crate::protocol::time::Timestamp;

/// What the tokens of people's keys name as their client: none that anybody registers.
pub const BUILT_IN_CLIENT: &str = "claviger-api-key";

/// The kind of token that an API key is in a token exchange (RFC 8693 §3, a URN of our own).
pub const TOKEN_TYPE: &str = "urn:claviger:params:oauth:token-type:api_key";

/// The `token_type` of a key in introspection.
pub const INTROSPECTED: &str = "api_key";

/// Uses within this many seconds of each other are remembered as one, so that using a key needs no write.
pub const USE_GRANULARITY: std::time::Duration = std::time::Duration::from_mins(1);

/// The most keys that one owner has alive at once.
pub const MOST_KEYS: usize = 100;

/// Whose a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A person's.
    Person(Subject),
    /// A client's, for when it acts for itself.
    Client(ClientId),
}

/// An API key, but for the secret in it, which the store knows by its hash alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its public name.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub owner: Owner,
    /// What it is good for, as far as its owner still is.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; `None` when it does not.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute or so.
    pub last_used_at: Option<Timestamp>,
    /// The address it was last used from.
    pub last_used_from: Option<String>,
}

impl ApiKey {
    /// Whether it still counts.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// Whether its last use is long enough ago to be written down again.
    #[must_use]
    pub fn use_is_worth_noting(&self, now: Timestamp) -> bool {
        self.last_used_at.is_none_or(|last| now.since(last) >= USE_GRANULARITY)
    }

    /// Everything that is wrong with a key that is to be made `now`, whose owner may have `reach`.
    #[must_use]
    pub fn problems(&self, now: Timestamp, reach: &Scope) -> Vec<Problem> {
        let mut problems = Vec::new();
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            problems.push(Problem::new("name", "must have 1 to 100 characters on one line"));
        }
        if self.scope.is_empty() {
            problems.push(Problem::new("scope", "must name something"));
        }
        let beyond = self.scope.filter(|word| !reach.contains(word.as_str()));
        if !beyond.is_empty() {
            problems.push(Problem::new("scope", format!("{beyond} is out of the owner's reach")));
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            problems.push(Problem::new("expires_at", "must lie in the future"));
        }
        problems
    }
}

/// The client that people's keys stand for.
pub fn built_in_client() -> Result<Client, InvalidClientId> {
    let start = Timestamp::from_seconds(0);
    Ok(Client {
        id: ClientId::parse(BUILT_IN_CLIENT)?,
        name: "API keys".to_owned(),
        application_type: ApplicationType::Web,
        secrets: Vec::new(),
        auth_method: AuthMethod::None,
        keys: None,
        assertions: AssertionRules::default(),
        request_objects: RequestObjectRules::default(),
        subjects: SubjectRules::default(),
        login: LoginRules::default(),
        presentation: Presentation::default(),
        responses: ClientResponses::default(),
        pkce: PkceRule::Required,
        refresh_token_rotation: RefreshTokenRotation::On,
        grant_types: [].into(),
        response_types: [].into(),
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        logout: ClientLogout::default(),
        cors_origins: Vec::new(),
        allowed_scope: Scope::default(),
        default_scope: Scope::default(),
        roles: [].into(),
        claims: Vec::new(),
        lifetimes: TokenLifetimes::default(),
        first_party: true,
        enabled: true,
        registered_by: RegisteredBy::Operator,
        created_at: start,
        updated_at: start,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn key() -> ApiKey {
        ApiKey {
            id: ApiKeyId::new("k-1"),
            name: "backup".to_owned(),
            owner: Owner::Person(Subject::new("alice")),
            scope: Scope::parse("items:read").unwrap(),
            created_at: Timestamp::from_seconds(0),
            expires_at: Some(Timestamp::from_seconds(100)),
            last_used_at: None,
            last_used_from: None,
        }
    }

    #[test]
    fn a_key_ends_when_it_expires() {
        assert!(key().is_live(Timestamp::from_seconds(99)) && !key().is_live(Timestamp::from_seconds(100)));
        assert!(ApiKey { expires_at: None, ..key() }.is_live(Timestamp::from_seconds(i64::MAX / 2)));
    }

    #[test]
    fn uses_within_a_minute_are_one() {
        let now = Timestamp::from_seconds(50);
        assert!(key().use_is_worth_noting(now));
        let used = ApiKey { last_used_at: Some(now), ..key() };
        assert!(!used.use_is_worth_noting(now + Duration::from_secs(59)) && used.use_is_worth_noting(now + USE_GRANULARITY));
    }

    #[test]
    fn every_problem_of_a_key_is_told_at_once() {
        let (now, reach) = (Timestamp::from_seconds(100), Scope::parse("items:read").unwrap());
        let wrong = ApiKey { name: " ".to_owned(), scope: Scope::parse("items:read items:write").unwrap(), ..key() };
        let fields: Vec<String> = wrong.problems(now, &reach).into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["name", "scope", "expires_at"]);
        assert_eq!(key().problems(Timestamp::from_seconds(0), &reach), []);
        assert_eq!(ApiKey { scope: Scope::default(), ..key() }.problems(Timestamp::from_seconds(0), &reach).len(), 1);
    }
}
