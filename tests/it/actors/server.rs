//! A whole server on a socket and a database of its own, with a clock that the test moves and reproducible randomness.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use claviger::cli::app::{Surroundings, endpoint};
use claviger::clock::Clock;
use claviger::flow::back_channel::tell_forever;
use claviger::flow::manage::Expected;
use claviger::flow::{Server, Settings};
use claviger::identity::session::SessionLimits;
use claviger::identity::throttle::ThrottleLimits;
use claviger::outbound::{self, Outbound};
use claviger::password::{Argon2Cost, Passwords};
use claviger::protocol::chosen_secret::ChosenSecret;
use claviger::protocol::client::{Client, ClientId, ClientSecret};
use claviger::protocol::client_metadata::ClientMetadata;
use claviger::protocol::explanation::Recorded;
use claviger::protocol::issuer::Issuer;
use claviger::protocol::jose::SigningAlgorithm;
use claviger::protocol::registration::{Access, Policy};
use claviger::protocol::time::Timestamp;
use claviger::protocol::token::TokenHash;
use claviger::protocol::trace_id::TraceId;
use claviger::random::Random;
use claviger::signing::{KeyFolder, KeySize, Reload, Rotation, SharedKeyring, Signer};
use claviger::store::Store;
use claviger::upstream::{Registered, Upstream};
use claviger::web::accept::{Limits, serve};
use claviger::web::listeners::Listeners;
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpSocket;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::database::Database;

/// When every story begins: 2026-11-21 12:00 UTC.
pub const START: Timestamp = Timestamp::from_seconds(1_795_262_400);

pub struct TestServer {
    pub issuer: String,
    pub server: Arc<Server>,
    pub store: Store,
    pub clock: Clock,
    pub http: reqwest::Client,
    pub keys: PathBuf,
    keyring: SharedKeyring,
    _folder: TempDir,
    pub database: Database,
    stop: Option<oneshot::Sender<()>>,
    telling: AbortHandle,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: response.text().await.unwrap() }
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {} {}", self.status, self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// What names the request in the log.
    #[track_caller]
    pub fn trace_id(&self) -> &str {
        self.header("trace-id").unwrap_or_else(|| panic!("no trace id: {} {}", self.status, self.body))
    }

    /// Asserts that this is the specification's error: status, code, `no-store`, a trace id, nothing else.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.json()["error"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("trace-id").map(str::len), Some(32));
        let body = self.json();
        // `error_uri` is for developers alone, whose server has it (`explained::on_a_developers_machine`), and names this very request.
        let reason = body.get("error_uri").map(|place| place.as_str().unwrap());
        assert!(reason.is_none_or(|place| place.ends_with(&format!("/why/{}", self.trace_id()))), "{reason:?}");
        let members: Vec<_> = body.as_object().unwrap().keys().filter(|member| *member != "error_uri").collect();
        assert_eq!(members, ["error", "error_description"]);
    }

    /// Asserts that this is our error page: status 400, the code as text, and nowhere to go.
    #[track_caller]
    pub fn assert_error_page(&self, code: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.body);
        assert_eq!(self.header("location"), None);
        assert!(self.header("content-type").unwrap().starts_with("text/html"));
        assert!(self.body.contains(code), "{}", self.body);
        assert!(!self.body.contains("<script"), "{}", self.body);
        assert_eq!(self.header("x-frame-options"), Some("DENY"));
    }
}

impl TestServer {
    /// A server on SQLite, with the demo data.
    pub async fn start() -> Self {
        Self::start_on(Database::sqlite().await).await
    }

    /// A server on a database.
    pub async fn start_on(database: Database) -> Self {
        Self::start_with(database, Clock::standing_at(START), Surroundings::default()).await
    }

    /// A server with documentation, by the demo client for it.
    pub async fn start_documented() -> Self {
        let surroundings = Surroundings { docs: Some(ClientId::parse("claviger-docs").unwrap()), ..Surroundings::default() };
        Self::start_with(Database::sqlite().await, Clock::standing_at(START), surroundings).await
    }

    /// A server with documentation whose issuer has this path. Clients register themselves there, and it tells the real time.
    pub async fn start_below(path: &str) -> Self {
        let surroundings = Surroundings { docs: Some(ClientId::parse("claviger-docs").unwrap()), ..Surroundings::default() };
        let policy = Policy { access: Access::Open, ..Policy::default() };
        Self::start_as_set(path, Database::sqlite().await, Clock::system(), surroundings, Vec::new(), settings(), policy).await
    }

    /// A server that shows everybody why it refuses something, as on a developer's machine.
    pub async fn start_showing_why() -> Self {
        let surroundings = Surroundings { shows_why: true, ..Surroundings::default() };
        Self::start_with(Database::sqlite().await, Clock::standing_at(START), surroundings).await
    }

    /// A server that tells the real time, for clients that compare it with their own.
    pub async fn start_in_real_time() -> Self {
        Self::start_with(Database::sqlite().await, Clock::system(), Surroundings::default()).await
    }

    /// A server that takes people from other providers.
    pub async fn start_with_providers(providers: Vec<Registered>) -> Self {
        Self::start_between(Database::sqlite().await, Clock::standing_at(START), Surroundings::default(), providers).await
    }

    /// A server with documentation that takes API keys in the query as well.
    pub async fn start_taking_keys_in_query() -> Self {
        let surroundings = Surroundings { docs: Some(ClientId::parse("claviger-docs").unwrap()), ..Surroundings::default() };
        let settings = Settings { api_key_in_query: true, ..settings() };
        let policy = Policy::default();
        Self::start_as_set("", Database::sqlite().await, Clock::standing_at(START), surroundings, Vec::new(), settings, policy).await
    }

    /// A server at which clients register themselves.
    pub async fn start_registering(policy: Policy) -> Self {
        Self::start_registering_on(Database::sqlite().await, policy).await
    }

    /// The same on a database.
    pub async fn start_registering_on(database: Database, policy: Policy) -> Self {
        Self::start_as_set("", database, Clock::standing_at(START), Surroundings::default(), Vec::new(), settings(), policy).await
    }

    /// A server that offers clients these algorithms.
    pub async fn start_offering(algorithms: &[SigningAlgorithm]) -> Self {
        let settings = Settings { algorithms: algorithms.to_vec(), ..settings() };
        let policy = Policy::default();
        Self::start_as_set("", Database::sqlite().await, Clock::standing_at(START), Surroundings::default(), Vec::new(), settings, policy)
            .await
    }

    async fn start_with(database: Database, clock: Clock, surroundings: Surroundings) -> Self {
        Self::start_between(database, clock, surroundings, Vec::new()).await
    }

    pub async fn start_between(database: Database, clock: Clock, surroundings: Surroundings, providers: Vec<Registered>) -> Self {
        Self::start_as_set("", database, clock, surroundings, providers, settings(), Policy::default()).await
    }

    async fn start_as_set(
        path: &str,
        database: Database,
        clock: Clock,
        surroundings: Surroundings,
        providers: Vec<Registered>,
        settings: Settings,
        policy: Policy,
    ) -> Self {
        let listeners = Listeners::bind(&["127.0.0.1:0".parse().unwrap()]).await.unwrap();
        let issuer = format!("http://{}{path}", listeners.local_addresses()[0]);
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        copy_keys(&keys);
        let random = Random::seeded(7);
        let store = database.store.clone();
        let keyring = SharedKeyring::open(KeyFolder::open(&keys).unwrap()).unwrap();
        let passwords = Passwords::new(Argon2Cost::new(64, 1, 1).unwrap(), NonZeroUsize::MIN, 256, random.clone()).unwrap();
        let limits = outbound::Limits { total: Duration::from_secs(2), ..outbound::Limits::default() };
        let outbound = Outbound::new(None, limits).unwrap();
        let upstream = Upstream::new(outbound.clone(), clock.clone());
        let server =
            Server::new(Issuer::parse(&issuer).unwrap(), settings, store.clone(), keyring.clone(), passwords, clock.clone(), random);
        let server = server.with_providers(upstream, providers).asking_clients(&outbound, ["127.0.0.1".to_owned()].into());
        let server = Arc::new(server.registering(policy));
        server.put_demo_data().await.unwrap().unwrap();
        let telling = tokio::spawn(tell_forever(server.clone())).abort_handle();
        let limits = Limits {
            max_connections: 256,
            header_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(10),
            shutdown_timeout: Duration::from_secs(10),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let routes = endpoint(&server, &surroundings);
        tokio::spawn(serve(listeners, None, routes, limits, async {
            let _ = stopped.await;
        }));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { issuer, server, store, clock, http, keys, keyring, _folder: folder, database, stop: Some(stop), telling }
    }

    /// Registers a client like `demo-web`, but for what `change` changes. Its secret is its name with `-secret`.
    pub async fn register(&self, id: &str, change: impl FnOnce(&mut Client)) {
        let like = self.server.client(&ClientId::parse("demo-web").unwrap()).await.unwrap().unwrap();
        let secret = ClientSecret { id: format!("{id}-1"), hash: TokenHash::of(&format!("{id}-secret")), sealed: None, created_at: START };
        let mut client = Client { id: ClientId::parse(id).unwrap(), name: id.to_owned(), secrets: vec![secret], ..like };
        change(&mut client);
        let given = client.secrets.pop().map(|_| ChosenSecret::new(format!("{id}-secret").into()));
        self.server.add_client(client, given).await.unwrap().unwrap();
    }

    /// Lets a client ask for more.
    pub async fn allow(&self, client: &str, scope: &str) {
        let more = |metadata: ClientMetadata| Ok(ClientMetadata { scope: format!("{} {scope}", metadata.scope), ..metadata });
        self.server.change_client(&ClientId::parse(client).unwrap(), &Expected::Anything, more).await.unwrap().unwrap();
    }

    /// Why a request was answered as it was, as an operator is told who has the trace id of the answer.
    pub async fn why(&self, trace_id: &str) -> Recorded {
        let found = self.server.refusal(&TraceId::parse(trace_id).unwrap()).await.unwrap();
        found.unwrap_or_else(|| panic!("nothing is known about {trace_id}"))
    }

    /// The claims of a token of ours of this type, whose signature is verified.
    #[track_caller]
    pub fn verified(&self, typ: &str, jwt: &str) -> Value {
        Signer::new(self.keyring.clone()).verify(typ, jwt, self.clock.now()).unwrap_or_else(|why| panic!("{why}: {jwt}"))
    }

    /// Waits until nobody is to be told any more that a session is over.
    pub async fn everybody_is_told(&self) {
        let start = Instant::now();
        while self.database.rows("logout_notice").await > 0 {
            assert!(start.elapsed() < Duration::from_mins(1), "somebody is still to be told");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path).send().await.unwrap()).await
    }

    /// Posts a form, with Basic authentication when `client` has a secret, as `id` or `id:secret`.
    pub async fn post(&self, path: &str, client: Option<&str>, form: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).form(form);
        let request = match client.map(|client| client.split_once(':').unwrap_or((client, ""))) {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        };
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn token(&self, client: Option<&str>, form: &[(&str, &str)]) -> Answer {
        self.post("/token", client, form).await
    }

    /// A token of `demo-m2m` for itself.
    pub async fn machine_token(&self, scope: &str) -> String {
        let answer = self.token(Some("demo-m2m:demo-m2m-secret"), &[("grant_type", "client_credentials"), ("scope", scope)]).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.body)).to_owned()
    }

    /// What `demo-password` gets for alice.
    pub async fn alices_tokens(&self, scope: &str) -> Value {
        let form = [
            ("grant_type", "password"),
            ("client_id", "demo-password"),
            ("username", "alice"),
            ("password", "wonderland"),
            ("scope", scope),
        ];
        let answer = self.token(None, &form).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// What the demo API's resource server is told about a token.
    pub async fn introspect(&self, token: &str) -> Value {
        self.post("/introspect", Some("demo-api:demo-api-secret"), &[("token", token)]).await.json()
    }

    pub async fn is_active(&self, token: &str) -> bool {
        self.introspect(token).await["active"].as_bool().unwrap()
    }

    /// Rotates the signing keys as the command does, and lets the server notice.
    pub fn rotate_keys(&self) -> Rotation {
        self.rotate_keys_for(SigningAlgorithm::Rs256)
    }

    /// The same for another algorithm than RS256.
    pub fn rotate_keys_for(&self, algorithm: SigningAlgorithm) -> Rotation {
        let folder = KeyFolder::open(&self.keys).unwrap();
        let rotation = folder.rotate(algorithm, KeySize::Rsa2048, &Random::system(), self.clock.now(), Duration::ZERO).unwrap();
        assert_eq!(self.keyring.reload_if_changed().unwrap(), Reload::Reloaded);
        rotation
    }

    /// Takes an algorithm's keys out of the folder, as if nobody had ever needed them, and lets the server notice.
    pub fn forget_keys_of(&self, algorithm: SigningAlgorithm) {
        let list = self.keys.join("keyring.json");
        let mut known: Value = serde_json::from_slice(&std::fs::read(&list).unwrap()).unwrap();
        known["keys"].as_array_mut().unwrap().retain(|key| key["alg"] != algorithm.as_str());
        std::fs::write(&list, known.to_string()).unwrap();
        assert_eq!(self.keyring.reload_if_changed().unwrap(), Reload::Reloaded);
    }

    pub async fn userinfo(&self, token: &str) -> Answer {
        Answer::of(self.request(Method::GET, "/userinfo").bearer_auth(token).send().await.unwrap()).await
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.telling.abort();
    }
}

/// How a server is set where a test says nothing else.
fn settings() -> Settings {
    Settings {
        session: SessionLimits { idle: Duration::from_hours(8), absolute: Duration::from_hours(7 * 24) },
        throttle: ThrottleLimits { account_failures: 10, address_failures: 100, window: Duration::from_mins(15) },
        password_minimum: 8,
        key_size: KeySize::default(),
        algorithms: SigningAlgorithm::ALL.to_vec(),
        kept_refusals: 10_000,
        api_key_in_query: false,
    }
}

/// Making keys takes a moment: they are made once, and each server gets a copy.
pub fn copy_keys(to: &Path) {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        KeyFolder::open_or_create(folder.path(), KeySize::Rsa2048, &Random::system(), START).unwrap();
        folder
    });
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(made.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A port that refuses connections, and that nobody gets as long as its socket is kept.
pub fn port_of_nobody() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}
