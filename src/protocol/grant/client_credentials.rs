//! The client credentials grant, RFC 6749 §4.4: a program gets a token for itself.
//!
//! | MUST | where |
//! |---|---|
//! | no refresh token comes of it, §4.4.3 | `no_refresh_token_comes_of_it` |
//! | `openid` is a person's scope, OpenID Connect Core §3.1.2.1 | `a_persons_scopes_are_not_granted` |

use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::client::Client;
use crate::protocol::grant::{Authorization, Decision, RefreshPlan};
use crate::protocol::params::Params;
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::{Catalog, Grantor, Narrowing, ScopeRefusal};

/// What this grant reads from the form.
#[derive(Debug)]
pub struct Request(Narrowing);

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, ScopeRefusal> {
        Narrowing::parse(params).map(Self)
    }

    /// What is asked for.
    #[must_use]
    pub fn asked<'a>(&'a self, client: &'a Client) -> &'a Scope {
        self.0.asked(client)
    }
}

/// Applies the rules.
#[must_use]
pub fn decide(request: &Request, client: &Client, catalog: &Catalog) -> Decision {
    let asked = request.asked(client);
    let persons = |word: &str| CLAIM_SCOPES.iter().any(|known| known.name == word);
    let scope = asked.and(&client.allowed_scope).filter(|word| !persons(word.as_str()));
    if scope.is_empty() {
        return Decision::refuse(catalog.nothing_left(asked, client, Grantor::Client));
    }
    Decision {
        effects: Vec::new(),
        reply: Ok(Authorization { grant: None, scope, resources: request.0.resources.clone(), refresh: RefreshPlan::None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::GrantType;
    use crate::protocol::refusal::ErrorCode;
    use crate::protocol::samples;

    fn decide_for(query: &str) -> Result<Scope, ErrorCode> {
        let client = samples::confidential_client(&[GrantType::ClientCredentials], "items:read items:write openid", "items:read");
        let request = Request::parse(&Params::parse(query.as_bytes()).unwrap()).unwrap();
        let decision = decide(&request, &client, &samples::catalog());
        assert!(decision.effects.is_empty());
        decision.reply.map(|authorization| authorization.scope).map_err(|refusal| refusal.code)
    }

    #[test]
    fn asked_scopes_are_cut_to_what_the_client_may_have() {
        assert_eq!(decide_for("scope=items:read+users:write"), Ok(Scope::parse("items:read").unwrap()));
        assert_eq!(decide_for(""), Ok(Scope::parse("items:read").unwrap()));
        assert_eq!(decide_for("scope=users:write"), Err(ErrorCode::InvalidScope));
    }

    #[test]
    fn a_persons_scopes_are_not_granted() {
        assert_eq!(decide_for("scope=openid"), Err(ErrorCode::InvalidScope));
        assert_eq!(decide_for("scope=openid+items:write"), Ok(Scope::parse("items:write").unwrap()));
    }

    #[test]
    fn no_refresh_token_comes_of_it() {
        let client = samples::confidential_client(&[GrantType::ClientCredentials], "items:read", "items:read");
        let reply = decide(&Request(Narrowing { scope: None, resources: Vec::new() }), &client, &samples::catalog()).reply.unwrap();
        assert_eq!(reply.refresh, RefreshPlan::None);
        assert_eq!(reply.grant, None);
    }
}
