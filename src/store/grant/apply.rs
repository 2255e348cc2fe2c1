//! What each effect of a decision does to the tables.

use sea_orm::DatabaseTransaction;

use crate::protocol::grant::Effect;
use crate::store::grant::{code, granted, refresh_token};
use crate::store::{Applied, StoreFailure, session, user};

/// Makes one change within `change`.
pub(super) async fn apply(change: &DatabaseTransaction, effect: &Effect) -> Result<Applied, StoreFailure> {
    match effect {
        Effect::SpendCode { code, at } => code::spend(change, code, *at).await,
        Effect::SpendRefreshToken { token, successor, sealed, at } => refresh_token::spend(change, token, successor, sealed, *at).await,
        Effect::ConfirmPassword { user, version } => user::confirm_password(change, user, *version).await,
        Effect::StartGrant(grant) => granted::insert(change, grant).await,
        Effect::KeepGrant { grant, refresh_until, expires_at } => granted::keep(change, grant, *refresh_until, *expires_at).await,
        Effect::KeepRefreshToken { token, grant, expires_at } => refresh_token::insert(change, token, grant, *expires_at).await,
        Effect::ProlongRefreshToken { token, expires_at } => refresh_token::prolong(change, token, *expires_at).await,
        Effect::RevokeGrant { grant, at } => {
            granted::revoke(change, grant, *at).await?;
            Ok(Applied::Done)
        }
        Effect::NoteSessionUse { session, at } => {
            session::note_use(change, session, *at).await?;
            Ok(Applied::Done)
        }
    }
}
