//! The person behind an access token (OpenID Connect Core §5.3), and the same with roles and scopes for frontends.

use serde_json::{Map, Value};

use crate::flow::access::Speaking;
use crate::flow::sign::NESTED;
use crate::flow::{Answered, Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::AccessToken;
use crate::protocol::bearer::Reason;
use crate::protocol::client::Client;
use crate::protocol::client_responses::Unencryptable;

/// What is told about a person, for the client that the token was made for.
pub type Person = Answered<Told, Reason>;

/// The form in which it is told.
pub enum Told {
    /// Claims, as JSON.
    Claims(Map<String, Value>),
    /// A JWT of them, for a client that registered for that.
    Jwt(String),
}

/// What is told of somebody's claims.
type Telling = fn(&User, &Client, &AccessToken, Map<String, Value>) -> Map<String, Value>;

impl Server {
    /// The claims that the token's scopes release (OpenID Connect Core §5.3.2, §5.4), and those of its client's rules, in the form that the
    /// client registered for.
    pub async fn userinfo(&self, jwt: &str) -> Result<Person, Failure> {
        let Answered { client, reply, noted } = self.person(jwt, |_, _, _, claims| claims).await?;
        let reply = match reply {
            Ok((claims, asked_by)) => self.told(&asked_by, claims).await?.map_err(Reason::from),
            Err(reason) => Err(reason),
        };
        Ok(Answered { client, reply, noted })
    }

    /// The same person, with username, roles, groups and scopes. Always JSON: it is no specification's answer.
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
        let Answered { client, reply, noted } = self.person(jwt, with_roles).await?;
        Ok(Answered { client, reply: reply.map(|(claims, _)| Told::Claims(claims)), noted })
    }

    /// OpenID Connect Core §5.3.2: a signed answer says who made it, and for whom. It has no `typ`: none is registered for it, and `JWT` is that of
    /// ID tokens. What is encrypted is the signed answer, or the claims themselves.
    async fn told(&self, client: &Client, mut claims: Map<String, Value>) -> Result<Result<Told, Unencryptable>, Failure> {
        let signed = match client.responses.userinfo_signed {
            None => None,
            Some(algorithm) => {
                claims.insert("iss".to_owned(), self.issuer.as_str().into());
                claims.insert("aud".to_owned(), client.id.as_str().into());
                Some(self.sign_with(algorithm, None, &claims).await?)
            }
        };
        let Some(encryption) = client.responses.userinfo_encrypted else {
            return Ok(Ok(signed.map_or(Told::Claims(claims), Told::Jwt)));
        };
        let (text, content_type) = signed.map_or_else(|| (Value::Object(claims).to_string(), None), |signed| (signed, Some(NESTED)));
        // On the heap: it would be part of every request.
        Ok(Box::pin(self.encrypted_for(client, encryption, &text, content_type)).await.map(Told::Jwt))
    }

    async fn person(&self, jwt: &str, told: Telling) -> Result<Answered<(Map<String, Value>, Client), Reason>, Failure> {
        let token = match self.own_access_token(jwt) {
            Ok(token) => token,
            Err(reason) => return Ok(Answered { client: None, reply: Err(reason), noted: None }),
        };
        // The signature says whose token it is, alive or not: that client's scripts may read why it is refused.
        let client = self.cached_client(&token.client_id).await?.filter(|client| client.enabled);
        let reply = match self.person_with_scope(token, "openid").await? {
            Ok(Speaking { token, user, client, asked }) => {
                let claims = self.userinfo_claims(&user, &client, &token, &asked).await?;
                Ok((told(&user, &client, &token, claims), client))
            }
            Err(reason) => Err(reason),
        };
        Ok(Answered { client, reply, noted: None })
    }
}
