//! API keys of people and of clients. A key that is revoked is forgotten.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};

use crate::protocol::api_key::{ApiKey, Owner};
use crate::protocol::client::ClientId;
use crate::protocol::subject::{ApiKeyId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::failure::applied;
use crate::store::row::{Row, contains, json, key};
use crate::store::{Applied, Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "api_key")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub hash: String,
        pub name: String,
        pub subject: Option<String>,
        pub client_id: Option<String>,
        pub scope: String,
        pub created_at: i64,
        pub expires_at: Option<i64>,
        pub last_used_at: Option<i64>,
        pub last_used_from: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The keys.
pub struct ApiKeys<'a>(pub(super) &'a Store);

/// Which keys are listed.
#[derive(Clone, Debug, Default)]
pub struct ApiKeyFilter {
    /// Text in their name, whatever its case.
    pub text: Option<String>,
    /// Whose they are.
    pub owner: Option<Owner>,
}

impl ApiKeys<'_> {
    /// Remembers a key by its hash; lost when its owner is gone.
    pub async fn insert(&self, hash: &TokenHash, new: &ApiKey) -> Result<Applied, StoreFailure> {
        let (subject, client_id) = match &new.owner {
            Owner::Person(subject) => (Some(subject.to_string()), None),
            Owner::Client(client) => (None, Some(client.to_string())),
        };
        let model = row::Model {
            id: new.id.to_string(),
            hash: hash.as_str().to_owned(),
            name: new.name.clone(),
            subject,
            client_id,
            scope: json(&new.scope)?,
            created_at: new.created_at.seconds(),
            expires_at: new.expires_at.map(Timestamp::seconds),
            last_used_at: new.last_used_at.map(Timestamp::seconds),
            last_used_from: new.last_used_from.clone(),
        };
        applied(row::Entity::insert(model.into_active_model()).exec_without_returning(&self.0.writer).await)
    }

    /// The key with this hash.
    pub async fn find_by_hash(&self, hash: &TokenHash) -> Result<Option<ApiKey>, StoreFailure> {
        row::Entity::find().filter(row::Column::Hash.eq(hash.as_str())).one(&self.0.reader).await?.map(read).transpose()
    }

    /// The key of this name.
    pub async fn find(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, StoreFailure> {
        row::Entity::find_by_id(key(id.as_str())).one(&self.0.reader).await?.map(read).transpose()
    }

    /// The keys of an owner, the oldest first.
    pub async fn of(&self, owner: &Owner) -> Result<Vec<ApiKey>, StoreFailure> {
        let theirs = row::Entity::find().filter(whose(owner)).order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::Id);
        theirs.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// At most `limit` of those that `filter` lets through, by their identifiers, from the one that follows `after` on.
    pub async fn page(&self, filter: &ApiKeyFilter, after: Option<&str>, limit: u64) -> Result<Vec<ApiKey>, StoreFailure> {
        let mut found = row::Entity::find().order_by_asc(row::Column::Id).limit(limit);
        if let Some(text) = &filter.text {
            found = found.filter(contains(row::Column::Name, text));
        }
        if let Some(owner) = &filter.owner {
            found = found.filter(whose(owner));
        }
        if let Some(after) = after {
            found = found.filter(row::Column::Id.gt(key(after)));
        }
        found.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// Notes that a key was used, unless a use was noted after `unless_since` already.
    pub async fn note_use(&self, id: &ApiKeyId, at: Timestamp, from: &str, unless_since: Timestamp) -> Result<(), StoreFailure> {
        let used = row::Entity::update_many()
            .col_expr(row::Column::LastUsedAt, Expr::val(at.seconds()))
            .col_expr(row::Column::LastUsedFrom, Expr::val(from))
            .filter(row::Column::Id.eq(id.as_str()))
            .filter(Condition::any().add(row::Column::LastUsedAt.is_null()).add(row::Column::LastUsedAt.lte(unless_since.seconds())));
        used.exec(&self.0.writer).await?;
        Ok(())
    }

    /// Revokes a key; lost when there is none.
    pub async fn delete(&self, id: &ApiKeyId) -> Result<Applied, StoreFailure> {
        let gone = row::Entity::delete_by_id(key(id.as_str())).exec(&self.0.writer).await?;
        Ok(if gone.rows_affected == 0 { Applied::Lost } else { Applied::Done })
    }
}

/// Revokes the keys of a person.
pub(super) async fn delete_all_of(change: &impl ConnectionTrait, subject: &Subject) -> Result<(), StoreFailure> {
    row::Entity::delete_many().filter(row::Column::Subject.eq(key(subject.as_str()))).exec(change).await?;
    Ok(())
}

fn whose(owner: &Owner) -> Condition {
    Condition::all().add(match owner {
        Owner::Person(subject) => row::Column::Subject.eq(key(subject.as_str())),
        Owner::Client(client) => row::Column::ClientId.eq(client.as_str()),
    })
}

fn read(model: row::Model) -> Result<ApiKey, StoreFailure> {
    let row = Row::new("api_key", &model.id);
    let owner = match (&model.subject, &model.client_id) {
        (Some(subject), None) => Some(Owner::Person(Subject::new(subject.as_str()))),
        (None, Some(client)) => ClientId::parse(client).ok().map(Owner::Client),
        _ => None,
    };
    Ok(ApiKey {
        owner: row.known("subject", owner)?,
        scope: row.json("scope", &model.scope)?,
        id: ApiKeyId::new(model.id),
        name: model.name,
        created_at: Timestamp::from_seconds(model.created_at),
        expires_at: model.expires_at.map(Timestamp::from_seconds),
        last_used_at: model.last_used_at.map(Timestamp::from_seconds),
        last_used_from: model.last_used_from,
    })
}
