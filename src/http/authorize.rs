//! `GET` and `POST /authorize`: the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use std::sync::Arc;

use poem::{IntoResponse, Request, Response};
use poem_openapi::param::Query;
use poem_openapi::registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, Object, OpenApi};
use url::form_urlencoded;

use crate::flow::Server;
use crate::flow::authorize::{LONGEST_QUERY, Outcome, too_long};
use crate::http::form::Form;
use crate::web::answer::{error_page, failed, refused_page, see_other, to_client};
use crate::web::cookies::Cookies;

pub(super) struct Api(pub(super) Arc<Server>);

/// An authorization request by POST (OpenID Connect Core §3.1.2.1): the parameters of the GET request, in a form.
#[derive(Object)]
struct AuthorizationRequest {
    /// `code`.
    response_type: String,
    /// Who asks.
    client_id: String,
    /// Where the answer goes.
    redirect_uri: Option<String>,
    /// What is asked for.
    scope: Option<String>,
    /// Comes back with the answer.
    state: Option<String>,
    /// The proof key's challenge (RFC 7636).
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
}

/// Where the browser goes from here.
struct Onward(Response);

#[OpenApi]
impl Api {
    /// Send a person here to sign in
    #[oai(path = "/authorize", method = "get", operation_id = "authorize")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter, which documents it; the query is read as a whole")]
    async fn authorize(
        &self,
        request: &Request,
        /// `code`.
        #[oai(name = "response_type")]
        _response_type: Query<Option<String>>,
        /// Who asks.
        #[oai(name = "client_id")]
        _client_id: Query<Option<String>>,
        /// Where the answer goes: one of the client's registered addresses, character by character.
        #[oai(name = "redirect_uri")]
        _redirect_uri: Query<Option<String>>,
        /// What is asked for; the client's default scope when left out.
        #[oai(name = "scope")]
        _scope: Query<Option<String>>,
        /// Comes back with the answer.
        #[oai(name = "state")]
        _state: Query<Option<String>>,
        /// Comes back in the ID token.
        #[oai(name = "nonce")]
        _nonce: Query<Option<String>>,
        /// The proof key's challenge (RFC 7636).
        #[oai(name = "code_challenge")]
        _code_challenge: Query<Option<String>>,
        /// `S256`.
        #[oai(name = "code_challenge_method")]
        _code_challenge_method: Query<Option<String>>,
        /// `query`, `fragment` or `form_post`.
        #[oai(name = "response_mode")]
        _response_mode: Query<Option<String>>,
        /// `none`, `login`, `consent`, `select_account`.
        #[oai(name = "prompt")]
        _prompt: Query<Option<String>>,
        /// Seconds since the last sign-in after which the person has to sign in again.
        #[oai(name = "max_age")]
        _max_age: Query<Option<String>>,
        /// Who the person is thought to be.
        #[oai(name = "login_hint")]
        _login_hint: Query<Option<String>>,
        /// Who the person is known to be.
        #[oai(name = "id_token_hint")]
        _id_token_hint: Query<Option<String>>,
        /// The API that the token shall be for (RFC 8707); may be repeated.
        #[oai(name = "resource")]
        _resource: Query<Option<String>>,
    ) -> Onward {
        let session = Cookies::new(self.0.issuer()).session(request.headers());
        let query = request.uri().query().unwrap_or_default();
        let issuer = self.0.issuer();
        Onward(match self.0.authorize(query, session.as_ref()).await {
            Err(failure) => refused_page(failed(&failure), request),
            Ok(Outcome::ErrorPage(refusal)) => error_page(&refusal, request),
            Ok(Outcome::Answer { answer, refusal }) => {
                if let Some(refusal) = refusal {
                    tracing::debug!(code = refusal.code.as_str(), reason = %refusal.reason, "refused");
                }
                to_client(&answer)
            }
            Ok(Outcome::Login) => see_other(&with_continue(&issuer.url("/login"), query)),
            Ok(Outcome::Consent) => see_other(&with_continue(&issuer.url("/consent"), query)),
        })
    }

    /// Send a person here to sign in
    #[oai(path = "/authorize", method = "post", operation_id = "authorizeByPost")]
    async fn authorize_by_post(&self, request: &Request, form: Form<AuthorizationRequest>) -> Onward {
        Onward(match form.params {
            // A POST from another site comes without our cookie (`SameSite=Lax`); the GET that follows it has it.
            Ok(params) => {
                let query = params.to_query();
                if query.len() > LONGEST_QUERY {
                    error_page(&too_long(), request)
                } else {
                    see_other(&format!("{}?{query}", self.0.issuer().url("/authorize")))
                }
            }
            Err(problem) => refused_page(problem.refused(), request),
        })
    }
}

/// The address of one of our pages that leads back to this request.
fn with_continue(page: &str, query: &str) -> String {
    let encoded = form_urlencoded::Serializer::new(String::new()).append_pair("continue", query).finish();
    format!("{page}?{encoded}")
}

impl IntoResponse for Onward {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Onward {
    fn meta() -> MetaResponses {
        let html = || vec![MetaMediaType { content_type: "text/html; charset=utf-8", schema: String::schema_ref() }];
        let location = MetaHeader {
            name: "Location".to_owned(),
            description: Some("The client with a code or an error, or our own pages.".to_owned()),
            required: true,
            deprecated: false,
            schema: String::schema_ref(),
        };
        let response = |status, description, content, headers| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers,
        };
        MetaResponses {
            responses: vec![
                response(200, "A form that posts the answer to the client (`response_mode=form_post`).", html(), Vec::new()),
                response(303, "On to the client, or to our own pages.", Vec::new(), vec![location]),
                response(400, "Our error page: there is no checked address to send an error to.", html(), Vec::new()),
                response(408, "The body did not arrive in time.", html(), Vec::new()),
                response(413, "The body is longer than 64 KiB.", html(), Vec::new()),
                response(500, "Something failed here; `Trace-Id` names it in the log.", html(), Vec::new()),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}
