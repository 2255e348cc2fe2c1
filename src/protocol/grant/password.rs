//! The resource owner password credentials grant, RFC 6749 §4.3. RFC 9700 §2.4 advises against it; it is there for a client that
//! registered for it, such as a tool's own login form.
//!
//! | MUST | where |
//! |---|---|
//! | username and password are required, §4.3.2 | `both_are_required` |
//! | offline_access needs consent, OpenID Connect Core §11 | `access_while_the_person_is_away_is_not_granted` |

use std::collections::BTreeSet;

use secrecy::SecretString;

use crate::protocol::authentication::Authentication;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::grant::{Authorization, Decision, Effect, Grant, RefreshPlan};
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::scope_grant::{Catalog, Narrowing};
use crate::protocol::subject::{GrantId, Subject};
use crate::protocol::time::Timestamp;

/// What this grant reads from the form.
pub struct Request {
    /// The name as it was typed.
    pub username: String,
    /// The password as it was typed.
    pub password: SecretString,
    /// What the token is narrowed to.
    pub narrowing: Narrowing,
}

/// Why it says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// There is no `username` or no `password`.
    #[error("username or password is missing")]
    Missing,
    /// There is no such person, the password is another one, or the account is disabled.
    #[error("the username or the password is wrong, or the account is disabled")]
    Wrong,
}

impl crate::protocol::refusal::Reason for Reason {
    fn code(&self) -> ErrorCode {
        if *self == Self::Missing { ErrorCode::InvalidRequest } else { ErrorCode::InvalidGrant }
    }

    fn description(&self) -> &'static str {
        match self {
            Self::Missing => "The parameters username and password are required.",
            Self::Wrong => "The username or the password is wrong.",
        }
    }

    // What is wrong is known where the password is checked.
    fn explain(&self) -> Explanation {
        match self {
            Self::Missing => Explanation::of(Fact::of("username, password").expected("both")),
            Self::Wrong => Explanation::default(),
        }
    }
}

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, Refusal> {
        let (Some(username), Some(password)) = (params.get("username"), params.get("password")) else { return Err(Reason::Missing.into()) };
        Ok(Self { username: username.to_owned(), password: SecretString::from(password), narrowing: Narrowing::parse(params)? })
    }
}

/// The person whose name and password were given.
pub struct Person {
    /// Their subject.
    pub subject: Subject,
    /// Which password of theirs it was.
    pub password_version: i64,
    /// Their roles.
    pub roles: BTreeSet<String>,
}

/// Applies the rules. The new grant is named `id`.
#[must_use]
pub fn decide(request: &Request, person: Person, client: &Client, catalog: &Catalog, id: GrantId, now: Timestamp) -> Decision {
    let scope = match catalog.grantable(request.narrowing.scope.as_ref(), client, |role| person.roles.contains(role)) {
        // OpenID Connect Core §11: access while the person is away needs their consent, and nobody asks for it here.
        Ok(scope) => scope.filter(|word| word.as_str() != "offline_access"),
        Err(reason) => return Decision::refuse(reason),
    };
    let grant = Grant {
        authentication: Authentication::by_password(),
        id,
        client: client.id.clone(),
        sector: client.sector(),
        user: person.subject,
        session: None,
        scope: scope.clone(),
        resources: request.narrowing.resources.clone(),
        nonce: None,
        claims: AskedClaims::default(),
        authenticated_at: now,
        created_at: now,
        refresh_until: None,
        expires_at: now,
        revoked_at: None,
    };
    let refresh = if client.may_use(GrantType::RefreshToken) { RefreshPlan::First } else { RefreshPlan::None };
    Decision {
        // Checking takes a while: a password that was changed meanwhile gives nothing any more.
        effects: vec![
            Effect::ConfirmPassword { user: grant.user.clone(), version: person.password_version },
            Effect::StartGrant(grant.clone()),
        ],
        reply: Ok(Authorization { scope, resources: grant.resources.clone(), refresh, grant: Some(grant) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::samples;

    fn decide_for(query: &str, role: &str) -> Decision {
        let client = samples::confidential_client(
            &[GrantType::Password, GrantType::RefreshToken],
            "openid items:read clients:read offline_access",
            "openid",
        );
        let request = Request::parse(&Params::parse(format!("username=alice&password=x&{query}").as_bytes()).unwrap()).unwrap();
        let roles = BTreeSet::from([role.to_owned()]);
        let person = Person { subject: Subject::new("alice-id"), password_version: 1, roles };
        decide(&request, person, &client, &samples::catalog(), GrantId::new("g"), Timestamp::from_seconds(1))
    }

    #[test]
    fn both_are_required() {
        for query in ["username=alice", "password=x", "username=&password=x"] {
            let refusal = Request::parse(&Params::parse(query.as_bytes()).unwrap()).err().unwrap();
            assert_eq!(refusal.code, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn access_while_the_person_is_away_is_not_granted() {
        assert_eq!(decide_for("scope=openid+offline_access", "user").reply.unwrap().scope.to_string(), "openid");
    }

    #[test]
    fn a_grant_rests_on_the_password_that_was_checked() {
        let effects = decide_for("", "user").effects;
        assert_eq!(effects.first(), Some(&Effect::ConfirmPassword { user: Subject::new("alice-id"), version: 1 }));
    }

    #[test]
    fn a_scope_of_a_role_needs_the_role() {
        let asked = "scope=items:read+clients:read";
        assert_eq!(decide_for(asked, "user").reply.unwrap().scope.to_string(), "items:read");
        assert_eq!(decide_for(asked, "admin").reply.unwrap().scope.to_string(), "clients:read items:read");
        assert_eq!(decide_for("scope=clients:read", "user").reply.unwrap_err().code, ErrorCode::InvalidScope);
    }
}
