//! The person behind an access token (OpenID Connect Core §5.3), and the same with roles and scopes for frontends.

use serde_json::{Map, Value};

use crate::flow::{Answered, Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::AccessToken;
use crate::protocol::bearer::Reason;

/// The claims about a person, for the client that the token was made for.
pub type Person = Answered<Map<String, Value>, Reason>;

impl Server {
    /// The claims that the token's scopes release (OpenID Connect Core §5.3.2, §5.4).
    pub async fn userinfo(&self, jwt: &str) -> Result<Person, Failure> {
        self.person(jwt, claims_of).await
    }

    /// The same person, with roles and scopes.
    pub async fn me(&self, jwt: &str) -> Result<Person, Failure> {
        let with_roles = |user: &User, token: &AccessToken| {
            let mut claims = claims_of(user, token);
            claims.insert("username".to_owned(), user.username.as_str().into());
            claims.insert("roles".to_owned(), user.roles.iter().map(String::as_str).collect());
            claims.insert("scope".to_owned(), token.scope.clone().into());
            claims.insert("client_id".to_owned(), token.client_id.as_str().into());
            claims
        };
        self.person(jwt, with_roles).await
    }

    async fn person(&self, jwt: &str, claims: fn(&User, &AccessToken) -> Map<String, Value>) -> Result<Person, Failure> {
        let token = match self.own_access_token(jwt) {
            Ok(token) => token,
            Err(reason) => return Ok(Answered { client: None, reply: Err(reason), noted: None }),
        };
        // The signature says whose token it is, alive or not: that client's scripts may read why it is refused.
        let client = self.cached_client(&token.client_id).await?.filter(|client| client.enabled);
        let found = self.person_with_scope(token, "openid").await?;
        Ok(Answered { client, reply: found.map(|(token, user)| claims(&user, &token)), noted: None })
    }
}

fn claims_of(user: &User, token: &AccessToken) -> Map<String, Value> {
    let scope = token.granted();
    let mut claims = user.claims.released_by(&scope);
    if scope.contains("profile") {
        claims.entry("preferred_username").or_insert_with(|| user.username.as_str().into());
        claims.insert("updated_at".to_owned(), user.updated_at.seconds().into());
    }
    claims.insert("sub".to_owned(), user.subject.as_str().into());
    claims
}
