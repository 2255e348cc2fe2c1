//! Who came from other providers, and whose accounts that opens.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Map, Value};

use crate::identity::profile::{Identity, refreshed};
use crate::identity::user::User;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;
use crate::store::failure::names_nothing;
use crate::store::grant::granted;
use crate::store::retry::retried;
use crate::store::row::{Row, json, key};
use crate::store::user::{account, locked, write as account_row};
use crate::store::{Applied, Insertion, Store, StoreFailure, api_key, session};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "identity")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub provider: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub issuer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub their_subject: String,
        pub subject: String,
        pub profile: String,
        pub filled: String,
        pub linked_at: i64,
        pub last_used_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What became of taking an identity off an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Unlinked {
    /// It opens nothing any more.
    Done,
    /// It was not linked to that account.
    NotThere,
    /// It is the last way into the account, and stays.
    LastWay,
}

/// The people who came from other providers.
pub struct Identities<'a>(pub(super) &'a Store);

impl Identities<'_> {
    /// The one that a provider, by its name and its issuer, calls `subject`.
    pub async fn find(&self, provider: &str, issuer: &str, subject: &str) -> Result<Option<Identity>, StoreFailure> {
        row::Entity::find_by_id(id(provider, issuer, subject)).one(&self.0.reader).await?.map(read).transpose()
    }

    /// Those that open a person's account, by their providers.
    pub async fn of_user(&self, user: &Subject) -> Result<Vec<Identity>, StoreFailure> {
        let theirs = row::Entity::find()
            .filter(row::Column::Subject.eq(key(user.as_str())))
            .order_by_asc(row::Column::Provider)
            .order_by_asc(row::Column::LinkedAt);
        theirs.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// Whose accounts such identities open.
    pub async fn owners(&self) -> Result<BTreeSet<Subject>, StoreFailure> {
        let owners = row::Entity::find().select_only().column(row::Column::Subject).distinct();
        let owners: Vec<String> = owners.into_tuple().all(&self.0.reader).await?;
        Ok(owners.into_iter().map(Subject::new).collect())
    }

    /// Opens an account for somebody who came for the first time. Nothing is changed when the username is taken, or when the identity opens
    /// another account by now.
    pub async fn open_account(&self, user: &User, identity: &Identity) -> Result<Insertion, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let account = account::Entity::insert(account_row(user)?).on_conflict(OnConflict::new().do_nothing().to_owned());
            if account.exec_without_returning(&change).await? == 0 || insert(&change, identity).await? == 0 {
                change.rollback().await?;
                return Ok(Insertion::AlreadyThere);
            }
            change.commit().await?;
            Ok(Insertion::Inserted)
        })
    }

    /// Links an identity to the account that it names; not when it opens one already. [`Applied::Lost`] then, and when the account is gone.
    pub async fn link(&self, identity: &Identity) -> Result<Applied, StoreFailure> {
        retried!(async {
            match insert(&self.0.writer, identity).await {
                Ok(0) => Ok(Applied::Lost),
                Ok(_) => Ok(Applied::Done),
                Err(error) if names_nothing(&error) => Ok(Applied::Lost),
                Err(error) => Err(error.into()),
            }
        })
    }

    /// Remembers what a provider says now about somebody, and what becomes of their account's claims by it, if neither the link nor the account
    /// has changed since they were read.
    pub async fn refresh(&self, identity: &Identity, before: &User, after: &User) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.subject).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            let updated = row::Entity::update_many()
                .col_expr(row::Column::Profile, Expr::val(json(&identity.profile)?))
                .col_expr(row::Column::Filled, Expr::val(json(&identity.filled)?))
                .col_expr(row::Column::LastUsedAt, Expr::val(identity.last_used_at.seconds()))
                .filter(itself(identity))
                .filter(row::Column::Subject.eq(before.subject.as_str()));
            if updated.exec(&change).await?.rows_affected == 0 {
                return Ok(Applied::Lost);
            }
            if before.claims != after.claims {
                account::Entity::update_many()
                    .col_expr(account::Column::Claims, Expr::val(json(&after.claims)?))
                    .col_expr(account::Column::UpdatedAt, Expr::val(after.updated_at.seconds()))
                    .filter(account::Column::Subject.eq(before.subject.as_str()))
                    .exec(&change)
                    .await?;
            }
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Takes an identity off its account, unless no other way into it is left: a password, or one of the identities in `others`. What it
    /// filled in of the account's claims goes with it. In the same breath, every session but `kept` ends, every grant and API key is revoked,
    /// and a sign-in that is under way comes to nothing: whoever came that way keeps nothing.
    pub async fn unlink(
        &self,
        identity: &Identity,
        others: &[Identity],
        at: Timestamp,
        kept: &SessionId,
    ) -> Result<Unlinked, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            // The account's row is locked, so that two identities can't both go as the one before the last.
            let Some(user) = locked(&change, &identity.user).await? else { return Ok(Unlinked::NotThere) };
            let all = row::Entity::find().filter(row::Column::Subject.eq(key(identity.user.as_str()))).all(&change).await?;
            let is_it = |row: &row::Model| {
                row.provider == identity.provider && row.issuer == identity.issuer && row.their_subject == identity.subject
            };
            let Some(unlinked) = all.iter().find(|row| is_it(row)).cloned().map(read).transpose()? else {
                return Ok(Unlinked::NotThere);
            };
            let opens = |row: &row::Model| {
                let is_other =
                    |other: &Identity| row.provider == other.provider && row.issuer == other.issuer && row.their_subject == other.subject;
                !is_it(row) && others.iter().any(is_other)
            };
            if user.password.is_none() && !all.iter().any(opens) {
                return Ok(Unlinked::LastWay);
            }
            row::Entity::delete_many().filter(itself(identity)).exec(&change).await?;
            let (claims, _) = refreshed(&user.claims, &unlinked.filled, &Map::new());
            account::Entity::update_many()
                .col_expr(account::Column::Claims, Expr::val(json(&claims)?))
                .col_expr(account::Column::PasswordVersion, Expr::col(account::Column::PasswordVersion).add(1))
                .col_expr(account::Column::UpdatedAt, Expr::val(at.seconds()))
                .filter(account::Column::Subject.eq(key(user.subject.as_str())))
                .exec(&change)
                .await?;
            session::end_all_of(&change, &user.subject, Some(kept), at).await?;
            granted::revoke_where(&change, granted::Column::Subject.eq(key(user.subject.as_str())), at).await?;
            api_key::delete_all_of(&change, &user.subject).await?;
            change.commit().await?;
            Ok(Unlinked::Done)
        })
    }
}

fn id(provider: &str, issuer: &str, subject: &str) -> (String, String, String) {
    (key(provider).to_owned(), key(issuer).to_owned(), key(subject).to_owned())
}

fn itself(identity: &Identity) -> Condition {
    Condition::all()
        .add(row::Column::Provider.eq(key(&identity.provider)))
        .add(row::Column::Issuer.eq(key(&identity.issuer)))
        .add(row::Column::TheirSubject.eq(key(&identity.subject)))
}

async fn insert(connection: &impl ConnectionTrait, identity: &Identity) -> Result<u64, sea_orm::DbErr> {
    let text = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
    let model = row::Model {
        provider: identity.provider.clone(),
        issuer: identity.issuer.clone(),
        their_subject: identity.subject.clone(),
        subject: identity.user.to_string(),
        profile: text(&identity.profile),
        filled: text(&identity.filled),
        linked_at: identity.linked_at.seconds(),
        last_used_at: identity.last_used_at.seconds(),
    };
    let row = row::Entity::insert(model.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
    row.exec_without_returning(connection).await
}

fn read(model: row::Model) -> Result<Identity, StoreFailure> {
    let row = Row::new("identity", &model.subject);
    Ok(Identity {
        profile: row.json("profile", &model.profile)?,
        filled: row.json("filled", &model.filled)?,
        provider: model.provider,
        issuer: model.issuer,
        subject: model.their_subject,
        user: Subject::new(model.subject),
        linked_at: Timestamp::from_seconds(model.linked_at),
        last_used_at: Timestamp::from_seconds(model.last_used_at),
    })
}
