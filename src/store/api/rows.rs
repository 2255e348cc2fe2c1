//! The rows of an API, and what they mean.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, Set};

use crate::protocol::api::{Api, ApiScope};
use crate::protocol::client::ClientId;
use crate::protocol::resource::Resource;
use crate::protocol::scope::ScopeToken;
use crate::store::StoreFailure;
use crate::store::client::rows::client;
use crate::store::row::{Row, json};

pub(super) mod api {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "api")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub identifier: String,
        pub name: String,
        pub claims: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(has_many = "super::api_scope::Entity")]
        Scope,
        #[sea_orm(has_many = "super::api_introspector::Entity")]
        Introspector,
    }

    impl Related<super::api_scope::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Scope.def()
        }
    }

    impl Related<super::api_introspector::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Introspector.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod api_scope {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "api_scope")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub api: String,
        pub position: i64,
        pub description: String,
        pub role: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(belongs_to = "super::api::Entity", from = "Column::Api", to = "super::api::Column::Identifier")]
        Api,
    }

    impl Related<super::api::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Api.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) mod api_introspector {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "api_introspector")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub api: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(belongs_to = "super::api::Entity", from = "Column::Api", to = "super::api::Column::Identifier")]
        Api,
    }

    impl Related<super::api::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Api.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// An API beside one of its scopes and one of its introspectors, in every combination.
type Joined = (api::Model, Option<api_scope::Model>, Option<api_introspector::Model>);

/// The APIs of `rows`, in which those of one API follow each other in the order of its scopes.
pub(super) fn assemble(rows: Vec<Joined>) -> Result<Vec<Api>, StoreFailure> {
    let mut apis = Vec::<Api>::new();
    for (model, scope, introspector) in rows {
        let row = Row::new("api", &model.identifier);
        if apis.last().is_none_or(|api| api.identifier.as_str() != model.identifier) {
            let identifier = row.known("identifier", Resource::parse(&model.identifier).ok())?;
            let claims = row.json("claims", &model.claims)?;
            apis.push(Api { identifier, name: model.name.clone(), scopes: Vec::new(), introspectors: BTreeSet::new(), claims });
        }
        let Some(api) = apis.last_mut() else { continue };
        if let Some(scope) = scope
            && api.scopes.last().is_none_or(|last| last.name.as_str() != scope.name)
        {
            let name = Row::new("api_scope", &scope.name).known("name", ScopeToken::parse(&scope.name).ok())?;
            api.scopes.push(ApiScope { name, description: scope.description, role: scope.role });
        }
        if let Some(introspector) = introspector {
            let client = ClientId::parse(&introspector.client_id).ok();
            api.introspectors.insert(Row::new("api_introspector", &model.identifier).known("client_id", client)?);
        }
    }
    Ok(apis)
}

pub(super) fn write(api: &Api) -> Result<api::ActiveModel, StoreFailure> {
    Ok(api::ActiveModel { identifier: Set(api.identifier.to_string()), name: Set(api.name.clone()), claims: Set(json(&api.claims)?) })
}

pub(super) fn write_scopes(api: &Api) -> Vec<api_scope::ActiveModel> {
    let scope = |(scope, position): (&ApiScope, i64)| {
        let (name, description, role) = (scope.name.to_string(), scope.description.clone(), scope.role.clone());
        api_scope::Model { name, api: api.identifier.to_string(), position, description, role }.into_active_model()
    };
    api.scopes.iter().zip(0..).map(scope).collect()
}

pub(super) fn write_introspectors(api: &Api) -> Vec<api_introspector::ActiveModel> {
    let introspector = |client: &ClientId| api_introspector::Model { api: api.identifier.to_string(), client_id: client.to_string() };
    api.introspectors.iter().map(|client| introspector(client).into_active_model()).collect()
}

/// The first of `clients` that is not registered.
pub(super) async fn missing_client(
    connection: &impl ConnectionTrait,
    clients: &BTreeSet<ClientId>,
) -> Result<Option<ClientId>, StoreFailure> {
    let named = clients.iter().map(ClientId::as_str);
    let known = client::Entity::find().select_only().column(client::Column::Id).filter(client::Column::Id.is_in(named));
    let known = known.into_tuple::<String>().all(connection).await?;
    Ok(clients.iter().find(|client| !known.iter().any(|id| id == client.as_str())).cloned())
}
