//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3), and `GET /me`, the same person with roles and scopes.

use std::sync::Arc;

use poem::Request;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::bearer::{AboutPerson, refuse};
use crate::http::form::Form;
use crate::http::token::header;
use crate::protocol::bearer::{self, Reason};
use crate::protocol::params::Params;

pub(super) struct Api(pub(super) Arc<Server>);

/// The token, when it does not stand in the header (RFC 6750 §2.2).
#[derive(Object)]
struct UserinfoRequest {
    /// The access token.
    access_token: Option<String>,
}

/// A person's claims, as far as the token's scopes release them (OpenID Connect Core §5.1, §5.4).
#[derive(Object)]
struct Claims {
    /// Their identifier.
    sub: String,
    /// With `profile`: their name.
    name: Option<String>,
    /// With `profile`: the name to call them by.
    preferred_username: Option<String>,
    /// With `email`: their e-mail address.
    email: Option<String>,
    /// With `email`: whether we made sure that it is theirs.
    email_verified: Option<bool>,
}

/// A person, with what they are here and what the token is good for.
#[derive(Object)]
struct Me {
    /// Their identifier.
    sub: String,
    /// What they sign in with.
    username: String,
    /// What they are here.
    roles: Vec<String>,
    /// What the token is good for.
    scope: String,
    /// Who got the token.
    client_id: String,
    /// With `profile`: their name.
    name: Option<String>,
    /// With `email`: their e-mail address.
    email: Option<String>,
}

#[OpenApi]
impl Api {
    /// See who the token speaks for
    #[oai(path = "/userinfo", method = "get", operation_id = "userinfo")]
    async fn userinfo(&self, request: &Request) -> AboutPerson<Claims> {
        self.answer_userinfo(request, &Params::default()).await
    }

    /// See who the token speaks for
    #[oai(path = "/userinfo", method = "post", operation_id = "userinfoByPost")]
    async fn userinfo_by_post(&self, request: &Request, form: Form<UserinfoRequest>) -> AboutPerson<Claims> {
        match form.params {
            Ok(params) => self.answer_userinfo(request, &params).await,
            Err(problem) => AboutPerson::from_response(problem.refused().json()),
        }
    }

    /// See who you are here
    #[oai(path = "/me", method = "get", operation_id = "me")]
    async fn me(&self, request: &Request) -> AboutPerson<Me> {
        let authorization = header(request);
        match presented(request, authorization.as_deref(), &Params::default()) {
            Ok(token) => AboutPerson::reply(request, self.0.me(&token).await),
            Err(reason) => AboutPerson::from_response(refuse(&reason)),
        }
    }
}

impl Api {
    async fn answer_userinfo(&self, request: &Request, params: &Params) -> AboutPerson<Claims> {
        let authorization = header(request);
        match presented(request, authorization.as_deref(), params) {
            Ok(token) => AboutPerson::reply(request, self.0.userinfo(&token).await),
            Err(reason) => AboutPerson::from_response(refuse(&reason)),
        }
    }
}

fn presented(request: &Request, authorization: Option<&str>, params: &Params) -> Result<String, Reason> {
    let in_query = request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("access_token=")));
    match bearer::presented(authorization, params) {
        // RFC 6750 §2.3, RFC 9700 §4.3.2: a token in a URL ends up in logs and histories; it is not read.
        Err(Reason::Missing) if in_query => Err(Reason::Untrusted("it stands in the query".to_owned())),
        found => found.map(str::to_owned),
    }
}
