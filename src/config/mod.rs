//! What the operator chose: one file per section. A setting is declared once, and parsing, its default, its environment variable, the
//! refusal of unknown names and the reference in `docs/configuration.md` all come from that declaration. Nothing here acts on a
//! setting; a configuration that exists has been checked.

pub mod api_keys;
pub mod database;
pub mod docs;
pub mod keys;
mod kind;
pub mod log;
pub mod login;
pub mod outbound;
pub mod password;
mod problem;
pub mod provider;
mod reference;
pub mod registration;
pub mod server;
pub mod session;
mod settings;
mod source;
pub mod tls;
mod top;
mod warnings;

use std::path::Path;

pub use self::api_keys::ApiKeys;
pub use self::database::Database;
pub use self::docs::Docs;
pub use self::keys::Keys;
pub use self::log::Log;
pub use self::login::Login;
pub use self::outbound::Outbound;
pub use self::password::Password;
pub use self::problem::{Problem, Problems};
pub use self::provider::ConfiguredProvider;
pub use self::reference::reference;
pub use self::registration::Registration;
pub use self::server::Server;
pub use self::session::Session;
use self::settings::Section;
use self::source::Source;
pub use self::tls::Tls;
use self::top::Top;
use crate::protocol::issuer::Issuer;

/// Everything that an operator can choose, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The URL that names this server.
    pub issuer: Issuer,
    /// Where we listen and how long we wait.
    pub server: Server,
    /// Whether we speak TLS ourselves.
    pub tls: Tls,
    /// Where we remember.
    pub database: Database,
    /// Where the signing keys are.
    pub keys: Keys,
    /// How passwords are hashed and how long they must be.
    pub password: Password,
    /// When failed sign-ins are slowed down.
    pub login: Login,
    /// How long people stay signed in.
    pub session: Session,
    /// What is logged, and how.
    pub log: Log,
    /// Whether there is documentation.
    pub docs: Docs,
    /// How other servers are asked.
    pub outbound: Outbound,
    /// Other identity providers.
    pub providers: Vec<ConfiguredProvider>,
    /// Where API keys may stand.
    pub api_keys: ApiKeys,
    /// Whether clients register themselves.
    pub registration: Registration,
}

impl Config {
    /// Reads the file at `path`, if there is one to read, and the variables of `environment`, which win over the file.
    ///
    /// # Errors
    /// Every problem of both, not only the first.
    pub fn load(path: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, Problems> {
        let mut source = Source::open(path, environment);
        let top = Top::read(&mut source);
        let server = Server::read(&mut source);
        let tls = Tls::read(&mut source);
        let database = Database::read(&mut source);
        let keys = Keys::read(&mut source);
        let password = Password::read(&mut source);
        let login = Login::read(&mut source);
        let session = Session::read(&mut source);
        let log = Log::read(&mut source);
        let docs = Docs::read(&mut source);
        let api_keys = ApiKeys::read(&mut source);
        let registration = Registration::read(&mut source);
        let outbound = Outbound::read(&mut source);
        let providers = provider::read(&mut source);
        let mut problems = source.into_problems();
        problems.extend(tls.as_ref().and_then(Tls::contradiction));
        problems.extend(keys.as_ref().and_then(Keys::contradiction));
        problems.extend(password.as_ref().and_then(Password::contradiction));
        problems.extend(login.as_ref().and_then(Login::contradiction));
        problems.extend(session.as_ref().and_then(Session::contradiction));
        problems.extend(registration.as_ref().and_then(Registration::contradiction));
        match (top, server, tls, database, keys, password, login, session, log, docs, api_keys, registration, outbound) {
            (
                Some(top),
                Some(server),
                Some(tls),
                Some(database),
                Some(keys),
                Some(password),
                Some(login),
                Some(session),
                Some(log),
                Some(docs),
                Some(api_keys),
                Some(registration),
                Some(outbound),
            ) if problems.is_empty() => Ok(Self {
                issuer: top.issuer,
                server,
                tls,
                database,
                keys,
                password,
                login,
                session,
                log,
                docs,
                api_keys,
                registration,
                outbound,
                providers,
            }),
            _ => Err(Problems::new(problems)),
        }
    }

    /// What makes this server less secure than it could be, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        warnings::of(self)
    }
}

/// The variables of this process. What is not Unicode is read with replacement characters, so that it is refused and not overlooked.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
}

#[cfg(test)]
mod tests;
