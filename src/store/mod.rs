//! What we remember: one aggregate per file, its tables' rows private to it. The only user of SeaORM; the same code runs on SQLite and
//! on PostgreSQL.
//!
//! | remembered | where |
//! |---|---|
//! | clients, their secrets, their web origins | [`client`] |
//! | APIs, their scopes, who may introspect | [`api`] |
//! | people with an account | [`user`] |
//! | groups of people, and who is in them | [`group`] |
//! | what else can be known about people | [`attribute`] |
//! | people's sessions, and which clients take part in them | [`session`], `session_client` |
//! | clients that are still to be told that a session is over | [`logout_notice`] |
//! | other identity providers | [`provider`] |
//! | who came from there, and who is on their way | [`identity`], [`departure`] |
//! | what people allowed which client | [`consent`] |
//! | grants, codes, refresh tokens | [`grant`] |
//! | the salt of pairwise subjects | [`pairwise_salt`] |
//! | API keys | [`api_key`] |
//! | clients that register themselves, and what lets them | [`registration`], [`initial_access_token`] |
//! | access tokens taken back early | [`revoked_token`] |
//! | assertions that clients have used | [`used_assertion`] |
//! | failed sign-ins | [`login_failure`] |
//! | why requests were refused | [`refusal`] |
//!
//! Every operation is one short transaction. Whatever may happen once only is a guarded statement (`UPDATE … WHERE spent_at IS NULL`):
//! no row changed means that another request was first. Nothing here rests on what was read before: what another request took or
//! removed in the meantime is [`Applied::Lost`], and the caller reads and decides again.

pub mod api;
pub mod api_key;
pub mod attribute;
pub mod client;
mod connection;
pub mod consent;
pub mod departure;
mod failure;
pub mod grant;
pub mod group;
pub mod identity;
pub mod initial_access_token;
pub mod login_failure;
pub mod logout_notice;
pub mod pairwise_salt;
pub mod provider;
pub mod refusal;
pub mod registration;
mod retry;
pub mod revoked_token;
mod row;
pub mod session;
mod session_client;
mod sweep;
pub mod used_assertion;
pub mod user;

use claviger_migrations::{Migrator, MigratorTrait};
use sea_orm::sea_query::{Func, Query};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

pub use api::ApiWritten;
pub use api_key::ApiKeyFilter;
pub use client::ClientFilter;
pub use consent::Consent;
pub use failure::StoreFailure;
pub use identity::Unlinked;
pub use logout_notice::LogoutNotice;
pub use provider::StoredProvider;
pub use registration::Registered;
pub use user::UserFilter;

/// The database. Its clones share its connections.
#[derive(Clone, Debug)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
}

/// What became of a change that rests on what was read before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// It is made, and survives a crash from now on.
    Done,
    /// Nothing is changed: another request used up, took back or removed what it rests on. Read again and decide again.
    Lost,
}

/// What became of something new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Insertion {
    /// It is there now.
    Inserted,
    /// Nothing is changed: its name is taken.
    AlreadyThere,
}

/// Names the lock under which PostgreSQL migrates: two instances that start together must not both make the tables.
const MIGRATION_LOCK: i64 = 0x636c_6176_6967_6572;

impl Store {
    /// Opens the database at `url`: `sqlite://` and a path, or `postgres://user:password@host/database`.
    ///
    /// SQLite has one connection that writes and up to four that read (fewer when `max_connections` is less), opened when they are
    /// needed; a missing file is made, readable by its owner alone, in a folder that must exist. PostgreSQL has up to `max_connections`.
    pub async fn connect(url: &str, max_connections: u32) -> Result<Self, StoreFailure> {
        let connections = max_connections.max(1);
        let (reader, writer) = if let Some(path) = url.strip_prefix("sqlite://") {
            connection::sqlite(path, connections).await?
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let pool = connection::postgres(url, connections).await?;
            (pool.clone(), pool)
        } else {
            return Err(StoreFailure::Unavailable("its URL must begin with sqlite:// or postgres://".to_owned()));
        };
        Ok(Self { reader, writer })
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreFailure> {
        Ok(self.reader.ping().await?)
    }

    /// The names of the migrations that this program knows and the database lacks, in their order. Changes nothing.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreFailure> {
        pending(&self.reader).await
    }

    /// Brings the schema up to date, in one transaction, and names the migrations that it took. Any number of instances may do so at once.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreFailure> {
        let change = self.begin().await?;
        if change.get_database_backend() == DbBackend::Postgres {
            let lock = Query::select().expr(Func::cust("pg_advisory_xact_lock").arg(MIGRATION_LOCK)).take();
            change.execute(&lock).await?;
        }
        let names = pending(&change).await?;
        Migrator::up(&change, None).await?;
        change.commit().await?;
        Ok(names)
    }

    /// Waits for what is under way and closes every connection. The store and its clones can't be used afterwards.
    pub async fn close(&self) {
        // The writer last, so that SQLite's finds itself alone and folds the write-ahead log into the file. Closing a pool can't fail.
        for connection in [&self.reader, &self.writer] {
            drop(connection.close_by_ref().await);
        }
    }

    /// Clients.
    #[must_use]
    pub const fn clients(&self) -> client::Clients<'_> {
        client::Clients(self)
    }

    /// Clients that register themselves.
    #[must_use]
    pub const fn registrations(&self) -> registration::Registrations<'_> {
        registration::Registrations(self)
    }

    /// What lets them.
    #[must_use]
    pub const fn initial_access_tokens(&self) -> initial_access_token::InitialAccessTokens<'_> {
        initial_access_token::InitialAccessTokens(self)
    }

    /// APIs.
    #[must_use]
    pub const fn apis(&self) -> api::Apis<'_> {
        api::Apis(self)
    }

    /// People with an account.
    #[must_use]
    pub const fn users(&self) -> user::Users<'_> {
        user::Users(self)
    }

    /// Groups of people.
    #[must_use]
    pub const fn groups(&self) -> group::Groups<'_> {
        group::Groups(self)
    }

    /// The attributes that people can have.
    #[must_use]
    pub const fn attributes(&self) -> attribute::Attributes<'_> {
        attribute::Attributes(self)
    }

    /// People's sessions.
    #[must_use]
    pub const fn sessions(&self) -> session::Sessions<'_> {
        session::Sessions(self)
    }

    /// Clients that are still to be told that a session is over.
    #[must_use]
    pub const fn logout_notices(&self) -> logout_notice::LogoutNotices<'_> {
        logout_notice::LogoutNotices(self)
    }

    /// What people allowed which client.
    #[must_use]
    pub const fn consents(&self) -> consent::Consents<'_> {
        consent::Consents(self)
    }

    /// Grants, codes and refresh tokens.
    #[must_use]
    pub const fn grants(&self) -> grant::Grants<'_> {
        grant::Grants(self)
    }

    /// API keys.
    #[must_use]
    pub const fn api_keys(&self) -> api_key::ApiKeys<'_> {
        api_key::ApiKeys(self)
    }

    /// Assertions that clients have used.
    #[must_use]
    pub const fn used_assertions(&self) -> used_assertion::UsedAssertions<'_> {
        used_assertion::UsedAssertions(self)
    }

    /// Access tokens taken back early.
    #[must_use]
    pub const fn revoked_tokens(&self) -> revoked_token::RevokedTokens<'_> {
        revoked_token::RevokedTokens(self)
    }

    /// Failed sign-ins.
    #[must_use]
    pub const fn login_failures(&self) -> login_failure::LoginFailures<'_> {
        login_failure::LoginFailures(self)
    }

    /// Why requests were refused.
    #[must_use]
    pub const fn refusals(&self) -> refusal::Refusals<'_> {
        refusal::Refusals(self)
    }

    /// The salt of pairwise subjects.
    #[must_use]
    pub const fn pairwise_salts(&self) -> pairwise_salt::PairwiseSalts<'_> {
        pairwise_salt::PairwiseSalts(self)
    }

    /// Other identity providers.
    #[must_use]
    pub const fn providers(&self) -> provider::Providers<'_> {
        provider::Providers(self)
    }

    /// Who came from other providers.
    #[must_use]
    pub const fn identities(&self) -> identity::Identities<'_> {
        identity::Identities(self)
    }

    /// Who is on their way to another provider.
    #[must_use]
    pub const fn departures(&self) -> departure::Departures<'_> {
        departure::Departures(self)
    }

    /// Begins a write transaction. It is rolled back unless it is committed, also when the request that it belongs to is abandoned.
    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        // SQLite's own default takes the write lock at the first write, when it may be too late to wait for it. PostgreSQL ignores this.
        let options =
            TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..TransactionOptions::default() };
        self.writer.begin_with_options(options).await
    }
}

async fn pending(connection: &impl ConnectionTrait) -> Result<Vec<String>, StoreFailure> {
    let migrations = Migrator::get_pending_migrations_read_only(connection).await.map_err(|error| match error {
        DbErr::Custom(_) => {
            StoreFailure::Database("it was made by a newer version of Claviger; run that version, or restore a backup".to_owned())
        }
        other => other.into(),
    })?;
    Ok(migrations.iter().map(|migration| migration.name().to_owned()).collect())
}
