//! What people allowed which client, so that they are asked once.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::protocol::client::ClientId;
use crate::protocol::scope::Scope;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::store::failure::names_nothing;
use crate::store::grant::granted;
use crate::store::retry::retried;
use crate::store::row::{Row, json, key};
use crate::store::{Applied, Store, StoreFailure};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "consent")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        pub scope: String,
        pub since: i64,
        pub updated_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(super) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a person allowed a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// The client.
    pub client: ClientId,
    /// Everything that they ever allowed it and did not withdraw.
    pub scope: Scope,
    /// When they first did.
    pub since: Timestamp,
    /// When they last did.
    pub updated_at: Timestamp,
}

/// What people allowed.
pub struct Consents<'a>(pub(super) &'a Store);

impl Consents<'_> {
    /// What `user` allowed `client`.
    pub async fn find(&self, user: &Subject, client: &ClientId) -> Result<Option<Consent>, StoreFailure> {
        row::Entity::find_by_id(pair(user, client)).one(&self.0.reader).await?.map(|model| read(&model)).transpose()
    }

    /// Everything that `user` allowed, by client.
    pub async fn of_user(&self, user: &Subject) -> Result<Vec<Consent>, StoreFailure> {
        let theirs = row::Entity::find().filter(row::Column::Subject.eq(key(user.as_str()))).order_by_asc(row::Column::ClientId);
        theirs.all(&self.0.reader).await?.iter().map(read).collect()
    }

    /// The person allowed `client` this, too. [`Applied::Lost`] when either is gone.
    pub async fn allow(&self, user: &Subject, client: &ClientId, scope: &Scope, at: Timestamp) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let (subject, client_id) = pair(user, client);
            let first = row::Model { subject, client_id, scope: json(scope)?, since: at.seconds(), updated_at: at.seconds() };
            let insert = row::Entity::insert(first.into_active_model()).on_conflict(OnConflict::new().do_nothing().to_owned());
            match insert.exec_without_returning(&change).await {
                Ok(0) => {}
                Ok(_) => {
                    change.commit().await?;
                    return Ok(Applied::Done);
                }
                Err(error) if names_nothing(&error) => return Ok(Applied::Lost),
                Err(error) => return Err(error.into()),
            }
            // On PostgreSQL the row is locked, so that two answers given at once both count.
            let Some(model) = row::Entity::find_by_id(pair(user, client)).lock_exclusive().one(&change).await? else {
                return Err(StoreFailure::Contended("a consent was withdrawn while it was given".to_owned()));
            };
            let all: Scope = read(&model)?.scope.iter().chain(scope.iter()).cloned().collect();
            let widened = row::ActiveModel { scope: Set(json(&all)?), updated_at: Set(at.seconds()), ..Default::default() };
            let theirs = row::Column::Subject.eq(model.subject.as_str());
            let update = row::Entity::update_many().set(widened).filter(theirs).filter(row::Column::ClientId.eq(client.as_str()));
            update.exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// The person takes back what they allowed `client`: the consent is forgotten and every grant revoked.
    pub async fn withdraw(&self, user: &Subject, client: &ClientId, at: Timestamp) -> Result<(), StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            row::Entity::delete_by_id(pair(user, client)).exec(&change).await?;
            let theirs =
                Condition::all().add(granted::Column::Subject.eq(key(user.as_str()))).add(granted::Column::ClientId.eq(client.as_str()));
            granted::revoke_where(&change, theirs, at).await?;
            Ok(change.commit().await?)
        })
    }
}

fn pair(user: &Subject, client: &ClientId) -> (String, String) {
    (key(user.as_str()).to_owned(), client.to_string())
}

fn read(model: &row::Model) -> Result<Consent, StoreFailure> {
    let row = Row::new("consent", &model.subject);
    Ok(Consent {
        client: row.known("client_id", ClientId::parse(&model.client_id).ok())?,
        scope: row.json("scope", &model.scope)?,
        since: Timestamp::from_seconds(model.since),
        updated_at: Timestamp::from_seconds(model.updated_at),
    })
}
