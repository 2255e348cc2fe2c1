//! `POST /revoke`: token revocation (RFC 7009).

use std::sync::Arc;

use poem::Request;
use poem_openapi::{Object, OpenApi};

use crate::flow::{Answered, Server};
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::http::token::header;

pub(super) struct Api(pub(super) Arc<Server>);

/// A token to revoke.
#[derive(Object)]
struct RevocationRequest {
    /// The token. With a refresh token goes everything that came of the same grant.
    token: String,
    /// What kind it is thought to be.
    token_type_hint: Option<String>,
    /// Who asks, unless the `Authorization` header says so.
    client_id: Option<String>,
    /// Its secret, for `client_secret_post`.
    client_secret: Option<String>,
}

/// Nothing more: the token is dead, whether it lived before or not.
#[derive(Object)]
struct RevocationResponse {}

#[OpenApi]
impl Api {
    /// Revoke a token
    #[oai(path = "/revoke", method = "post", operation_id = "revoke")]
    async fn revoke(&self, request: &Request, form: Form<RevocationRequest>) -> Reply<RevocationResponse> {
        let params = match form.params {
            Ok(params) => params,
            Err(problem) => return Reply::malformed(&problem),
        };
        let answered = self.0.revoke(header(request).as_deref(), &params).await;
        let empty = |Answered { client, reply }: Answered<()>| Answered { client, reply: reply.map(|()| serde_json::Map::new()) };
        Reply::to_client(request, answered.map(empty))
    }
}
