//! `/api/v1/preview`: what a request would give, and why.

use std::sync::Arc;

use poem::Request;
use poem_openapi::types::{Any, Example};
use poem_openapi::{Object, OpenApi};
use serde_json::{Value, json};

use crate::flow::Server;
use crate::flow::manage::Refused;
use crate::flow::preview::Tried;
use crate::http::caller::Bearer;
use crate::http::manage::permit;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::refusals::Fact;
use crate::http::manage::reply::Outcome;
use crate::http::manage::rules::Target;
use crate::http::manage::scopes::UsersRead;
use crate::http::section::Section;
use crate::protocol::problem::Problem;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// What a request would give.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct Preview {
    /// The claims of the access token.
    access_token: Any<Value>,
    /// The claims of the ID token, for a person's request with `openid`.
    id_token: Option<Any<Value>>,
    /// The userinfo answer, for the same.
    userinfo: Option<Any<Value>>,
    /// Why each claim is where it is, or is not there although a rule names it.
    claims: Vec<Told>,
    /// The words of the scope that would not be granted, each with the rule that drops it.
    dropped: Vec<Fact>,
}

/// Why a claim is there, or not.
#[derive(Object)]
#[oai(rename = "ToldClaim")]
struct Told {
    /// Where it is, or would be.
    #[oai(rename = "in")]
    target: Target,
    /// The claim.
    claim: String,
    /// Whether it is there with the value that this gives.
    present: bool,
    /// The rule behind it.
    because: String,
}

impl Example for Preview {
    fn example() -> Self {
        let because = "a rule of the API https://orders.example.com: attribute department".to_owned();
        Self {
            access_token: Any(json!({"sub": "client:importer", "aud": "https://orders.example.com", "department": "sales"})),
            id_token: None,
            userinfo: None,
            claims: vec![Told { target: Target::AccessToken, claim: "department".to_owned(), present: true, because }],
            dropped: Vec::new(),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Users")]
impl Api {
    /// See what a request would give
    ///
    /// The exact claims of the tokens and of userinfo, and why each is there; nothing is granted, signed or remembered.
    #[oai(path = "/preview", method = "get", operation_id = "preview")]
    async fn preview(
        &self,
        request: &Request,
        bearer: Bearer<UsersRead>,
        /// The client that would ask. It has to be named.
        #[oai(name = "client")]
        _client: Optional<String>,
        /// The person, by username or `sub`; left out, the client acts for itself.
        #[oai(name = "user")]
        _user: Optional<String>,
        /// What it would ask for, words with spaces between them; its default scope when left out.
        #[oai(name = "scope")]
        _scope: Optional<String>,
    ) -> Outcome<Preview> {
        let preview = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let (client, user, scope) = (query.text("client"), query.text("user"), query.text("scope"));
            let Some(client) = client else { return Err(Refused::Invalid(vec![Problem::new("client", "is missing")]).into()) };
            Ok(self.0.preview(Tried { client: &client, user: user.as_deref(), scope: scope.as_deref() }).await??)
        };
        Outcome::reply(request, preview.await)
    }
}
