//! Who is on their way to another provider.

use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel};

use crate::identity::departure::Departure;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::row::{Row, json};
use crate::store::{Store, StoreFailure};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "departure")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub state_hash: String,
        pub browser_hash: String,
        pub provider: String,
        pub errand: String,
        pub expires_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Sign-ins that were begun and not come back from.
pub struct Departures<'a>(pub(super) &'a Store);

impl Departures<'_> {
    /// Remembers one.
    pub async fn begin(&self, departure: &Departure) -> Result<(), StoreFailure> {
        let model = row::Model {
            state_hash: departure.state.as_str().to_owned(),
            browser_hash: departure.browser.as_str().to_owned(),
            provider: departure.provider.clone(),
            errand: json(&departure.errand)?,
            expires_at: departure.expires_at.seconds(),
        };
        model.into_active_model().insert(&self.0.writer).await?;
        Ok(())
    }

    /// The one with this state.
    pub async fn find(&self, state: &TokenHash) -> Result<Option<Departure>, StoreFailure> {
        let found = row::Entity::find_by_id(state.as_str()).one(&self.0.reader).await?;
        found.map(read).transpose()
    }

    /// It is come back from. False when somebody else was first: it counts once.
    pub async fn end(&self, departure: &Departure) -> Result<bool, StoreFailure> {
        Ok(row::Entity::delete_by_id(departure.state.as_str()).exec(&self.0.writer).await?.rows_affected == 1)
    }
}

fn read(model: row::Model) -> Result<Departure, StoreFailure> {
    // Named by its provider: the log must not learn the hash.
    let row = Row::new("departure", &model.provider);
    Ok(Departure {
        errand: row.json("errand", &model.errand)?,
        state: TokenHash::from_stored(model.state_hash),
        browser: TokenHash::from_stored(model.browser_hash),
        expires_at: Timestamp::from_seconds(model.expires_at),
        provider: model.provider,
    })
}
