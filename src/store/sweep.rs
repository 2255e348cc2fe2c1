//! Forgetting what can't matter any more, in small batches, so that nobody waits for it.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::identity::session::SessionLimits;
use crate::protocol::grant::refresh_token::RETRY_WINDOW;
use crate::protocol::time::Timestamp;
use crate::store::client::rows::client;
use crate::store::grant::{granted, refresh_token};
use crate::store::logout_notice::LONGEST;
use crate::store::retry::retried;
use crate::store::{
    Store, StoreFailure, departure, initial_access_token, login_failure, logout_notice, registration, revoked_token, used_assertion,
};

impl Store {
    /// Forgets up to `batch` rows of each kind that are over at `now`, each kind in a transaction of its own, and says how many rows those
    /// were in all. While that is not 0, there may be more.
    ///
    /// - The sealed successor of a refresh token that was spent longer ago than [`RETRY_WINDOW`] is blanked.
    /// - Refresh tokens go when they have expired, spent or not; grants with their codes when nothing that they gave can be alive any more.
    ///   A spent code is thereby remembered as long as what it gave.
    /// - Sessions that are over by `limits` end as if somebody had ended them, so that their clients are told. Clients that could not be told
    ///   for [`LONGEST`] are not told any more.
    /// - Revoked tokens and used assertions that have expired, failed sign-ins whose window is over, departures to another
    ///   provider that nobody came back from, initial access tokens that are used up or over.
    /// - Clients that registered themselves and did not get a token in time, with whatever hangs on them.
    pub async fn sweep(&self, now: Timestamp, limits: SessionLimits, batch: u64) -> Result<u64, StoreFailure> {
        let seconds = now.seconds();
        // A family of tokens can be long. It goes token by token, so that its grant then takes no more than its code along.
        let tokens = Query::select()
            .expr(Expr::val(1))
            .from(refresh_token::Entity)
            .and_where(Expr::col((refresh_token::Entity, refresh_token::Column::GrantId)).equals((granted::Entity, granted::Column::Id)))
            .take();
        let grants = Condition::all().add(granted::Column::ExpiresAt.lte(seconds)).add(Expr::exists(tokens).not());
        let used_up = Condition::any()
            .add(initial_access_token::row::Column::UsesLeft.lte(0))
            .add(initial_access_token::row::Column::ExpiresAt.lte(seconds));
        Ok(self.blank_sealed_successors(now, batch).await?
            + self
                .forget::<refresh_token::Entity>(refresh_token::Column::Hash, refresh_token::Column::ExpiresAt.lte(seconds), batch)
                .await?
            + self.forget::<granted::Entity>(granted::Column::Id, grants, batch).await?
            + self.sessions().end_run_out(now, limits, batch).await?
            + self.give_up_notices(now, batch).await?
            + self
                .forget::<revoked_token::row::Entity>(
                    revoked_token::row::Column::Jti,
                    revoked_token::row::Column::ExpiresAt.lte(seconds),
                    batch,
                )
                .await?
            + self
                .forget::<used_assertion::row::Entity>(
                    used_assertion::row::Column::Hash,
                    used_assertion::row::Column::ExpiresAt.lte(seconds),
                    batch,
                )
                .await?
            + self
                .forget::<login_failure::row::Entity>(
                    login_failure::row::Column::KeyHash,
                    login_failure::row::Column::OverAt.lte(seconds),
                    batch,
                )
                .await?
            + self
                .forget::<departure::row::Entity>(departure::row::Column::StateHash, departure::row::Column::ExpiresAt.lte(seconds), batch)
                .await?
            + self.forget::<initial_access_token::row::Entity>(initial_access_token::row::Column::Id, used_up, batch).await?
            + self.forget::<client::Entity>(client::Column::Id, registration::unused(now), batch).await?)
    }

    async fn give_up_notices(&self, now: Timestamp, batch: u64) -> Result<u64, StoreFailure> {
        use logout_notice::row::{Column, Entity};

        let given_up = self.forget::<Entity>(Column::SessionId, Column::EndedAt.lte((now - LONGEST).seconds()), batch).await?;
        if given_up > 0 {
            tracing::warn!(given_up, "clients could not be told in time that sessions are over");
        }
        Ok(given_up)
    }

    async fn blank_sealed_successors(&self, now: Timestamp, batch: u64) -> Result<u64, StoreFailure> {
        use refresh_token::{Column, Entity};

        let over = Condition::all().add(Column::SealedSuccessor.is_not_null()).add(Column::SpentAt.lt((now - RETRY_WINDOW).seconds()));
        retried!(async {
            let blank = Entity::update_many()
                .col_expr(Column::SealedSuccessor, Expr::val(None::<String>))
                .filter(Column::Hash.in_subquery(some(Entity, Column::Hash, over.clone(), batch)));
            Ok(blank.exec(&self.writer).await?.rows_affected)
        })
    }

    /// Removes up to `batch` rows of `E` that are `over`.
    async fn forget<E: EntityTrait>(&self, key: E::Column, over: impl Into<Condition>, batch: u64) -> Result<u64, StoreFailure> {
        let over = over.into();
        retried!(async {
            // PostgreSQL looks at a row again when another request has just changed it, but only at this outer condition.
            let rows = E::delete_many().filter(key.in_subquery(some(E::default(), key, over.clone(), batch))).filter(over.clone());
            Ok(rows.exec(&self.writer).await?.rows_affected)
        })
    }
}

fn some<E: EntityTrait>(entity: E, key: E::Column, over: Condition, batch: u64) -> SelectStatement {
    Query::select().column((entity, key)).from(entity).cond_where(over).limit(batch).take()
}
