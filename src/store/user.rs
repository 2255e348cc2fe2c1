//! People with an account.

use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, RelationTrait,
    Select, Set,
};

use crate::identity::user::{PasswordHash, User, Username};
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;
use crate::store::grant::granted;
use crate::store::group::{self, Membership, Memberships};
use crate::store::retry::retried;
use crate::store::row::{Row, contains, json, key};
use crate::store::{Applied, Insertion, Store, StoreFailure, api_key, session};

/// The table: "user" is a reserved word.
pub(super) mod account {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "account")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        pub username: String,
        pub password_hash: Option<String>,
        pub password_version: i64,
        pub claims: String,
        pub roles: String,
        pub attributes: String,
        pub enabled: bool,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(
            belongs_to = "crate::store::group::group_member::Entity",
            from = "Column::Subject",
            to = "crate::store::group::group_member::Column::Subject"
        )]
        Membership,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which people are listed.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// Text in their username, whatever its case.
    pub text: Option<String>,
    /// A role that they have, whatever its case.
    pub role: Option<String>,
    /// Whether they are enabled.
    pub enabled: Option<bool>,
}

/// The people with an account.
pub struct Users<'a>(pub(super) &'a Store);

impl Users<'_> {
    /// The person called `subject` in tokens.
    pub async fn find(&self, subject: &Subject) -> Result<Option<User>, StoreFailure> {
        one(&self.0.reader, subject).await
    }

    /// The person who signs in as `username`.
    pub async fn find_by_username(&self, username: &Username) -> Result<Option<User>, StoreFailure> {
        let named = account::Entity::find().filter(account::Column::Username.eq(username.as_str()));
        Ok(all(&self.0.reader, named).await?.pop())
    }

    /// All of them by their usernames.
    pub async fn list(&self) -> Result<Vec<User>, StoreFailure> {
        all(&self.0.reader, account::Entity::find().order_by_asc(account::Column::Username)).await
    }

    /// Opens an account, unless the username (or the subject) is taken.
    pub async fn insert(&self, new: &User) -> Result<Insertion, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let row = account::Entity::insert(write(new)?).on_conflict(OnConflict::new().do_nothing().to_owned());
            if row.exec_without_returning(&change).await? == 0 {
                return Ok(Insertion::AlreadyThere);
            }
            group::put(&change, &new.subject, &new.groups).await?;
            change.commit().await?;
            Ok(Insertion::Inserted)
        })
    }

    /// At most `limit` of those that `filter` lets through, by their usernames, from the one that follows `after` on.
    pub async fn page(&self, filter: &UserFilter, after: Option<&str>, limit: u64) -> Result<Vec<User>, StoreFailure> {
        let mut found = account::Entity::find().order_by_asc(account::Column::Username).limit(limit);
        if let Some(text) = &filter.text {
            found = found.filter(contains(account::Column::Username, text));
        }
        if let Some(role) = &filter.role {
            // The column is a list in JSON, and a role has nothing in it that JSON would escape.
            let word = format!("\"{role}\"");
            let by_group = account::Column::Subject.in_subquery(group::members_with_role(&word));
            found = found.filter(Condition::any().add(contains(account::Column::Roles, &word)).add(by_group));
        }
        if let Some(enabled) = filter.enabled {
            found = found.filter(account::Column::Enabled.eq(enabled));
        }
        if let Some(after) = after {
            found = found.filter(account::Column::Username.gt(key(after)));
        }
        // Groups stand beside people row by row: the people are counted without them.
        let subjects = found.select_only().column(account::Column::Subject).into_query();
        let people = account::Entity::find().filter(account::Column::Subject.in_subquery(subjects));
        all(&self.0.reader, people.order_by_asc(account::Column::Username)).await
    }

    /// Writes claims, attributes, roles, groups, password, `enabled` and `updated_at`, if the account is still as `before` says. In the same breath, every session
    /// of a person who is disabled or gets another password ends, and every grant of theirs is revoked.
    pub async fn replace(&self, before: &User, after: &User) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.subject).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            let itself = account::Column::Subject.eq(key(before.subject.as_str()));
            let other_password = before.password != after.password;
            let row = account::ActiveModel {
                subject: NotSet,
                username: NotSet,
                password_version: Set(before.password_version + i64::from(other_password)),
                created_at: NotSet,
                ..write(after)?
            };
            account::Entity::update_many().set(row).filter(itself).exec(&change).await?;
            group::put(&change, &before.subject, &after.groups).await?;
            if other_password || (before.enabled && !after.enabled) {
                session::end_all_of(&change, &before.subject, None, after.updated_at).await?;
                if other_password {
                    api_key::delete_all_of(&change, &before.subject).await?;
                }
                let theirs = granted::Column::Subject.eq(key(before.subject.as_str()));
                granted::revoke_where(&change, theirs, after.updated_at).await?;
            }
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Gives a person another password and, in the same breath, ends every session of theirs but `except` and revokes every grant and API key: whoever
    /// knew the old password keeps nothing. With `version`, only if the password is still the one that was checked. False when it is not, or
    /// when there is no such person.
    pub async fn set_password(
        &self,
        subject: &Subject,
        password: &PasswordHash,
        version: Option<i64>,
        at: Timestamp,
        except: Option<&SessionId>,
    ) -> Result<bool, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let mut row = account::Entity::update_many()
                .col_expr(account::Column::PasswordHash, Expr::val(password.as_phc()))
                .col_expr(account::Column::PasswordVersion, Expr::col(account::Column::PasswordVersion).add(1))
                .col_expr(account::Column::UpdatedAt, Expr::val(at.seconds()))
                .filter(account::Column::Subject.eq(key(subject.as_str())));
            if let Some(checked) = version {
                row = row.filter(account::Column::PasswordVersion.eq(checked));
            }
            if row.exec(&change).await?.rows_affected == 0 {
                return Ok(false);
            }
            session::end_all_of(&change, subject, except, at).await?;
            api_key::delete_all_of(&change, subject).await?;
            granted::revoke_where(&change, granted::Column::Subject.eq(key(subject.as_str())), at).await?;
            change.commit().await?;
            Ok(true)
        })
    }

    /// Replaces a password's hash by another one of the same password, unless the password was changed meanwhile; false then.
    pub async fn upgrade_password(&self, subject: &Subject, old: &PasswordHash, new: &PasswordHash) -> Result<bool, StoreFailure> {
        let row = account::Entity::update_many()
            .col_expr(account::Column::PasswordHash, Expr::val(new.as_phc()))
            .filter(account::Column::Subject.eq(key(subject.as_str())))
            .filter(account::Column::PasswordHash.eq(old.as_phc()));
        Ok(row.exec(&self.0.writer).await?.rows_affected > 0)
    }

    /// Removes a person with everything of theirs (sessions, grants, tokens, consents), if they are still as `before` says.
    pub async fn delete(&self, before: &User, at: Timestamp) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.subject).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            session::end_all_of(&change, &before.subject, None, at).await?;
            account::Entity::delete_by_id(key(before.subject.as_str())).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }
}

/// A person as they are until `change` is made: on PostgreSQL the row is locked, so that nobody else changes it meanwhile.
pub(super) async fn locked(change: &impl ConnectionTrait, subject: &Subject) -> Result<Option<User>, StoreFailure> {
    account::Entity::find_by_id(key(subject.as_str())).lock_exclusive().one(change).await?;
    one(change, subject).await
}

async fn one(connection: &impl ConnectionTrait, subject: &Subject) -> Result<Option<User>, StoreFailure> {
    Ok(all(connection, account::Entity::find_by_id(key(subject.as_str()))).await?.pop())
}

/// The people that are selected, by one query with the groups that they are in. A person is one row for each of these.
async fn all(connection: &impl ConnectionTrait, people: Select<account::Entity>) -> Result<Vec<User>, StoreFailure> {
    let mut users: Vec<User> = Vec::new();
    for Found { account, membership } in
        group::beside(people, account::Relation::Membership.def()).into_model::<Found>().all(connection).await?
    {
        let membership = membership.read()?;
        match users.last_mut().filter(|user| user.subject.as_str() == account.subject) {
            Some(user) => user.groups.extend(membership),
            None => users.push(read(account, membership.into_iter().collect())?),
        }
    }
    Ok(users)
}

/// A person beside one of their groups.
#[derive(FromQueryResult)]
struct Found {
    #[sea_orm(nested)]
    account: account::Model,
    #[sea_orm(nested)]
    membership: Membership,
}

/// Holds a person's password as it is until `change` is made: lost when it is another one than `version` by now, or the account is
/// disabled or gone. The row is written, not only read, so that a change of the password waits, and then sees what was begun.
pub(super) async fn confirm_password(change: &impl ConnectionTrait, user: &Subject, version: i64) -> Result<Applied, StoreFailure> {
    let same = account::Entity::update_many()
        .col_expr(account::Column::PasswordVersion, Expr::val(version))
        .filter(account::Column::Subject.eq(key(user.as_str())))
        .filter(account::Column::PasswordVersion.eq(version))
        .filter(account::Column::Enabled.eq(true));
    Ok(if same.exec(change).await?.rows_affected == 1 { Applied::Done } else { Applied::Lost })
}

fn read(model: account::Model, groups: Memberships) -> Result<User, StoreFailure> {
    let row = Row::new("account", &model.subject);
    // Upper case would be folded, and then not be found again.
    let username = Username::parse(&model.username).ok().filter(|username| username.as_str() == model.username);
    Ok(User {
        username: row.known("username", username)?,
        claims: row.json("claims", &model.claims)?,
        attributes: row.json("attributes", &model.attributes)?,
        roles: row.json("roles", &model.roles)?,
        groups,
        subject: Subject::new(model.subject),
        password: model.password_hash.map(PasswordHash::from_phc),
        password_version: model.password_version,
        enabled: model.enabled,
        created_at: Timestamp::from_seconds(model.created_at),
        updated_at: Timestamp::from_seconds(model.updated_at),
    })
}

pub(super) fn write(user: &User) -> Result<account::ActiveModel, StoreFailure> {
    Ok(account::ActiveModel {
        subject: Set(user.subject.to_string()),
        username: Set(user.username.to_string()),
        password_hash: Set(user.password.as_ref().map(|hash| hash.as_phc().to_owned())),
        password_version: Set(user.password_version),
        claims: Set(json(&user.claims)?),
        roles: Set(json(&user.roles)?),
        attributes: Set(json(&user.attributes)?),
        enabled: Set(user.enabled),
        created_at: Set(user.created_at.seconds()),
        updated_at: Set(user.updated_at.seconds()),
    })
}
