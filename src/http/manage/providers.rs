//! `/api/v1/providers`: the other identity providers that people may come from, those of the configuration file excepted.

use std::collections::BTreeMap;
use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use secrecy::SecretString;
use serde_json::Value;

use crate::flow::Server;
use crate::flow::manage::{Reach, Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Many, New, One};
use crate::http::manage::scopes::{ProvidersRead, ProvidersWrite};
use crate::http::manage::words::ProviderKind;
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::identity::provider::{Provider, ProviderName};
use crate::protocol::problem::Problem;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// What can be chosen about a provider.
#[derive(Default, Object)]
#[oai(example, rename = "ProviderSettings", skip_serializing_if_is_none)]
struct Settings {
    /// What people read on its button.
    display_name: Option<String>,
    /// The issuer of an `oidc` provider; for `github`, the URL of an Enterprise Server.
    issuer: Option<String>,
    /// Of `microsoft`: its directory's identifier.
    tenant: Option<String>,
    /// What is asked for there; by kind when left out.
    scopes: Option<Vec<String>>,
    /// Our claims by theirs, besides those of the kind; an empty text takes one out.
    claims: Option<BTreeMap<String, String>>,
    /// If there are any: only people with a verified e-mail address in one of these domains may come.
    allowed_email_domains: Option<Vec<String>>,
    /// Whether somebody who comes for the first time gets an account.
    create_accounts: Option<bool>,
    /// The roles of such an account.
    roles: Option<Vec<String>>,
    /// Hosts of the provider that may be on this machine or in a private network.
    allowed_private_hosts: Option<Vec<String>>,
    /// Whether people can come from there.
    enabled: Option<bool>,
}

/// A change of a provider.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct ProviderPatch {
    /// What this server is called there.
    client_id: Option<String>,
    /// Another secret that this server has there.
    client_secret: Option<String>,
    #[oai(flatten)]
    settings: Settings,
}

/// A provider to declare. Register `/login/callback/` and its name there as the address to return to.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct NewProvider {
    /// What it is called in URLs and in the claim `idp`. It can't be changed.
    name: String,
    /// What it speaks.
    kind: ProviderKind,
    /// What this server is called there.
    client_id: String,
    /// The secret that this server has there. It is never shown again.
    client_secret: String,
    #[oai(flatten)]
    settings: Settings,
}

/// Another identity provider.
#[derive(Object)]
#[oai(rename = "Provider", example, skip_serializing_if_is_none)]
struct ProviderDocument {
    /// What it is called in URLs and in the claim `idp`.
    name: String,
    /// What it speaks.
    kind: ProviderKind,
    /// What this server is called there.
    client_id: String,
    #[oai(flatten)]
    settings: Settings,
    /// When it was declared, in seconds since 1970.
    created_at: i64,
    /// When it was last changed, in seconds since 1970.
    updated_at: i64,
}

impl Example for Settings {
    fn example() -> Self {
        Self {
            display_name: Some("Example Ltd".to_owned()),
            issuer: Some("https://sso.example.com".to_owned()),
            create_accounts: Some(true),
            enabled: Some(true),
            ..Self::default()
        }
    }
}

impl Example for ProviderPatch {
    fn example() -> Self {
        Self { client_id: None, client_secret: None, settings: Settings { create_accounts: Some(false), ..Settings::default() } }
    }
}

impl Example for NewProvider {
    fn example() -> Self {
        let ProviderDocument { name, kind, client_id, settings, .. } = ProviderDocument::example();
        Self { name, kind, client_id, client_secret: "the secret that the provider gave out".to_owned(), settings }
    }
}

impl Example for ProviderDocument {
    fn example() -> Self {
        Self {
            name: "work".to_owned(),
            kind: ProviderKind::Oidc,
            client_id: "claviger".to_owned(),
            settings: Settings::example(),
            created_at: 1_795_262_400,
            updated_at: 1_795_262_400,
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Providers")]
impl Api {
    /// List the other identity providers
    ///
    /// Those of the configuration file are not among them.
    #[oai(path = "/providers", method = "get", operation_id = "listProviders")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ProvidersRead>,
        /// Text in the name or the display name, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<ProviderDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            Ok(self.0.provider_page(&query.text("q").unwrap_or_default(), &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Declare another identity provider
    #[oai(path = "/providers", method = "post", operation_id = "createProvider")]
    async fn create(&self, request: &Request, bearer: Bearer<ProvidersWrite>, body: Body<NewProvider>) -> New<ProviderDocument> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let mut value = body.value()?;
            let secret = take_secret(&mut value)?;
            let provider = read::<Provider>(value)?;
            let secret = secret.ok_or_else(|| Refused::Invalid(vec![Problem::new("client_secret", "is missing")]))?;
            let view = self.0.add_provider(Reach::Of(&by), provider, &secret).await??;
            audit(&by, "providers.create", &view.provider.name);
            let location = self.0.issuer().url(&format!("/api/v1/providers/{}", view.provider.name));
            Ok((view, location, None))
        };
        New::reply(request, made.await)
    }

    /// See another identity provider
    #[oai(path = "/providers/:name", method = "get", operation_id = "getProvider")]
    async fn get(&self, request: &Request, bearer: Bearer<ProvidersRead>, name: Path<String>) -> One<ProviderDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.stored_provider(&known(&name)?).await?;
            Ok(found.ok_or_else(|| Refused::not_found("provider", &name.0))?)
        };
        One::reply(request, found.await)
    }

    /// Change another identity provider
    ///
    /// A merge patch (RFC 7396): what is left out stays, `null` takes it out.
    #[oai(path = "/providers/:name", method = "patch", operation_id = "updateProvider")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<ProvidersWrite>,
        name: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<ProviderPatch>,
    ) -> Changed<ProviderDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let (named, expected, mut patch) = (known(&name)?, if_match.expected()?, body.value()?);
            let secret = take_secret(&mut patch)?;
            let view = self.0.patch_provider(Reach::Of(&by), &named, &expected, secret.as_ref(), &patch).await??;
            audit(&by, "providers.update", &named);
            Ok(view)
        };
        Changed::reply(request, changed.await)
    }

    /// Remove another identity provider; nobody comes from there any more
    #[oai(path = "/providers/:name", method = "delete", operation_id = "deleteProvider")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<ProvidersWrite>,
        name: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let named = known(&name)?;
            self.0.delete_provider(Reach::Of(&by), &named, &if_match.expected()?).await??;
            audit(&by, "providers.delete", &named);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }
}

/// A provider's name. What can't be one names none.
fn known(name: &str) -> Result<ProviderName, Refused> {
    ProviderName::parse(name).map_err(|_| Refused::not_found("provider", name))
}

/// Takes the secret out of a body: it is sealed and goes nowhere else.
fn take_secret(body: &mut Value) -> Result<Option<SecretString>, Refused> {
    match body.as_object_mut().and_then(|body| body.remove("client_secret")) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(SecretString::from(text))),
        Some(_) => Err(Refused::Invalid(vec![Problem::new("client_secret", "must be a text")])),
    }
}
