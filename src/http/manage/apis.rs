//! `/api/v1/apis`: the APIs that tokens are made for.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::{Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::problem::Problem;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Many, New, One};
use crate::http::manage::rules::Rule;
use crate::http::manage::scopes::{ApisRead, ApisWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::resource::Resource;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// A scope of an API.
#[derive(Object)]
#[oai(rename = "ApiScope", skip_serializing_if_is_none)]
struct ScopeDocument {
    /// The word in requests and tokens. No two APIs share one.
    name: String,
    /// What it allows, for the consent page.
    description: Option<String>,
    /// The role that a person needs for it.
    role: Option<String>,
}

/// An API that takes our access tokens.
#[derive(Object)]
#[oai(rename = "Api", example, skip_serializing_if_is_none)]
struct ApiDocument {
    /// Its identifier, the audience of its tokens: an absolute URI.
    identifier: String,
    /// Its name, for people.
    name: String,
    /// Its scopes.
    scopes: Vec<ScopeDocument>,
    /// The clients that may introspect its tokens.
    introspectors: Option<Vec<String>>,
    /// What goes into its tokens beside what the specifications put there.
    claims: Option<Vec<Rule>>,
}

/// A change of an API.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct ApiPatch {
    /// Its name, for people.
    name: Option<String>,
    /// Its scopes, all of them.
    scopes: Option<Vec<ScopeDocument>>,
    /// The clients that may introspect its tokens, all of them.
    introspectors: Option<Vec<String>>,
    /// What goes into its tokens beside what the specifications put there, all of it.
    claims: Option<Vec<Rule>>,
}

impl Example for ApiDocument {
    fn example() -> Self {
        let (name, description) = ("orders:read".to_owned(), Some("see your orders".to_owned()));
        Self {
            identifier: "https://orders.example.com".to_owned(),
            name: "Orders".to_owned(),
            scopes: vec![ScopeDocument { name, description, role: None }],
            introspectors: None,
            claims: Some(vec![Rule::example()]),
        }
    }
}

impl Example for ApiPatch {
    fn example() -> Self {
        Self { name: Some("Orders of the shop".to_owned()), scopes: None, introspectors: None, claims: None }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Apis")]
impl Api {
    /// List the APIs, but for this one
    #[oai(path = "/apis", method = "get", operation_id = "listApis")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ApisRead>,
        /// Text in the identifier or the name, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<ApiDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            Ok(self.0.api_page(&query.text("q").unwrap_or_default(), &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Add an API
    #[oai(path = "/apis", method = "post", operation_id = "createApi")]
    async fn create(&self, request: &Request, bearer: Bearer<ApisWrite>, body: Body<ApiDocument>) -> New<ApiDocument> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let api = self.0.add_api(read(body.value()?)?).await??;
            audit(&by, "apis.create", &api.identifier);
            let segment: String = url::form_urlencoded::byte_serialize(api.identifier.as_str().as_bytes()).collect();
            let location = self.0.issuer().url(&format!("/api/v1/apis/{segment}"));
            Ok((api, location, None))
        };
        New::reply(request, made.await)
    }

    /// See an API
    ///
    /// The identifier stands in the path percent-encoded, slashes and all.
    #[oai(path = "/apis/:identifier", method = "get", operation_id = "getApi")]
    async fn get(&self, request: &Request, bearer: Bearer<ApisRead>, identifier: Path<String>) -> One<ApiDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let named = known(&identifier)?;
            let found = self.0.api(&named).await?;
            Ok(found.ok_or_else(|| not_found(named.as_str()))?)
        };
        One::reply(request, found.await)
    }

    /// Change an API
    ///
    /// A merge patch (RFC 7396). Lists are replaced as a whole; scopes that it loses are no longer granted.
    #[oai(path = "/apis/:identifier", method = "patch", operation_id = "updateApi")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<ApisWrite>,
        identifier: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<ApiPatch>,
    ) -> Changed<ApiDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let (named, expected, patch) = (known(&identifier)?, if_match.expected()?, body.value()?);
            let api = self.0.patch_api(&named, &expected, &patch).await??;
            audit(&by, "apis.update", &api.identifier);
            Ok(api)
        };
        Changed::reply(request, changed.await)
    }

    /// Delete an API; its scopes are no longer granted
    #[oai(path = "/apis/:identifier", method = "delete", operation_id = "deleteApi")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<ApisWrite>,
        identifier: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let named = known(&identifier)?;
            self.0.delete_api(&named, &if_match.expected()?).await??;
            audit(&by, "apis.delete", &named);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }
}

/// An API's identifier. What can't be one names no API.
fn known(identifier: &str) -> Result<Resource, Problem> {
    Resource::parse(identifier).map_err(|_| not_found(identifier).into())
}

fn not_found(identifier: &str) -> Refused {
    Refused::not_found("API", identifier)
}
