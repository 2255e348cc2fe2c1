//! The attributes that people can have.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::identity::attribute::{Attribute, AttributeType};
use crate::store::row::{Row, key};
use crate::store::{Applied, Insertion, Store, StoreFailure};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "attribute")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub kind: String,
        pub description: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The attributes.
pub struct Attributes<'a>(pub(super) &'a Store);

impl Attributes<'_> {
    /// The attribute called `name`.
    pub async fn find(&self, name: &str) -> Result<Option<Attribute>, StoreFailure> {
        row::Entity::find_by_id(key(name)).one(&self.0.reader).await?.map(read).transpose()
    }

    /// All of them by their names.
    pub async fn list(&self) -> Result<Vec<Attribute>, StoreFailure> {
        let found = row::Entity::find().order_by_asc(row::Column::Name);
        found.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// Makes an attribute, unless there is one of its name.
    pub async fn insert(&self, new: &Attribute) -> Result<Insertion, StoreFailure> {
        let row =
            row::ActiveModel { name: Set(new.name.clone()), kind: Set(new.kind.to_string()), description: Set(new.description.clone()) };
        let row = row::Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        let inserted = row.exec_without_returning(&self.0.writer).await?;
        Ok(if inserted == 0 { Insertion::AlreadyThere } else { Insertion::Inserted })
    }

    /// Writes another description, if the attribute is still as `before` says.
    pub async fn describe(&self, before: &Attribute, description: &str) -> Result<Applied, StoreFailure> {
        let row = row::ActiveModel { description: Set(description.to_owned()), ..row::ActiveModel::default() };
        let changed = row::Entity::update_many()
            .set(row)
            .filter(row::Column::Name.eq(before.name.as_str()))
            .filter(row::Column::Kind.eq(before.kind.as_str()))
            .filter(row::Column::Description.eq(before.description.as_str()));
        Ok(applied(changed.exec(&self.0.writer).await?.rows_affected))
    }

    /// Removes an attribute, if it is still as `before` says. What people have of it stays with them, and is of no use to anybody until there
    /// is an attribute of this name again.
    pub async fn delete(&self, before: &Attribute) -> Result<Applied, StoreFailure> {
        let gone = row::Entity::delete_many()
            .filter(row::Column::Name.eq(before.name.as_str()))
            .filter(row::Column::Kind.eq(before.kind.as_str()))
            .filter(row::Column::Description.eq(before.description.as_str()));
        Ok(applied(gone.exec(&self.0.writer).await?.rows_affected))
    }
}

const fn applied(rows: u64) -> Applied {
    if rows == 0 { Applied::Lost } else { Applied::Done }
}

fn read(model: row::Model) -> Result<Attribute, StoreFailure> {
    let kind = Row::new("attribute", &model.name).known("kind", AttributeType::parse(&model.kind))?;
    Ok(Attribute { name: model.name, kind, description: model.description })
}
