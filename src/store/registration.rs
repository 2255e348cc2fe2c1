//! Clients that register themselves.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter};

use crate::protocol::client::{Client, ClientId};
use crate::protocol::registration::Registrar;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::client::rows::client;
use crate::store::retry::retried;
use crate::store::{Insertion, Store, StoreFailure, initial_access_token};

/// The clients that registered themselves.
pub struct Registrations<'a>(pub(super) &'a Store);

/// What became of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Registered {
    /// The client is there, and one use of its initial access token is gone.
    Done,
    /// There are too many of its kind.
    Full,
    /// Its initial access token is used up, over or revoked.
    NotPermitted,
    /// Its name is taken.
    AlreadyThere,
}

impl Registrations<'_> {
    /// Registers a client that comes by itself, with the initial access token whose hash `permit` is, unless `most` such clients are there.
    /// Where everybody may register, requests at the same moment may go beyond that by a few on PostgreSQL.
    pub async fn insert(&self, new: &Client, permit: Option<&TokenHash>, most: u64, now: Timestamp) -> Result<Registered, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if let Some(hash) = permit
                && !initial_access_token::use_up(&change, hash, now).await?
            {
                return Ok(Registered::NotPermitted);
            }
            if client::Entity::find().filter(by_themselves()).count(&change).await? >= most {
                return Ok(Registered::Full);
            }
            if super::client::insert(&change, new).await? == Insertion::AlreadyThere {
                return Ok(Registered::AlreadyThere);
            }
            change.commit().await?;
            Ok(Registered::Done)
        })
    }

    /// Notes that a client got a token: it is kept from now on.
    pub async fn keep(&self, id: &ClientId) -> Result<(), StoreFailure> {
        retried!(async {
            let kept = client::Entity::update_many()
                .col_expr(client::Column::UnusedUntil, Expr::val(None::<i64>))
                .filter(client::Column::Id.eq(id.as_str()))
                .filter(client::Column::UnusedUntil.is_not_null());
            kept.exec(&self.0.writer).await?;
            Ok(())
        })
    }
}

fn by_themselves() -> Condition {
    Condition::all().add(client::Column::RegisteredBy.eq(Registrar::Itself.as_str()))
}

/// Those that nobody has used, and whose time for it is over at `now`.
pub(super) fn unused(now: Timestamp) -> Condition {
    by_themselves().add(client::Column::UnusedUntil.lte(now.seconds()))
}
