//! Grants, and the codes and refresh tokens that came of them.

mod apply;
pub(super) mod code;
pub(super) mod granted;
pub(super) mod refresh_token;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, SelectTwo};

use crate::identity::session::{Interaction, SessionLimits};
use crate::protocol::grant::{Effect, Grant, authorization_code, refresh_token as refresh};
use crate::protocol::subject::{GrantId, SessionId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::retry::retried;
use crate::store::row::key;
use crate::store::{Applied, Store, StoreFailure, client, session, session_client};

/// What people granted.
pub struct Grants<'a>(pub(super) &'a Store);

impl Grants<'_> {
    /// Makes the changes of a decision in one transaction, all of them or none. [`Applied::Lost`] when another request spent the code or
    /// the refresh token first, when its grant was revoked meanwhile, or when the client, the person or the grant is gone.
    pub async fn apply(&self, effects: &[Effect]) -> Result<Applied, StoreFailure> {
        if effects.is_empty() {
            return Ok(Applied::Done);
        }
        retried!(async {
            let change = self.0.begin().await?;
            for effect in effects {
                if apply::apply(&change, effect).await? == Applied::Lost {
                    change.rollback().await?;
                    return Ok(Applied::Lost);
                }
            }
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Remembers a new code with its grant, given in a session that must still be there, and uses up what the person did for it there.
    /// [`Applied::Lost`] when the session is over, when another request used that up first, or when the client or the person is gone.
    pub async fn insert_code(
        &self,
        new: &authorization_code::Stored,
        given_in: Option<(&SessionId, Option<&Interaction>)>,
    ) -> Result<Applied, StoreFailure> {
        self.insert_with(&new.grant, Some(new), given_in).await
    }

    /// Remembers a new grant that no code was given for, like [`Self::insert_code`].
    pub async fn insert(&self, new: &Grant, given_in: (&SessionId, Option<&Interaction>)) -> Result<Applied, StoreFailure> {
        self.insert_with(new, None, Some(given_in)).await
    }

    async fn insert_with(
        &self,
        grant: &Grant,
        code: Option<&authorization_code::Stored>,
        given_in: Option<(&SessionId, Option<&Interaction>)>,
    ) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let goes_on = match given_in {
                Some((session, Some(interaction))) => session::use_up(&change, session, interaction).await?,
                Some((session, None)) => session::hold(&change, session).await?,
                None => true,
            };
            let is_given = goes_on && granted::insert(&change, grant).await? == Applied::Done;
            if !is_given || join(&change, grant).await? == Applied::Lost {
                change.rollback().await?;
                return Ok(Applied::Lost);
            }
            if let Some(code) = code {
                code::Entity::insert(code::write(code).into_active_model()).exec_without_returning(&change).await?;
            }
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// The code with this hash, spent or not, with its grant.
    pub async fn find_code(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        limits: SessionLimits,
    ) -> Result<Option<authorization_code::Stored>, StoreFailure> {
        let found = code::Entity::find_by_id(hash.as_str()).find_also_related(granted::Entity).and_also_related(session::row::Entity);
        match found.one(&self.0.reader).await? {
            Some((code, Some(grant), session)) => code::read(code, grant, session, now, limits).map(Some),
            // A code goes with its grant.
            _ => Ok(None),
        }
    }

    /// The refresh token with this hash, spent or not, with its grant, in one query.
    pub async fn find_refresh_token(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        limits: SessionLimits,
    ) -> Result<Option<refresh::Stored>, StoreFailure> {
        let found = refresh_token::find(&self.0.reader, hash).await?;
        found.map(|found| refresh_token::read(found, now, limits)).transpose()
    }

    /// The grant called `id`, and whether the session in which it was given goes on (true where there was none).
    pub async fn find(&self, id: &GrantId, now: Timestamp, limits: SessionLimits) -> Result<Option<(Grant, bool)>, StoreFailure> {
        let found = with_session().filter(granted::Column::Id.eq(key(id.as_str()))).one(&self.0.reader).await?;
        found.map(|(grant, session)| granted::read_with_session(grant, session, now, limits)).transpose()
    }

    /// What a person granted and is still good for something, the newest first: not revoked, not expired, and its session goes on or it
    /// outlives it.
    pub async fn of_user(&self, user: &Subject, now: Timestamp, limits: SessionLimits) -> Result<Vec<Grant>, StoreFailure> {
        let theirs = with_session()
            .filter(granted::Column::Subject.eq(key(user.as_str())))
            .filter(granted::Column::RevokedAt.is_null())
            .filter(granted::Column::ExpiresAt.gt(now.seconds()))
            .order_by_desc(granted::Column::CreatedAt)
            .order_by_asc(granted::Column::Id);
        let keepers = client::that_keep_without_session(&self.0.reader).await?;
        let mut live = Vec::new();
        for (grant, session) in theirs.all(&self.0.reader).await? {
            let (grant, session_is_live) = granted::read_with_session(grant, session, now, limits)?;
            if session_is_live || grant.is_offline() || keepers.contains(grant.client.as_str()) {
                live.push(grant);
            }
        }
        Ok(live)
    }

    /// Takes back everything that a grant gave. When it was taken back first, stays.
    pub async fn revoke(&self, id: &GrantId, at: Timestamp) -> Result<(), StoreFailure> {
        Ok(granted::revoke(&self.0.writer, id, at).await?)
    }

    /// Takes back everything that a person granted.
    pub async fn revoke_all_of(&self, user: &Subject, at: Timestamp) -> Result<(), StoreFailure> {
        retried!(async { Ok(granted::revoke_where(&self.0.writer, granted::Column::Subject.eq(key(user.as_str())), at).await?) })
    }
}

/// Whoever learns who signed in takes part in the session.
async fn join(change: &impl ConnectionTrait, grant: &Grant) -> Result<Applied, StoreFailure> {
    match &grant.session {
        Some(session) if grant.scope.contains("openid") => session_client::join(change, session, &grant.client).await,
        _ => Ok(Applied::Done),
    }
}

fn with_session() -> SelectTwo<granted::Entity, session::row::Entity> {
    granted::Entity::find().find_also_related(session::row::Entity)
}
