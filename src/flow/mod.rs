//! What happens: load the facts, ask the rules, sign, write, answer. No HTTP types here, so that `/token`, the pages and the command line share it.
//!
//! Two kinds of bad news never share a type: a [`Refusal`] is the caller's fault, a [`Failure`] is ours.

mod about;
mod access;
pub mod account;
mod api_key;
pub mod apply;
mod asking;
mod authenticate;
pub mod authorize;
pub mod back_channel;
mod catalog;
mod client_keys;
pub mod client_logo;
mod client_signature;
pub mod consent;
pub mod demo;
pub mod introspect;
mod issue;
pub mod login;
pub mod logout;
pub mod manage;
pub mod metadata;
mod mint;
mod password_check;
pub mod preview;
pub mod providers;
pub mod refusals;
pub mod registration;
mod request_object;
pub mod revoke;
mod sector;
pub mod session;
mod session_end;
mod sign;
mod subject;
pub mod sweep;
mod throttle;
pub mod token;
pub mod userinfo;

use std::sync::Arc;

use tokio::sync::{Notify, OnceCell};

pub use self::catalog::own_scopes;
use crate::clock::Clock;
use crate::flow::asking::{Apart, Asking};
use crate::identity::session::SessionLimits;
use crate::identity::throttle::ThrottleLimits;
use crate::outbound::{Outbound, PrivateHosts};
use crate::password::Passwords;
use crate::protocol::client::{Client, ClientId};
use crate::protocol::explanation::Report;
use crate::protocol::issuer::Issuer;
use crate::protocol::jose::SigningAlgorithm;
use crate::protocol::refusal::Refusal;
use crate::protocol::registration::Policy;
use crate::protocol::time::Timestamp;
use crate::random::Random;
use crate::signing::{KeySize, PairwiseSalt, SharedKeyring, Signer};
use crate::store::{Store, StoreFailure};
use crate::upstream::{Registered, Upstream};

/// What the operator chose, as far as what happens depends on it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long people stay signed in.
    pub session: SessionLimits,
    /// When guessing is slowed down.
    pub throttle: ThrottleLimits,
    /// Characters that a new password must have.
    pub password_minimum: usize,
    /// The size of signing keys to come.
    pub key_size: KeySize,
    /// What clients may have something signed with.
    pub algorithms: Vec<SigningAlgorithm>,
    /// The most refusals that are kept for whoever asks why.
    pub kept_refusals: u64,
    /// Whether an API key may stand in the query of a request to our own API.
    pub api_key_in_query: bool,
}

/// A running server, but for HTTP.
pub struct Server {
    issuer: Issuer,
    settings: Settings,
    store: Store,
    signer: Signer,
    keyring: SharedKeyring,
    passwords: Passwords,
    clock: Clock,
    random: Random,
    cache: catalog::Cache,
    recorder: refusals::Recorder,
    providers: providers::Registry,
    published_keys: Apart<client_keys::PublishedKeys>,
    /// For the documents that clients publish.
    clients_asked: Apart<Asking>,
    /// For telling clients that a session is over; none where this server asks nobody.
    clients_told: Option<(Outbound, PrivateHosts)>,
    objects_in_time: request_object::InTime,
    request_uris_in_vain: request_object::InVain,
    pairwise_salt: OnceCell<PairwiseSalt>,
    /// A session ended, and clients may have to be told.
    session_ended: Notify,
    logos: client_logo::Logos,
    /// Whose turn it is to make the first keys of an algorithm.
    making_keys: tokio::sync::Mutex<()>,
    registration: Policy,
}

/// Something of ours failed: the caller gets `server_error` and a trace id, the log gets this.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error("the store failed: {0}")]
    Store(#[from] StoreFailure),
    /// Signing.
    #[error("signing failed: {0}")]
    Signing(#[from] crate::signing::SigningFailure),
    /// Sealing or opening a refresh token's successor.
    #[error("sealing failed: {0}")]
    Sealing(#[from] crate::signing::SealingFailure),
    /// The key folder.
    #[error("the key folder failed: {0}")]
    Keys(#[from] crate::signing::KeyFolderFailure),
    /// Work on another thread did not come to its end.
    #[error("work on another thread broke off")]
    Interrupted,
    /// Hashing a password.
    #[error("hashing failed: {0}")]
    Hashing(#[from] crate::password::PasswordFailure),
    /// Writing what is stored as a file.
    #[error("the file can't be written: {0}")]
    Export(#[from] toml::ser::Error),
    /// Others changed the same thing again and again.
    #[error("gave up after losing the same race {0} times")]
    Contended(u32),
}

impl Failure {
    /// Whether the database is away, so that the same request may succeed later.
    #[must_use]
    pub const fn is_outage(&self) -> bool {
        matches!(self, Self::Store(StoreFailure::Unavailable(_)))
    }
}

/// A flow's answer to a client. `client` is known once it has authenticated; only then may a browser show it the answer.
pub struct Answered<T, R = Refusal> {
    /// Who asked.
    pub client: Option<Arc<Client>>,
    /// What they get.
    pub reply: Result<T, R>,
    /// What the operator may know about an answer that is no refusal, but less than was asked for.
    pub noted: Option<Report>,
}

impl<T> Answered<T> {
    fn refused(refusal: impl Into<Refusal>) -> Self {
        Self { client: None, reply: Err(refusal.into()), noted: None }
    }

    const fn to(client: Arc<Client>, reply: Result<T, Refusal>) -> Self {
        Self { client: Some(client), reply, noted: None }
    }
}

impl Server {
    /// Puts a server together.
    #[must_use]
    pub fn new(
        issuer: Issuer,
        settings: Settings,
        store: Store,
        keyring: SharedKeyring,
        passwords: Passwords,
        clock: Clock,
        random: Random,
    ) -> Self {
        let cache = catalog::Cache::new();
        let recorder = refusals::Recorder::new(settings.kept_refusals, clock.clone());
        let providers = providers::Registry::default();
        let signer = Signer::new(keyring.clone());
        let published_keys = Apart::new(client_keys::PublishedKeys::default);
        let objects_in_time = request_object::InTime::default();
        let making_keys = tokio::sync::Mutex::default();
        let registration = Policy::default();
        Self {
            issuer,
            settings,
            store,
            signer,
            keyring,
            passwords,
            clock,
            random,
            cache,
            recorder,
            providers,
            published_keys,
            clients_asked: Apart::new(Asking::default),
            clients_told: None,
            objects_in_time,
            request_uris_in_vain: request_object::InVain::default(),
            session_ended: Notify::new(),
            making_keys,
            pairwise_salt: OnceCell::new(),
            registration,
            logos: client_logo::Logos::new(None),
        }
    }

    /// The server that also takes people from other providers: those of the configuration, and those that are stored.
    #[must_use]
    pub fn with_providers(mut self, upstream: Upstream, configured: Vec<Registered>) -> Self {
        self.providers = providers::Registry::new(upstream, configured);
        self
    }

    /// The server that also asks clients for what they publish themselves (keys, request objects, who is of their sector, logos), and tells them
    /// that a session is over. `private` are the hosts that may be somewhere private.
    #[must_use]
    pub fn asking_clients(mut self, outbound: &Outbound, private: PrivateHosts) -> Self {
        let asking = || Asking::by(outbound.apart(), private.clone());
        self.published_keys = Apart::new(|| client_keys::PublishedKeys::new(asking()));
        self.clients_asked = Apart::new(asking);
        self.logos = client_logo::Logos::new(Some((outbound.apart(), private.clone())));
        self.clients_told = Some((outbound.apart(), private));
        self
    }

    /// The server at which clients register themselves, as far as `policy` lets them. What our own API does is never theirs to ask for.
    #[must_use]
    pub fn registering(mut self, policy: Policy) -> Self {
        let scope = policy.scope.filter(|word| !own_scopes().any(|(own, _)| own == word.as_str()));
        self.registration = Policy { scope, ..policy };
        self
    }

    /// The one URL that names this server.
    #[must_use]
    pub const fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of randomness.
    #[must_use]
    pub const fn random(&self) -> &Random {
        &self.random
    }

    /// How many passwords were compared with a hash so far.
    #[must_use]
    pub fn password_verifications(&self) -> u64 {
        self.passwords.verifications()
    }

    /// Whether the store answers.
    pub async fn is_ready(&self) -> Result<(), Failure> {
        Ok(self.store.ping().await?)
    }

    /// Whether scripts of a web origin may call us for any enabled client.
    pub async fn allows_origin(&self, origin: &str) -> Result<bool, Failure> {
        Ok(self.store.clients().allows_origin(origin).await?)
    }

    /// Writes what still waits to be written, and closes the database.
    pub async fn close(&self) {
        if let Err(failure) = self.write_refusals().await {
            tracing::warn!(%failure, "why the last requests were refused is lost");
        }
        self.store.close().await;
    }

    /// A client that is enabled, as it is stored right now.
    async fn enabled_client(&self, id: &ClientId) -> Result<Option<Client>, Failure> {
        Ok(self.store.clients().find(id).await?.filter(|client| client.enabled))
    }
}
