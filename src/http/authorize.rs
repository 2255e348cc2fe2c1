//! `GET` and `POST /authorize`: the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use std::sync::Arc;

use poem::{IntoResponse, Request, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::Example;
use poem_openapi::{ApiResponse, Object, OpenApi};
use url::form_urlencoded;

use crate::flow::Server;
use crate::flow::authorize::{LONGEST_QUERY, Outcome, too_long};
use crate::http::form::Form;
use crate::http::parameter::{Optional, Required};
use crate::http::responses::{empty, page, with};
use crate::http::section::Section;
use crate::web::answer::{error_page, failed, onward, refused_page, see_other, to_client};
use crate::web::cookies::Cookies;
use crate::web::why::explained;

pub(super) struct Api(pub(super) Arc<Server>);

/// An authorization request by POST (OpenID Connect Core §3.1.2.1): the parameters of the GET request, in a form.
#[derive(Default, Object)]
#[oai(example, skip_serializing_if_is_none)]
struct AuthorizationRequest {
    /// What the answer shall have: `code`, or what the client registered for beside it.
    response_type: String,
    /// Who asks.
    client_id: String,
    /// Where the answer goes: one of the client's registered addresses, character by character. May be left out where there is one.
    redirect_uri: Option<String>,
    /// What is asked for; the client's default scope when left out.
    scope: Option<String>,
    /// Comes back with the answer.
    state: Option<String>,
    /// Comes back in the ID token; one that comes straight from here needs it.
    nonce: Option<String>,
    /// The proof key's challenge (RFC 7636).
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// `query`, `fragment` or `form_post`; tokens never travel in the query.
    response_mode: Option<String>,
    /// `none`, or a list of `login`, `consent` and `select_account`.
    prompt: Option<String>,
    /// Seconds since the last sign-in after which the person has to sign in again.
    max_age: Option<String>,
    /// Who the person is thought to be.
    login_hint: Option<String>,
    /// The other identity provider at which the person shall sign in, by its name here.
    provider: Option<String>,
    /// Who the person is known to be: an ID token of theirs.
    id_token_hint: Option<String>,
    /// Single claims that are asked for (OpenID Connect Core §5.5): a JSON object.
    claims: Option<String>,
    /// The classes of sign-in that would be liked, best first.
    acr_values: Option<String>,
    /// How the pages shall look, such as `page`: taken and ignored.
    display: Option<String>,
    /// The languages that the pages shall be in, best first: taken and ignored.
    ui_locales: Option<String>,
    /// The languages that claims shall be in, best first: taken and ignored.
    claims_locales: Option<String>,
    /// The request as a signed object (RFC 9101); what stands in it goes before what stands beside it.
    request: Option<String>,
    /// Where the client keeps such an object: one of its registered addresses.
    request_uri: Option<String>,
    /// The API that the token shall be for (RFC 8707); may be repeated.
    resource: Option<String>,
}

impl Example for AuthorizationRequest {
    fn example() -> Self {
        Self {
            response_type: example::response_type(),
            client_id: example::client_id(),
            redirect_uri: Some(example::redirect_uri()),
            scope: Some(example::scope()),
            state: Some(example::state()),
            code_challenge: Some(example::code_challenge()),
            code_challenge_method: Some(example::code_challenge_method()),
            ..Self::default()
        }
    }
}

/// The parameters of a request, as the document shows them.
mod example {
    pub(super) fn response_type() -> String {
        "code".to_owned()
    }

    pub(super) fn client_id() -> String {
        "demo-web".to_owned()
    }

    pub(super) fn redirect_uri() -> String {
        "http://localhost:3000/callback".to_owned()
    }

    pub(super) fn scope() -> String {
        "openid profile".to_owned()
    }

    pub(super) fn state() -> String {
        "af0ifjsldkj".to_owned()
    }

    /// That of RFC 7636, Appendix B.
    pub(super) fn code_challenge() -> String {
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()
    }

    pub(super) fn code_challenge_method() -> String {
        "S256".to_owned()
    }
}

/// Where the browser goes from here.
struct Onward(Response);

#[OpenApi(tag = "Section::Tokens")]
impl Api {
    /// Send a person here to sign in
    ///
    /// The browser comes back to the client's address with what was asked for, `state` and `iss`, or with `error`.
    #[oai(path = "/authorize", method = "get", operation_id = "authorize")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter, which documents it; the query is read as a whole")]
    async fn authorize(
        &self,
        request: &Request,
        /// What the answer shall have: `code`, or what the client registered for beside it.
        #[oai(name = "response_type", example = "example::response_type")]
        _response_type: Required,
        /// Who asks.
        #[oai(name = "client_id", example = "example::client_id")]
        _client_id: Required,
        /// Where the answer goes: one of the client's registered addresses, character by character. May be left out where there is one.
        #[oai(name = "redirect_uri", example = "example::redirect_uri")]
        _redirect_uri: Optional,
        /// What is asked for; the client's default scope when left out.
        #[oai(name = "scope", example = "example::scope")]
        _scope: Optional,
        /// Comes back with the answer.
        #[oai(name = "state", example = "example::state")]
        _state: Optional,
        /// Comes back in the ID token; one that comes straight from here needs it.
        #[oai(name = "nonce")]
        _nonce: Optional,
        /// The proof key's challenge (RFC 7636).
        #[oai(name = "code_challenge", example = "example::code_challenge")]
        _code_challenge: Optional,
        /// `S256`.
        #[oai(name = "code_challenge_method", example = "example::code_challenge_method")]
        _code_challenge_method: Optional,
        /// `query`, `fragment` or `form_post`; tokens never travel in the query.
        #[oai(name = "response_mode")]
        _response_mode: Optional,
        /// `none`, or a list of `login`, `consent` and `select_account`.
        #[oai(name = "prompt")]
        _prompt: Optional,
        /// Seconds since the last sign-in after which the person has to sign in again.
        #[oai(name = "max_age")]
        _max_age: Optional,
        /// Who the person is thought to be.
        #[oai(name = "login_hint")]
        _login_hint: Optional,
        /// The other identity provider at which the person shall sign in, by its name here.
        #[oai(name = "provider")]
        _provider: Optional,
        /// Who the person is known to be: an ID token of theirs.
        #[oai(name = "id_token_hint")]
        _id_token_hint: Optional,
        /// Single claims that are asked for (OpenID Connect Core §5.5): a JSON object.
        #[oai(name = "claims")]
        _claims: Optional,
        /// The classes of sign-in that would be liked, best first.
        #[oai(name = "acr_values")]
        _acr_values: Optional,
        /// How the pages shall look, such as `page`: taken and ignored.
        #[oai(name = "display")]
        _display: Optional,
        /// The languages that the pages shall be in, best first: taken and ignored.
        #[oai(name = "ui_locales")]
        _ui_locales: Optional,
        /// The languages that claims shall be in, best first: taken and ignored.
        #[oai(name = "claims_locales")]
        _claims_locales: Optional,
        /// The request as a signed object (RFC 9101); what stands in it goes before what stands beside it.
        #[oai(name = "request")]
        _request_object: Optional,
        /// Where the client keeps such an object: one of its registered addresses.
        #[oai(name = "request_uri")]
        _request_uri: Optional,
        /// The API that the token shall be for (RFC 8707); may be repeated.
        #[oai(name = "resource")]
        _resource: Optional,
    ) -> Onward {
        let cookies = Cookies::new(self.0.issuer());
        let session = cookies.session(request.headers());
        let state = cookies.state(request.headers(), self.0.random());
        let query = request.uri().query().unwrap_or_default();
        let issuer = self.0.issuer();
        Onward(match self.0.authorize(query, session.as_ref(), &state).await {
            Err(failure) => refused_page(failed(&failure), request),
            Ok(Outcome::ErrorPage(refusal)) => error_page(refusal, request),
            Ok(Outcome::Answer { answer, report }) => {
                let mut response = to_client(issuer, &answer, report);
                cookies.keep_state(request.headers(), response.headers_mut(), &state);
                response
            }
            Ok(Outcome::Again(query)) => see_other(&format!("{}?{query}", issuer.url("/authorize"))),
            Ok(Outcome::Onward { answer, refusal, client_name }) => onward(issuer, &answer, refusal, &client_name),
            Ok(Outcome::Login) => see_other(&with_continue(&issuer.url("/login"), query)),
            Ok(Outcome::Consent) => see_other(&with_continue(&issuer.url("/consent"), query)),
        })
    }

    /// Send a person here to sign in, by a form
    #[oai(path = "/authorize", method = "post", operation_id = "authorizeByPost")]
    async fn authorize_by_post(&self, request: &Request, form: Form<AuthorizationRequest>) -> Onward {
        Onward(match form.params {
            // A POST from another site comes without our cookie (`SameSite=Lax`); the GET that follows it has it.
            Ok(params) => {
                let query = params.to_query();
                if query.len() > LONGEST_QUERY {
                    error_page(too_long(), request)
                } else {
                    see_other(&format!("{}?{query}", self.0.issuer().url("/authorize")))
                }
            }
            Err(problem) => explained(refused_page(problem.refused(), request), problem.report()),
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
        let onward = empty(303, "On to the client, or to our own pages.");
        MetaResponses {
            responses: vec![
                page(200, "A form that posts the answer to the client (`response_mode=form_post`)."),
                with(onward, "Location", "The client with a code or an error, or our own pages."),
                page(400, "Our error page: there is no checked address to send an error to, or the person decides whether to go there."),
                page(408, "The body did not arrive in time."),
                page(413, "The body is longer than 64 KiB."),
                page(500, "Something failed here; `Trace-Id` names it in the log."),
                page(503, "Too much to do, or the database is away; try again soon."),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}
