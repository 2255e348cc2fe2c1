//! Groups of people, and who is in them.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ActiveValue::NotSet;
use sea_orm::sea_query::{OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationDef, RelationTrait, Select, Set,
};

use crate::identity::group::Group;
use crate::protocol::subject::Subject;
use crate::store::retry::retried;
use crate::store::row::{Row, contains, json, key};
use crate::store::{Applied, Insertion, Store, StoreFailure};

/// The table: "group" is a reserved word.
mod person_group {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "person_group")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub description: String,
        pub roles: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod group_member {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "group_member")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub subject: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub group_name: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(belongs_to = "super::person_group::Entity", from = "Column::GroupName", to = "super::person_group::Column::Name")]
        Group,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The groups.
pub struct Groups<'a>(pub(super) &'a Store);

/// The groups that somebody is in, each with the roles that it gives.
pub(super) type Memberships = BTreeMap<String, BTreeSet<String>>;

impl Groups<'_> {
    /// The group called `name`.
    pub async fn find(&self, name: &str) -> Result<Option<Group>, StoreFailure> {
        person_group::Entity::find_by_id(key(name)).one(&self.0.reader).await?.map(read).transpose()
    }

    /// All of them by their names.
    pub async fn list(&self) -> Result<Vec<Group>, StoreFailure> {
        let found = person_group::Entity::find().order_by_asc(person_group::Column::Name);
        found.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// Makes a group, unless there is one of its name.
    pub async fn insert(&self, new: &Group) -> Result<Insertion, StoreFailure> {
        let row = person_group::Entity::insert(write(new)?).on_conflict(OnConflict::new().do_nothing().to_owned());
        let inserted = row.exec_without_returning(&self.0.writer).await?;
        Ok(if inserted == 0 { Insertion::AlreadyThere } else { Insertion::Inserted })
    }

    /// Writes description and roles, if the group is still as `before` says.
    pub async fn replace(&self, before: &Group, after: &Group) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.name).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            let row = person_group::ActiveModel { name: NotSet, ..write(after)? };
            let itself = person_group::Column::Name.eq(before.name.as_str());
            person_group::Entity::update_many().set(row).filter(itself).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// Removes a group, if it is still as `before` says. Nobody is in it any more.
    pub async fn delete(&self, before: &Group) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if locked(&change, &before.name).await?.as_ref() != Some(before) {
                return Ok(Applied::Lost);
            }
            person_group::Entity::delete_by_id(before.name.as_str()).exec(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }
}

async fn locked(change: &impl ConnectionTrait, name: &str) -> Result<Option<Group>, StoreFailure> {
    person_group::Entity::find_by_id(key(name)).lock_exclusive().one(change).await?.map(read).transpose()
}

/// The people, each beside their groups, one by one; `membership` leads from them to [`group_member`].
pub(super) fn beside<E: EntityTrait>(people: Select<E>, membership: RelationDef) -> Select<E> {
    people
        .join(JoinType::LeftJoin, membership)
        .join(JoinType::LeftJoin, group_member::Relation::Group.def())
        .column_as(person_group::Column::Name, "group_name")
        .column_as(person_group::Column::Roles, "group_roles")
}

/// A group beside a person, where there is one.
#[derive(FromQueryResult)]
pub(super) struct Membership {
    group_name: Option<String>,
    group_roles: Option<String>,
}

impl Membership {
    /// The name of the group, and the roles that it gives.
    pub(super) fn read(self) -> Result<Option<(String, BTreeSet<String>)>, StoreFailure> {
        let (Some(name), Some(roles)) = (self.group_name, self.group_roles) else { return Ok(None) };
        let roles = Row::new("person_group", &name).json("roles", &roles)?;
        Ok(Some((name, roles)))
    }
}

/// The people whom some group gives a role, which is written as it stands in JSON.
pub(super) fn members_with_role(word: &str) -> SelectStatement {
    let groups = Query::select()
        .column(person_group::Column::Name)
        .from(person_group::Entity)
        .and_where(contains(person_group::Column::Roles, word))
        .take();
    Query::select()
        .column(group_member::Column::Subject)
        .from(group_member::Entity)
        .and_where(group_member::Column::GroupName.in_subquery(groups))
        .take()
}

/// Puts a person into these groups, and out of all others. Into a group that was removed meanwhile nobody comes.
pub(super) async fn put(change: &impl ConnectionTrait, subject: &Subject, groups: &Memberships) -> Result<(), StoreFailure> {
    let theirs = group_member::Entity::delete_many().filter(group_member::Column::Subject.eq(key(subject.as_str())));
    theirs.exec(change).await?;
    if groups.is_empty() {
        return Ok(());
    }
    let wanted = person_group::Column::Name.is_in(groups.keys().map(String::as_str));
    // On PostgreSQL the rows are held, so that no group goes before its new member is there.
    let there = person_group::Entity::find().filter(wanted).lock_shared().all(change).await?;
    let member =
        |group: person_group::Model| group_member::Model { subject: subject.to_string(), group_name: group.name }.into_active_model();
    if !there.is_empty() {
        group_member::Entity::insert_many(there.into_iter().map(member)).exec_without_returning(change).await?;
    }
    Ok(())
}

fn read(model: person_group::Model) -> Result<Group, StoreFailure> {
    let roles = Row::new("person_group", &model.name).json("roles", &model.roles)?;
    Ok(Group { name: model.name, description: model.description, roles })
}

fn write(group: &Group) -> Result<person_group::ActiveModel, StoreFailure> {
    let (name, description) = (group.name.clone(), group.description.clone());
    Ok(person_group::ActiveModel { name: Set(name), description: Set(description), roles: Set(json(&group.roles)?) })
}
