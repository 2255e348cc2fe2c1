//! `POST /revoke`: token revocation (RFC 7009).

use std::sync::Arc;

use poem::Request;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::{Answered, Server};
use crate::http::caller::Client;
use crate::http::form::Form;
use crate::http::reply::Reply;
use crate::http::section::Section;

pub(super) struct Api(pub(super) Arc<Server>);

/// A token to revoke.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct RevocationRequest {
    /// The token. With a refresh token goes everything that came of the same grant.
    token: String,
    /// What kind it is thought to be.
    token_type_hint: Option<String>,
    /// Who asks, unless the `Authorization` header says so.
    client_id: Option<String>,
    /// Its secret, for `client_secret_post`.
    client_secret: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, for `client_secret_jwt` and `private_key_jwt`.
    client_assertion_type: Option<String>,
    /// What the client has signed, for those (RFC 7523).
    client_assertion: Option<String>,
}

/// Nothing more: the token is dead, whether it lived before or not.
#[derive(Object)]
struct RevocationResponse {}

impl Example for RevocationRequest {
    fn example() -> Self {
        Self { token: "clv_rt_8JpZ3Qm2v6XbN4sTgK0yWcR7hL1fUdEa_1x2y3z".to_owned(), ..Self::default() }
    }
}

#[OpenApi(tag = "Section::Tokens")]
impl Api {
    /// Revoke a token
    ///
    /// A token that is none is no error: the answer says that it is dead.
    #[oai(path = "/revoke", method = "post", operation_id = "revoke")]
    async fn revoke(&self, request: &Request, client: Client, form: Form<RevocationRequest>) -> Reply<RevocationResponse> {
        let params = match form.params {
            Ok(params) => params,
            Err(problem) => return Reply::malformed(&problem),
        };
        let answered = self.0.revoke(client.authorization.as_deref(), &params).await;
        let empty = |Answered { client, reply, noted }: Answered<()>| {
            let reply = reply.map(|()| serde_json::Map::new());
            Answered { client, reply, noted }
        };
        Reply::to_client(request, answered.map(empty))
    }
}
