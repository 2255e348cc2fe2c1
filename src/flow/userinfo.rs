//! The person behind an access token (OpenID Connect Core §5.3), and the same with roles and scopes for frontends.

use serde_json::{Map, Value};

use crate::flow::access::Speaking;
use crate::flow::{Answered, Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::AccessToken;
use crate::protocol::bearer::Reason;
use crate::protocol::client::Client;

/// The claims about a person, for the client that the token was made for.
pub type Person = Answered<Map<String, Value>, Reason>;

/// What is told of somebody's claims.
type Telling = fn(&User, &Client, &AccessToken, Map<String, Value>) -> Map<String, Value>;

impl Server {
    /// The claims that the token's scopes release (OpenID Connect Core §5.3.2, §5.4), and those of its client's rules.
    pub async fn userinfo(&self, jwt: &str) -> Result<Person, Failure> {
        self.person(jwt, |_, _, _, claims| claims).await
    }

    /// The same person, with username, roles, groups and scopes.
    pub async fn me(&self, jwt: &str) -> Result<Person, Failure> {
        let with_roles = |user: &User, client: &Client, token: &AccessToken, mut claims: Map<String, Value>| {
            // OpenID Connect Core §8.1: whose subjects are pairwise must not learn by the way what other sectors know, too.
            if client.sector().is_none() || token.granted().contains("profile") {
                claims.insert("username".to_owned(), user.username.as_str().into());
            }
            claims.insert("roles".to_owned(), user.all_roles().into_iter().collect());
            claims.insert("groups".to_owned(), user.group_names().into_iter().collect());
            claims.insert("scope".to_owned(), token.scope.clone().into());
            claims.insert("client_id".to_owned(), token.client_id.as_str().into());
            claims
        };
        self.person(jwt, with_roles).await
    }

    async fn person(&self, jwt: &str, told: Telling) -> Result<Person, Failure> {
        let token = match self.own_access_token(jwt) {
            Ok(token) => token,
            Err(reason) => return Ok(Answered { client: None, reply: Err(reason), noted: None }),
        };
        // The signature says whose token it is, alive or not: that client's scripts may read why it is refused.
        let client = self.cached_client(&token.client_id).await?.filter(|client| client.enabled);
        let reply = match self.person_with_scope(token, "openid").await? {
            Ok(Speaking { token, user, client, asked }) => {
                let claims = self.userinfo_claims(&user, &client, &token, &asked).await?;
                Ok(told(&user, &client, &token, claims))
            }
            Err(reason) => Err(reason),
        };
        Ok(Answered { client, reply, noted: None })
    }
}
