//! The rows of a client, and what they mean.

use sea_orm::{IntoActiveModel, Set};

use crate::protocol::application_type::ApplicationType;
use crate::protocol::client::{AuthMethod, Client, ClientId, ClientSecret, Origin, PkceRule, RefreshTokenRotation, TokenLifetimes};
use crate::protocol::client_assertion::{AssertionAudience, AssertionRules};
use crate::protocol::client_logout::{ClientLogout, LogoutRevokes, LogoutUri};
use crate::protocol::jose::{Algorithm, KeySource};
use crate::protocol::registration::{RegisteredBy, Registrar, SelfRegistration};
use crate::protocol::subject_type::{SectorIdentifierUri, SubjectRules, SubjectType};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::StoreFailure;
use crate::store::row::{Row, json};

pub(in crate::store) mod client {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "client")]
    #[expect(clippy::struct_excessive_bools, reason = "a column each")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub name: String,
        pub application_type: String,
        pub auth_method: String,
        pub jwks: Option<String>,
        pub jwks_uri: Option<String>,
        pub assertion_algorithm: Option<String>,
        pub assertion_audience: String,
        pub request_objects: Option<String>,
        pub subject_type: String,
        pub sector_identifier_uri: Option<String>,
        pub login_rules: Option<String>,
        pub presentation: Option<String>,
        pub responses: String,
        pub pkce: String,
        pub refresh_token_rotation: String,
        pub grant_types: String,
        pub response_types: String,
        pub redirect_uris: String,
        pub post_logout_redirect_uris: String,
        pub frontchannel_logout_uri: Option<String>,
        pub frontchannel_logout_session_required: bool,
        pub backchannel_logout_uri: Option<String>,
        pub backchannel_logout_session_required: bool,
        pub logout_revokes: String,
        pub allowed_scope: String,
        pub default_scope: String,
        pub roles: String,
        pub claims: String,
        pub access_token_lifetime: i64,
        pub id_token_lifetime: i64,
        pub refresh_token_idle: i64,
        pub refresh_token_absolute: i64,
        pub first_party: bool,
        pub enabled: bool,
        pub registered_by: String,
        pub registration_token: Option<String>,
        pub unused_until: Option<i64>,
        pub created_at: i64,
        pub updated_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(has_many = "super::client_secret::Entity")]
        Secret,
        #[sea_orm(has_many = "super::client_origin::Entity")]
        Origin,
    }

    impl Related<super::client_secret::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Secret.def()
        }
    }

    impl Related<super::client_origin::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Origin.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(in crate::store) mod client_secret {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "client_secret")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub hash: String,
        pub sealed: Option<String>,
        pub created_at: i64,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(belongs_to = "super::client::Entity", from = "Column::ClientId", to = "super::client::Column::Id")]
        Client,
    }

    impl Related<super::client::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Client.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(in crate::store) mod client_origin {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "client_origin")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub position: i64,
        pub origin: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {
        #[sea_orm(belongs_to = "super::client::Entity", from = "Column::ClientId", to = "super::client::Column::Id")]
        Client,
    }

    impl Related<super::client::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Client.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// A client beside one of its secrets and one of its origins, in every combination.
type Joined = (client::Model, Option<client_secret::Model>, Option<client_origin::Model>);

/// The clients of `rows`, in which those of one client, and of one origin of it, follow each other in order. Confidential clients seldom
/// have origins and public ones no secrets, so that the combinations are few.
pub(super) fn assemble(rows: Vec<Joined>) -> Result<Vec<Client>, StoreFailure> {
    let mut clients = Vec::<Client>::new();
    let mut last_origin = -1;
    for (model, secret, origin) in rows {
        if clients.last().is_none_or(|client| client.id.as_str() != model.id) {
            clients.push(read(&model)?);
            last_origin = -1;
        }
        let Some(client) = clients.last_mut() else { continue };
        if let Some(secret) = secret.map(read_secret)
            && !client.secrets.contains(&secret)
        {
            client.secrets.push(secret);
        }
        if let Some(origin) = origin
            && origin.position > last_origin
        {
            client.cors_origins.push(read_origin(&origin)?);
            last_origin = origin.position;
        }
    }
    Ok(clients)
}

fn read(model: &client::Model) -> Result<Client, StoreFailure> {
    let row = Row::new("client", &model.id);
    Ok(Client {
        id: row.known("id", ClientId::parse(&model.id).ok())?,
        name: model.name.clone(),
        application_type: row.known("application_type", ApplicationType::parse(&model.application_type))?,
        secrets: Vec::new(),
        auth_method: row.known("auth_method", AuthMethod::parse(&model.auth_method))?,
        keys: read_keys(row, model)?,
        assertions: AssertionRules {
            algorithm: match &model.assertion_algorithm {
                Some(name) => Some(row.known("assertion_algorithm", Algorithm::parse(name))?),
                None => None,
            },
            audience: row.known("assertion_audience", AssertionAudience::parse(&model.assertion_audience))?,
        },
        request_objects: row.json_or_default("request_objects", model.request_objects.as_deref())?,
        subjects: SubjectRules {
            kind: row.known("subject_type", SubjectType::parse(&model.subject_type))?,
            sector_identifier_uri: match &model.sector_identifier_uri {
                Some(uri) => Some(row.known("sector_identifier_uri", SectorIdentifierUri::parse(uri).ok())?),
                None => None,
            },
        },
        login: row.json_or_default("login_rules", model.login_rules.as_deref())?,
        presentation: row.json_or_default("presentation", model.presentation.as_deref())?,
        responses: row.json("responses", &model.responses)?,
        pkce: row.known("pkce", PkceRule::parse(&model.pkce))?,
        refresh_token_rotation: row.known("refresh_token_rotation", RefreshTokenRotation::parse(&model.refresh_token_rotation))?,
        grant_types: row.json("grant_types", &model.grant_types)?,
        response_types: row.json("response_types", &model.response_types)?,
        redirect_uris: row.json("redirect_uris", &model.redirect_uris)?,
        post_logout_redirect_uris: row.json("post_logout_redirect_uris", &model.post_logout_redirect_uris)?,
        logout: read_logout(row, model)?,
        cors_origins: Vec::new(),
        allowed_scope: row.json("allowed_scope", &model.allowed_scope)?,
        default_scope: row.json("default_scope", &model.default_scope)?,
        roles: row.json("roles", &model.roles)?,
        claims: row.json("claims", &model.claims)?,
        lifetimes: TokenLifetimes {
            access_token: row.count("access_token_lifetime", model.access_token_lifetime)?,
            id_token: row.count("id_token_lifetime", model.id_token_lifetime)?,
            refresh_token_idle: row.count("refresh_token_idle", model.refresh_token_idle)?,
            refresh_token_absolute: row.count("refresh_token_absolute", model.refresh_token_absolute)?,
        },
        first_party: model.first_party,
        enabled: model.enabled,
        registered_by: read_registered_by(row, model)?,
        created_at: Timestamp::from_seconds(model.created_at),
        updated_at: Timestamp::from_seconds(model.updated_at),
    })
}

fn read_logout(row: Row<'_>, model: &client::Model) -> Result<ClientLogout, StoreFailure> {
    let uri = |column, text: Option<&String>| text.map(|text| row.known(column, LogoutUri::parse(text).ok())).transpose();
    Ok(ClientLogout {
        front_channel: uri("frontchannel_logout_uri", model.frontchannel_logout_uri.as_ref())?,
        front_channel_session_required: model.frontchannel_logout_session_required,
        back_channel: uri("backchannel_logout_uri", model.backchannel_logout_uri.as_ref())?,
        back_channel_session_required: model.backchannel_logout_session_required,
        revokes: row.known("logout_revokes", LogoutRevokes::parse(&model.logout_revokes))?,
    })
}

fn read_keys(row: Row<'_>, model: &client::Model) -> Result<Option<KeySource>, StoreFailure> {
    match (&model.jwks, &model.jwks_uri) {
        (None, None) => Ok(None),
        (Some(keys), None) => row.known("jwks", KeySource::here(&row.json("jwks", keys)?).ok()).map(Some),
        (None, Some(uri)) => row.known("jwks_uri", KeySource::there(uri).ok()).map(Some),
        (Some(_), Some(_)) => Err(row.corrupt("jwks_uri")),
    }
}

fn read_registered_by(row: Row<'_>, model: &client::Model) -> Result<RegisteredBy, StoreFailure> {
    match (row.known("registered_by", Registrar::parse(&model.registered_by))?, &model.registration_token) {
        (Registrar::Operator, None) => Ok(RegisteredBy::Operator),
        (Registrar::Itself, Some(hash)) => {
            let unused_until = model.unused_until.map(Timestamp::from_seconds);
            Ok(RegisteredBy::Itself(SelfRegistration { access_token: TokenHash::from_stored(hash.clone()), unused_until }))
        }
        _ => Err(row.corrupt("registration_token")),
    }
}

fn read_secret(model: client_secret::Model) -> ClientSecret {
    let (hash, created_at) = (TokenHash::from_stored(model.hash), Timestamp::from_seconds(model.created_at));
    ClientSecret { id: model.id, hash, sealed: model.sealed, created_at }
}

fn read_origin(model: &client_origin::Model) -> Result<Origin, StoreFailure> {
    Row::new("client_origin", &model.client_id).known("origin", Origin::parse(&model.origin).ok())
}

pub(super) fn write(client: &Client) -> Result<client::ActiveModel, StoreFailure> {
    let registration_token = match &client.registered_by {
        RegisteredBy::Operator => None,
        RegisteredBy::Itself(SelfRegistration { access_token, .. }) => Some(access_token.as_str().to_owned()),
    };
    Ok(client::ActiveModel {
        id: Set(client.id.to_string()),
        name: Set(client.name.clone()),
        application_type: Set(client.application_type.to_string()),
        auth_method: Set(client.auth_method.to_string()),
        jwks: Set(client.keys.as_ref().and_then(KeySource::jwks).map(json).transpose()?),
        jwks_uri: Set(client.keys.as_ref().and_then(KeySource::jwks_uri).map(str::to_owned)),
        assertion_algorithm: Set(client.assertions.algorithm.map(|algorithm| algorithm.to_string())),
        assertion_audience: Set(client.assertions.audience.to_string()),
        request_objects: Set(Some(json(&client.request_objects)?)),
        subject_type: Set(client.subjects.kind.to_string()),
        sector_identifier_uri: Set(client.subjects.sector_identifier_uri.as_ref().map(|uri| uri.as_str().to_owned())),
        login_rules: Set(Some(json(&client.login)?)),
        presentation: Set(Some(json(&client.presentation)?)),
        responses: Set(json(&client.responses)?),
        pkce: Set(client.pkce.to_string()),
        refresh_token_rotation: Set(client.refresh_token_rotation.to_string()),
        grant_types: Set(json(&client.grant_types)?),
        response_types: Set(json(&client.response_types)?),
        redirect_uris: Set(json(&client.redirect_uris)?),
        post_logout_redirect_uris: Set(json(&client.post_logout_redirect_uris)?),
        frontchannel_logout_uri: Set(client.logout.front_channel.as_ref().map(LogoutUri::to_string)),
        frontchannel_logout_session_required: Set(client.logout.front_channel_session_required),
        backchannel_logout_uri: Set(client.logout.back_channel.as_ref().map(LogoutUri::to_string)),
        backchannel_logout_session_required: Set(client.logout.back_channel_session_required),
        logout_revokes: Set(client.logout.revokes.to_string()),
        allowed_scope: Set(json(&client.allowed_scope)?),
        default_scope: Set(json(&client.default_scope)?),
        roles: Set(json(&client.roles)?),
        claims: Set(json(&client.claims)?),
        access_token_lifetime: Set(client.lifetimes.access_token.into()),
        id_token_lifetime: Set(client.lifetimes.id_token.into()),
        refresh_token_idle: Set(client.lifetimes.refresh_token_idle.into()),
        refresh_token_absolute: Set(client.lifetimes.refresh_token_absolute.into()),
        first_party: Set(client.first_party),
        enabled: Set(client.enabled),
        registered_by: Set(client.registered_by.registrar().to_string()),
        registration_token: Set(registration_token),
        unused_until: Set(client.registered_by.unused_until().map(Timestamp::seconds)),
        created_at: Set(client.created_at.seconds()),
        updated_at: Set(client.updated_at.seconds()),
    })
}

pub(super) fn write_secret(id: &ClientId, secret: &ClientSecret) -> client_secret::ActiveModel {
    let (hash, created_at) = (secret.hash.as_str().to_owned(), secret.created_at.seconds());
    let sealed = secret.sealed.clone();
    client_secret::Model { client_id: id.to_string(), id: secret.id.clone(), hash, sealed, created_at }.into_active_model()
}

pub(super) fn write_origins(client: &Client) -> Vec<client_origin::ActiveModel> {
    let origin = |(origin, position): (&Origin, i64)| {
        client_origin::Model { client_id: client.id.to_string(), position, origin: origin.as_str().to_owned() }.into_active_model()
    };
    client.cors_origins.iter().zip(0..).map(origin).collect()
}
