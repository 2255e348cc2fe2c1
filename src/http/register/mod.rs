//! `POST /register`: clients register themselves (RFC 7591, OpenID Connect Registration); and `/register/:id`, where they look after it (RFC 7592).

mod documented;
mod reply;

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;

use self::documented::{ReplacedRegistration, WantedRegistration};
use self::reply::Reply;
use crate::flow::Server;
use crate::http::caller::{InitialAccess, Opaque, RegistrationAccess};
use crate::http::object::Object;
use crate::http::section::Section;
use crate::web::client_address::ClientAddress;

pub(super) struct Api(pub(super) Arc<Server>);

#[OpenApi(tag = "Section::Registration")]
impl Api {
    /// Register yourself as a client
    ///
    /// Members that are not understood are ignored, and so is what a client has no say in. More scope than this server lets such clients have
    /// is left out. The answer says what was registered.
    #[oai(path = "/register", method = "post", operation_id = "register")]
    async fn register(&self, request: &Request, bearer: Opaque<InitialAccess>, body: Object<WantedRegistration>) -> Reply<201> {
        let members = match body.members {
            Ok(members) => members,
            Err(problem) => return Reply::malformed(&problem),
        };
        let from = ClientAddress::of_traced(request).ip();
        Reply::of(request, self.0.register_client(bearer.authorization.as_deref(), &members, from).await)
    }

    /// See what is registered of you
    #[oai(path = "/register/:id", method = "get", operation_id = "getRegistration")]
    async fn get(&self, request: &Request, bearer: Opaque<RegistrationAccess>, id: Path<String>) -> Reply<200> {
        Reply::of(request, self.0.registration(&id, bearer.authorization.as_deref()).await)
    }

    /// Replace what is registered of you
    ///
    /// What is left out has its default again. The body names the client, and has none of the members that only this server sets.
    #[oai(path = "/register/:id", method = "put", operation_id = "replaceRegistration")]
    async fn replace(
        &self,
        request: &Request,
        bearer: Opaque<RegistrationAccess>,
        id: Path<String>,
        body: Object<ReplacedRegistration>,
    ) -> Reply<200> {
        let members = match body.members {
            Ok(members) => members,
            Err(problem) => return Reply::malformed(&problem),
        };
        let from = ClientAddress::of_traced(request).ip();
        Reply::of(request, self.0.replace_registration(&id, bearer.authorization.as_deref(), &members, from).await)
    }

    /// End your registration, and everything that came of it
    #[oai(path = "/register/:id", method = "delete", operation_id = "endRegistration")]
    async fn end(&self, request: &Request, bearer: Opaque<RegistrationAccess>, id: Path<String>) -> Reply<204> {
        Reply::gone(request, self.0.end_registration(&id, bearer.authorization.as_deref()).await)
    }
}
