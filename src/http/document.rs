//! The OpenAPI document. What the source says is the same for every server; the one that a server hands out at `/openapi.json` has the
//! scopes of its stored APIs as well, and the path of its issuer.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::mem::take;
use std::sync::{Arc, LazyLock};

use poem::endpoint::BoxEndpoint;
use poem::http::header::IF_NONE_MATCH;
use poem::http::{Method, StatusCode};
use poem::web::Data;
use poem::{Request, Response, handler};
use poem_openapi::registry::{MetaApi, Registry};
use poem_openapi::{OpenApi, OpenApiService, Tags};
use serde_json::Value;

use crate::flow::Server;
use crate::http::published::published;
use crate::http::section::Section;
use crate::http::{Apis, security};
use crate::protocol::api::Api;
use crate::web::answer::failed;
use crate::web::refusal::Refused;

const ABOUT: &str = "An OAuth 2 and OpenID Connect authorization server. What answers `GET` answers `HEAD` as well, but for `/authorize`. \
                     Every answer has a `Trace-Id` header, which names the request in the server's log.";

/// The OpenAPI document of the endpoints, the same for every server.
///
/// # Errors
/// It can't be read back as JSON, which is a mistake of ours.
pub fn document() -> Result<Value, serde_json::Error> {
    let service = OpenApiService::new(Described::<Apis>(PhantomData), "Claviger", env!("CARGO_PKG_VERSION")).description(ABOUT).server("/");
    let mut document: Value = serde_json::from_str(&service.spec())?;
    if let Some(sections) = document.pointer_mut("/tags").and_then(Value::as_array_mut) {
        sections.sort_by_key(|section| Section::ALL.iter().position(|known| section["name"] == known.name()));
    }
    Ok(document)
}

/// The document, made when it is first asked for.
static DOCUMENT: LazyLock<Result<Value, serde_json::Error>> = LazyLock::new(document);

/// `GET /openapi.json`: the document of this server.
#[handler]
pub(super) async fn served(request: &Request, server: Data<&Arc<Server>>) -> Response {
    let apis = match server.apis().await {
        Ok(apis) => apis,
        Err(failure) => return failed(&failure).json(),
    };
    match &*DOCUMENT {
        // A copy is asked about each time: a scope that was just added is there at once.
        Ok(document) => {
            let document = with_scopes(document.clone(), &apis);
            let document = if server.takes_api_key_in_query() { security::with_key_in_query(document) } else { document };
            let document = at(server.issuer().path(), document);
            published(request.header(IF_NONE_MATCH), &document, "no-cache")
        }
        Err(error) => {
            tracing::error!(%error, "the document can't be made");
            Refused::of(StatusCode::INTERNAL_SERVER_ERROR).json()
        }
    }
}

/// The document of a server below a path: what stands in it begins with a slash, and is said to be there.
fn at(root: &str, mut document: Value) -> Value {
    const FLOWS: &str = "/components/securitySchemes/oauth2/flows";
    if root.is_empty() {
        return document;
    }
    if let Some(server) = document.pointer_mut("/servers/0/url") {
        *server = root.into();
    }
    let flows = document.pointer_mut(FLOWS).and_then(Value::as_object_mut).into_iter().flat_map(|flows| flows.values_mut());
    let members = flows.filter_map(Value::as_object_mut).flat_map(|flow| flow.iter_mut());
    for (_, url) in members.filter(|(name, _)| name.ends_with("Url")) {
        prepend(root, url);
    }
    if let Some(url) = document.pointer_mut("/components/securitySchemes/openId/openIdConnectUrl") {
        prepend(root, url);
    }
    document
}

fn prepend(root: &str, url: &mut Value) {
    if let Value::String(path) = url {
        path.insert_str(0, root);
    }
}

/// The document with the scopes of APIs in every flow.
fn with_scopes(mut document: Value, apis: &[Api]) -> Value {
    let flows = document.pointer_mut("/components/securitySchemes/oauth2/flows").and_then(Value::as_object_mut);
    let scopes = flows.into_iter().flat_map(|flows| flows.values_mut()).filter_map(|flow| flow.get_mut("scopes")?.as_object_mut());
    for known in scopes {
        for scope in apis.iter().flat_map(|api| &api.scopes) {
            known.entry(scope.name.as_str()).or_insert_with(|| scope.description.clone().into());
        }
    }
    document
}

/// The endpoints as the document describes them, which takes no server to do. It has no routes.
struct Described<T>(PhantomData<fn() -> T>);

impl<T: OpenApi> OpenApi for Described<T> {
    fn meta() -> Vec<MetaApi> {
        let mut apis = T::meta();
        for operation in apis.iter_mut().flat_map(|api| &mut api.paths).flat_map(|path| &mut path.operations) {
            operation.security = take(&mut operation.security).into_iter().flat_map(security::spelled_out).collect();
        }
        apis
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn add_routes(self, _: &mut HashMap<String, HashMap<Method, BoxEndpoint<'static>>>) {}
}
