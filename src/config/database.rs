//! Where we remember.

use std::fmt;
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::kind::{flag, parsed, whole_number};
use super::settings::{Presence, settings};

settings! {
    /// The database: a SQLite file, or PostgreSQL where one machine is not enough.
    pub Database "database"

    /// Where the database is: `sqlite://FILE`, relative to the folder that the server was started in, or
    /// `postgres://USER:PASSWORD@HOST/NAME`.
    url: DatabaseUrl = parsed("a sqlite:// or postgres:// URL", DatabaseUrl::parse).secret(), Presence::Default("sqlite://claviger.db");

    /// Connections to the database that are kept at most.
    max_connections: u32 = whole_number(1..=1000), Presence::Default("8");

    /// Whether a server that starts changes an older database to the current form by itself. If not, it refuses to start until
    /// `claviger migrate` has run.
    migrate_on_start: bool = flag(), Presence::Default("false");
}

/// The URL of a database. It may contain a password: `Debug` shows nothing of it and `Display` leaves out user, password and options.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(SecretString);

/// The text is no URL of a database that we know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// Neither form.
    #[error("must be sqlite:// and the path of a file, or a URL that begins with postgres:// or postgresql://")]
    Form,
    /// A parameter that no driver knows would be ignored; `sslmode` with a typo, for example.
    #[error("has a parameter that is not known: {0}")]
    Parameter(String),
}

/// The parameters of a PostgreSQL URL that the driver knows.
const PARAMETERS: [&str; 20] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "sslnegotiation",
    "connect_timeout",
];

impl DatabaseUrl {
    /// Reads the URL of a SQLite or PostgreSQL database.
    pub fn parse(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if let Some(path) = text.strip_prefix("sqlite://") {
            return if path.is_empty() || path.contains('?') { Err(InvalidDatabaseUrl::Form) } else { Ok(Self(SecretString::from(text))) };
        }
        let url = Url::parse(text).ok().filter(|_| text.starts_with("postgres://") || text.starts_with("postgresql://"));
        let url = url.ok_or(InvalidDatabaseUrl::Form)?;
        let known = |name: &str| PARAMETERS.contains(&name) || name.starts_with("options[");
        // Its name alone: the value may be a password.
        match url.query_pairs().find(|(name, _)| !known(name)) {
            Some((name, _)) => Err(InvalidDatabaseUrl::Parameter(name.into_owned())),
            None => Ok(Self(SecretString::from(text))),
        }
    }

    /// The whole URL, password included.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it is a SQLite database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.sqlite_file().is_some()
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn sqlite_file(&self) -> Option<&Path> {
        self.reveal().strip_prefix("sqlite://").map(Path::new)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let without_options = self.reveal().split('?').next().unwrap_or_default();
        if self.is_sqlite() {
            return formatter.write_str(without_options);
        }
        let Ok(mut url) = Url::parse(without_options) else { return formatter.write_str("postgres://…") };
        let hidden = url.set_password(None).and_then(|()| url.set_username(""));
        if hidden.is_err() && !url.username().is_empty() {
            return formatter.write_str("postgres://…");
        }
        url.set_fragment(None);
        write!(formatter, "{url}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sqlite_and_postgresql_are_databases() {
        for good in ["sqlite://claviger.db", "sqlite:///var/lib/c.db", "postgres://h/n?sslmode=verify-full", "postgresql://u:p@h/n"] {
            assert!(DatabaseUrl::parse(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "claviger.db",
            "sqlite:",
            "sqlite:c.db",
            "sqlite::memory:",
            "sqlite://",
            "sqlite://c.db?mode=rwc",
            "mysql://h/n",
            "postgres:h",
        ];
        for bad in bad.into_iter().chain(["postgres://[/n"]) {
            assert!(DatabaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_parameter_that_would_be_ignored_is_refused_by_its_name_alone() {
        let refused = DatabaseUrl::parse("postgres://h/n?pasword=hunter2&sslmode=require").unwrap_err();
        assert_eq!(refused, InvalidDatabaseUrl::Parameter("pasword".to_owned()));
        assert!(!refused.to_string().contains("hunter2"));
    }

    #[test]
    fn what_is_shown_has_neither_password_nor_options() {
        let shown = |text| DatabaseUrl::parse(text).unwrap().to_string();
        assert_eq!(shown("sqlite://claviger.db"), "sqlite://claviger.db");
        assert_eq!(shown("postgres://claviger:hunter2@db.example:5433/c?password=hunter2"), "postgres://db.example:5433/c");
        assert_eq!(shown("postgres:///c?host=/run/postgresql&password=hunter2"), "postgres:///c");
    }
}
