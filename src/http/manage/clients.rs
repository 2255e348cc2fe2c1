//! `/api/v1/clients`: the registered applications.

mod documents;

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;

use self::documents::{ClientDocument, Metadata, NewClient, NewSecret, RegisteredClient};
use crate::flow::Server;
use crate::flow::manage::clients::ClientView;
use crate::flow::manage::{ClientFilter, Page, Reach, Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::problem::Problem;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Gone, Many, New, One, Part, ShownOnce};
use crate::http::manage::scopes::{ClientsRead, ClientsWrite};
use crate::http::manage::words::Registrar;
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::client::ClientId;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::registration;
use crate::protocol::token::Token;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Clients")]
impl Api {
    /// List the clients
    #[oai(path = "/clients", method = "get", operation_id = "listClients")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter, which documents it")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ClientsRead>,
        /// Text in the identifier or the name, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Only those that are enabled, or disabled.
        #[oai(name = "enabled")]
        _enabled: Optional<bool>,
        /// Only those that the operator registered (`operator`), or that registered themselves (`self`).
        #[oai(name = "registered_by")]
        _registered_by: Optional<Registrar>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<ClientDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let registered_by = query.word("registered_by", &["operator", "self"])?.and_then(registration::Registrar::parse);
            let filter = ClientFilter { text: query.text("q"), enabled: query.flag("enabled")?, registered_by };
            let page = self.0.client_page(&filter, &query.page()?).await?;
            Ok(Page { items: page.items.iter().map(ClientView::of).collect(), next: page.next })
        };
        Many::reply(request, page.await)
    }

    /// Register a client
    ///
    /// A confidential client gets a secret, which is in this answer and never shown again.
    #[oai(path = "/clients", method = "post", operation_id = "createClient")]
    async fn create(&self, request: &Request, bearer: Bearer<ClientsWrite>, body: Body<NewClient>) -> New<RegisteredClient> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let client = read::<ClientMetadata>(body.value()?)?.client().map_err(Refused::Invalid)?;
            Reach::Of(&by).client(&client.allowed_scope, &client.roles)?;
            let added = self.0.add_client(client, None).await??;
            audit(&by, "clients.create", &added.made.id);
            let location = self.0.issuer().url(&format!("/api/v1/clients/{}", added.made.id));
            Ok((ClientView::of(&added.made), location, added.secret.as_ref().map(reveal)))
        };
        New::reply(request, made.await)
    }

    /// See a client
    #[oai(path = "/clients/:id", method = "get", operation_id = "getClient")]
    async fn get(&self, request: &Request, bearer: Bearer<ClientsRead>, id: Path<String>) -> One<ClientDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            let client = self.0.client(&id).await?.ok_or_else(|| not_found(id.as_str()))?;
            Ok(ClientView::of(&client))
        };
        One::reply(request, found.await)
    }

    /// Change a client
    ///
    /// A merge patch (RFC 7396): what is left out stays, `null` stands for what it is when nobody says anything else.
    #[oai(path = "/clients/:id", method = "patch", operation_id = "updateClient")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<ClientsWrite>,
        id: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<Metadata>,
    ) -> Changed<ClientDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let (id, expected, patch) = (known(&id)?, if_match.expected()?, body.value()?);
            let client = self.0.patch_client(Reach::Of(&by), &id, &expected, &patch).await??;
            audit(&by, "clients.update", &id);
            Ok(ClientView::of(&client))
        };
        Changed::reply(request, changed.await)
    }

    /// Delete a client and everything that came of it
    #[oai(path = "/clients/:id", method = "delete", operation_id = "deleteClient")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<ClientsWrite>,
        id: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let (id, expected) = (known(&id)?, if_match.expected()?);
            self.0.delete_client(Reach::Of(&by), &id, &expected).await??;
            audit(&by, "clients.delete", &id);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }

    /// Give a client a second secret
    ///
    /// It works beside the first, so that the client can change over; then withdraw the old one. At most two are alive.
    #[oai(path = "/clients/:id/secrets", method = "post", operation_id = "addClientSecret")]
    async fn add_secret(&self, request: &Request, bearer: Bearer<ClientsWrite>, id: Path<String>) -> Part<NewSecret> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            let added = self.0.add_client_secret(Reach::Of(&by), &id, None).await??;
            audit(&by, "clients.secrets.create", &id);
            let location = self.0.issuer().url(&format!("/api/v1/clients/{id}/secrets/{}", added.made.id));
            Ok((added.made, location, added.secret.as_ref().map(reveal)))
        };
        Part::reply(request, made.await)
    }

    /// Withdraw a secret: it opens nothing any more
    #[oai(path = "/clients/:id/secrets/:secret", method = "delete", operation_id = "withdrawClientSecret")]
    async fn withdraw_secret(&self, request: &Request, bearer: Bearer<ClientsWrite>, id: Path<String>, secret: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            self.0.withdraw_client_secret(Reach::Of(&by), &id, &secret).await??;
            audit(&by, "clients.secrets.delete", &id);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}

/// A client identifier. What can't be one names no client.
fn known(id: &str) -> Result<ClientId, Problem> {
    ClientId::parse(id).map_err(|_| not_found(id).into())
}

fn not_found(id: &str) -> Refused {
    Refused::not_found("client", id)
}

fn reveal(secret: &Token) -> ShownOnce {
    ("client_secret", secret.reveal().to_owned())
}
