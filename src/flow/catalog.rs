//! Clients, APIs and attributes, remembered for a second: most requests need no query for them, and a change made by another process counts a second
//! later. Whatever says whether a token is alive asks the store itself.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache as Moka;

use crate::flow::{Failure, Server};
use crate::identity::attribute::Attribute;
use crate::protocol::api::{Api, ApiScope};
use crate::protocol::client::{Client, ClientId};
use crate::protocol::issuer::Issuer;
use crate::protocol::resource::Resource;
use crate::protocol::scope::{Scope, ScopeToken};
use crate::protocol::scope_grant::Catalog;
use crate::store::StoreFailure;

/// How old a remembered client or API may be.
const FRESHNESS: Duration = Duration::from_secs(1);
/// Most clients remembered at once.
const CAPACITY: u64 = 10_000;

/// What is remembered.
pub(super) struct Cache {
    clients: Moka<ClientId, Option<Arc<Client>>>,
    catalog: Moka<(), Arc<Catalog>>,
    attributes: Moka<(), Arc<[Attribute]>>,
    scope_of_people: Moka<(), Arc<Scope>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            clients: Moka::builder().max_capacity(CAPACITY).time_to_live(FRESHNESS).build(),
            catalog: Moka::builder().max_capacity(1).time_to_live(FRESHNESS).build(),
            attributes: Moka::builder().max_capacity(1).time_to_live(FRESHNESS).build(),
            scope_of_people: Moka::builder().max_capacity(1).time_to_live(FRESHNESS).build(),
        }
    }

    /// Forgets everything, after a change of our own.
    pub(super) fn clear(&self) {
        self.clients.invalidate_all();
        self.catalog.invalidate_all();
        self.attributes.invalidate_all();
        self.scope_of_people.invalidate_all();
    }
}

/// The scopes of our own API, each with what it allows.
const OWN_SCOPES: [(&str, &str); 15] = [
    ("clients:read", "see the applications registered here"),
    ("clients:write", "register, change and remove applications"),
    ("users:read", "see the people registered here"),
    ("users:write", "add, change and remove people"),
    ("apis:read", "see the APIs registered here"),
    ("apis:write", "add, change and remove APIs"),
    ("keys:read", "see the signing keys"),
    ("keys:write", "rotate the signing keys"),
    ("sessions:read", "see who is signed in here"),
    ("sessions:write", "sign people out"),
    ("api-keys:read", "see which API keys there are"),
    ("api-keys:write", "make and revoke API keys"),
    ("refusals:read", "see why requests were refused"),
    ("providers:read", "see the other identity providers"),
    ("providers:write", "add, change and remove other identity providers"),
];

/// The scopes of our own API, which every server has, each with what it allows.
pub fn own_scopes() -> impl Iterator<Item = (&'static str, &'static str)> {
    OWN_SCOPES.into_iter()
}

/// The path of our own API below the issuer.
pub(super) const OWN_API_PATH: &str = "/api";

/// Our own API: its identifier is the issuer's `/api`, and a person needs the role `admin` for it.
pub(super) fn own_api(issuer: &Issuer) -> Option<Api> {
    let scopes = OWN_SCOPES.iter().filter_map(|(name, description)| {
        let role = Some(crate::protocol::role::ADMIN.to_owned());
        Some(ApiScope { name: ScopeToken::parse(name).ok()?, description: (*description).to_owned(), role })
    });
    Some(Api {
        identifier: Resource::parse(&issuer.url(OWN_API_PATH)).ok()?,
        name: "Claviger".to_owned(),
        scopes: scopes.collect(),
        introspectors: [].into(),
        claims: Vec::new(),
    })
}

/// What is remembered, or else found. Whoever asks while it is being looked up waits for that answer.
async fn remembered<K, V, L>(cache: &Moka<K, V>, key: &K, look_up: impl FnOnce() -> L) -> Result<V, Failure>
where
    K: Clone + Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    L: Future<Output = Result<V, StoreFailure>>,
{
    if let Some(known) = cache.get(key).await {
        return Ok(known);
    }
    // On the heap: it would be part of every request, and few look anything up.
    Ok(Box::pin(cache.try_get_with_by_ref(key, look_up())).await.map_err(Arc::unwrap_or_clone)?)
}

impl Server {
    /// The client of this name.
    pub(super) async fn cached_client(&self, id: &ClientId) -> Result<Option<Arc<Client>>, Failure> {
        let look_up = || async { self.store.clients().find(id).await.map(|found| found.map(Arc::new)) };
        remembered(&self.cache.clients, id, look_up).await
    }

    /// What the applications that act for people may ask them for.
    pub(super) async fn scope_of_people(&self) -> Result<Arc<Scope>, Failure> {
        let look_up = || async {
            let clients = self.store.clients().list().await?;
            let words =
                clients.iter().filter(|client| client.enabled && client.acts_for_people()).flat_map(|client| client.allowed_scope.iter());
            Ok(Arc::new(words.cloned().collect()))
        };
        remembered(&self.cache.scope_of_people, &(), look_up).await
    }

    /// The attributes that people can have.
    pub(super) async fn attribute_types(&self) -> Result<Arc<[Attribute]>, Failure> {
        remembered(&self.cache.attributes, &(), || async { Ok(self.store.attributes().list().await?.into()) }).await
    }

    /// The APIs registered here, and our own.
    pub(super) async fn catalog(&self) -> Result<Arc<Catalog>, Failure> {
        let look_up = || async {
            let mut apis: Vec<Api> = own_api(&self.issuer).into_iter().collect();
            apis.extend(self.store.apis().list().await?);
            Ok(Arc::new(Catalog::new(self.issuer.clone(), apis)))
        };
        remembered(&self.cache.catalog, &(), look_up).await
    }
}
