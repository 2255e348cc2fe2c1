//! People's sessions. One that ended is simply not there any more; whatever belongs to it knows it by that.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::identity::session::{Interaction, Session, SessionLimits};
use crate::protocol::authentication::Authentication;
use crate::protocol::client::ClientId;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;
use crate::store::grant::granted;
use crate::store::retry::retried;
use crate::store::row::{Row, json, key};
use crate::store::{Applied, Store, StoreFailure, logout_notice, session_client, user};

/// The table.
pub(super) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, DeriveEntityModel)]
    #[sea_orm(table_name = "session")]
    pub(in crate::store) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub token_hash: String,
        pub subject: String,
        pub authenticated_at: i64,
        pub created_at: i64,
        pub last_used_at: i64,
        pub user_agent: String,
        pub address: String,
        pub interaction: Option<String>,
        pub authentication: Option<String>,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub(in crate::store) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The sessions of people with us. Whether one still counts is for [`Session::is_live`] to say.
pub struct Sessions<'a>(pub(super) &'a Store);

impl Sessions<'_> {
    /// Remembers a new session under the hash of its cookie. [`Applied::Lost`] when the person is gone or disabled, or when their password
    /// is another one than the `password_version` that was checked.
    pub async fn begin(&self, cookie: &TokenHash, session: &Session, password_version: i64) -> Result<Applied, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            if user::confirm_password(&change, &session.user, password_version).await? == Applied::Lost {
                change.rollback().await?;
                return Ok(Applied::Lost);
            }
            row::Entity::insert(write(cookie, session)?).exec_without_returning(&change).await?;
            change.commit().await?;
            Ok(Applied::Done)
        })
    }

    /// The session that a cookie opens.
    pub async fn find_by_token(&self, cookie: &TokenHash) -> Result<Option<Session>, StoreFailure> {
        let found = row::Entity::find().filter(row::Column::TokenHash.eq(cookie.as_str())).one(&self.0.reader).await?;
        found.map(read).transpose()
    }

    /// The session called `id`.
    pub async fn find(&self, id: &SessionId) -> Result<Option<Session>, StoreFailure> {
        row::Entity::find_by_id(key(id.as_str())).one(&self.0.reader).await?.map(read).transpose()
    }

    /// The sessions of a person, the one used last first.
    pub async fn of_user(&self, user: &Subject) -> Result<Vec<Session>, StoreFailure> {
        let theirs = row::Entity::find().filter(row::Column::Subject.eq(key(user.as_str())));
        theirs
            .order_by_desc(row::Column::LastUsedAt)
            .order_by_asc(row::Column::Id)
            .all(&self.0.reader)
            .await?
            .into_iter()
            .map(read)
            .collect()
    }

    /// At most `limit` sessions that are alive, of one person or of all, by their identifiers, from the one that follows `after` on.
    pub async fn page(
        &self,
        user: Option<&Subject>,
        after: Option<&str>,
        limit: u64,
        now: Timestamp,
        limits: SessionLimits,
    ) -> Result<Vec<Session>, StoreFailure> {
        let mut live = row::Entity::find()
            .filter(row::Column::LastUsedAt.gt((now - limits.idle).seconds()))
            .filter(row::Column::CreatedAt.gt((now - limits.absolute).seconds()))
            .order_by_asc(row::Column::Id)
            .limit(limit);
        if let Some(user) = user {
            live = live.filter(row::Column::Subject.eq(key(user.as_str())));
        }
        if let Some(after) = after {
            live = live.filter(row::Column::Id.gt(key(after)));
        }
        live.all(&self.0.reader).await?.into_iter().map(read).collect()
    }

    /// The person proved again who they are: the session goes on under another cookie, and the old one opens nothing. When it must end
    /// at the latest stays as it was. False when the session is over.
    pub async fn renew(
        &self,
        id: &SessionId,
        cookie: &TokenHash,
        authenticated_at: Timestamp,
        authentication: &Authentication,
        now: Timestamp,
    ) -> Result<bool, StoreFailure> {
        let renewed = row::Entity::update_many()
            .col_expr(row::Column::TokenHash, Expr::val(cookie.as_str()))
            .col_expr(row::Column::AuthenticatedAt, Expr::val(authenticated_at.seconds()))
            .col_expr(row::Column::Authentication, Expr::val(json(authentication)?))
            .col_expr(row::Column::LastUsedAt, Expr::val(now.seconds()))
            .filter(row::Column::Id.eq(key(id.as_str())));
        Ok(renewed.exec(&self.0.writer).await?.rows_affected > 0)
    }

    /// The session was used. An earlier use than the noted one changes nothing.
    pub async fn note_use(&self, id: &SessionId, at: Timestamp) -> Result<(), StoreFailure> {
        Ok(note_use(&self.0.writer, id, at).await?)
    }

    /// Remembers, or forgets, what the person did for one authorization request. Nothing happens when the session is over.
    pub async fn set_interaction(&self, id: &SessionId, interaction: Option<&Interaction>) -> Result<(), StoreFailure> {
        let text = interaction.map(json).transpose()?;
        Ok(set_interaction(&self.0.writer, id, text).await?)
    }

    /// Uses up what the person did for one authorization request, if it is still that; false otherwise.
    pub async fn use_up(&self, id: &SessionId, interaction: &Interaction) -> Result<bool, StoreFailure> {
        use_up(&self.0.writer, id, interaction).await
    }

    /// Ends a session, and says which clients took part in it; `None` when it was over already. In the same breath, whom that has to be
    /// told by their back channel is written down, and grants of clients whose tokens all end with it are revoked.
    pub async fn end(&self, id: &SessionId, at: Timestamp) -> Result<Option<Vec<ClientId>>, StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            let itself = Condition::all().add(row::Column::Id.eq(key(id.as_str())));
            let ended = match lock(&change, itself).await?.as_slice() {
                [session] => {
                    let clients = session_client::of(&change, session).await?;
                    end(&change, std::slice::from_ref(session), at).await?;
                    Some(clients)
                }
                _ => None,
            };
            change.commit().await?;
            Ok(ended)
        })
    }

    /// Ends up to `batch` sessions that have run out by `limits`, as [`Self::end`] does, and says how many those were.
    pub async fn end_run_out(&self, at: Timestamp, limits: SessionLimits, batch: u64) -> Result<u64, StoreFailure> {
        let run_out = Condition::any()
            .add(row::Column::LastUsedAt.lte((at - limits.idle).seconds()))
            .add(row::Column::CreatedAt.lte((at - limits.absolute).seconds()));
        retried!(async {
            let change = self.0.begin().await?;
            let found = row::Entity::find().filter(run_out.clone()).order_by_asc(row::Column::Id).limit(batch).lock_exclusive();
            let over: Vec<String> = found.all(&change).await?.into_iter().map(|session| session.id).collect();
            for some in over.chunks(1000) {
                end(&change, some, at).await?;
            }
            change.commit().await?;
            Ok(u64::try_from(over.len()).unwrap_or(u64::MAX))
        })
    }

    /// Ends every session of a person but `except`, as [`Self::end`] does.
    pub async fn end_all_of(&self, user: &Subject, except: Option<&SessionId>, at: Timestamp) -> Result<(), StoreFailure> {
        retried!(async {
            let change = self.0.begin().await?;
            end_all_of(&change, user, except, at).await?;
            change.commit().await?;
            Ok(())
        })
    }
}

pub(super) async fn note_use(connection: &impl ConnectionTrait, id: &SessionId, at: Timestamp) -> Result<(), DbErr> {
    let used = row::Entity::update_many()
        .col_expr(row::Column::LastUsedAt, Expr::val(at.seconds()))
        .filter(row::Column::Id.eq(key(id.as_str())))
        .filter(row::Column::LastUsedAt.lt(at.seconds()));
    used.exec(connection).await.map(|_| ())
}

pub(super) async fn end_all_of(
    change: &impl ConnectionTrait,
    user: &Subject,
    except: Option<&SessionId>,
    at: Timestamp,
) -> Result<(), StoreFailure> {
    let mut theirs = Condition::all().add(row::Column::Subject.eq(key(user.as_str())));
    if let Some(kept) = except {
        theirs = theirs.add(row::Column::Id.ne(key(kept.as_str())));
    }
    // No database takes any number of values in one statement.
    for some in lock(change, theirs).await?.chunks(1000) {
        end(change, some, at).await?;
    }
    Ok(())
}

/// The sessions that `which` holds for. On PostgreSQL their rows are locked, so that what is being given in one of them is seen once it
/// was given ([`hold`]).
async fn lock(change: &impl ConnectionTrait, which: Condition) -> Result<Vec<String>, DbErr> {
    let found = row::Entity::find().filter(which).order_by_asc(row::Column::Id).lock_exclusive();
    Ok(found.all(change).await?.into_iter().map(|session| session.id).collect())
}

async fn end(change: &impl ConnectionTrait, sessions: &[String], at: Timestamp) -> Result<(), StoreFailure> {
    logout_notice::write_for(change, sessions, at).await?;
    granted::revoke_with_sessions(change, sessions, at).await?;
    row::Entity::delete_many().filter(row::Column::Id.is_in(sessions)).exec(change).await?;
    Ok(())
}

/// What the person did for an authorization request is used up by its answer. False when it was used up before, when the person has done
/// something for another request since, or when the session is over.
pub(super) async fn use_up(connection: &impl ConnectionTrait, id: &SessionId, interaction: &Interaction) -> Result<bool, StoreFailure> {
    let used = row::Entity::update_many()
        .col_expr(row::Column::Interaction, Expr::val(None::<String>))
        .filter(row::Column::Id.eq(key(id.as_str())))
        .filter(row::Column::Interaction.eq(json(interaction)?));
    Ok(used.exec(connection).await?.rows_affected == 1)
}

/// Holds a session as it is until the change is made; false when it is over. The row is written, not only read, so that whoever ends the
/// session waits, and then sees what was given in it.
pub(super) async fn hold(connection: &impl ConnectionTrait, id: &SessionId) -> Result<bool, StoreFailure> {
    let held =
        row::Entity::update_many().col_expr(row::Column::Id, Expr::col(row::Column::Id)).filter(row::Column::Id.eq(key(id.as_str())));
    Ok(held.exec(connection).await?.rows_affected == 1)
}

async fn set_interaction(connection: &impl ConnectionTrait, id: &SessionId, text: Option<String>) -> Result<(), DbErr> {
    let noted = row::Entity::update_many().col_expr(row::Column::Interaction, Expr::val(text)).filter(row::Column::Id.eq(key(id.as_str())));
    noted.exec(connection).await.map(|_| ())
}

pub(super) fn read(model: row::Model) -> Result<Session, StoreFailure> {
    let row = Row::new("session", &model.id);
    Ok(Session {
        interaction: model.interaction.as_deref().map(|text| row.json("interaction", text)).transpose()?,
        authentication: row.json_or_default("authentication", model.authentication.as_deref())?,
        id: SessionId::new(model.id),
        user: Subject::new(model.subject),
        authenticated_at: Timestamp::from_seconds(model.authenticated_at),
        created_at: Timestamp::from_seconds(model.created_at),
        last_used_at: Timestamp::from_seconds(model.last_used_at),
        user_agent: model.user_agent,
        address: model.address,
    })
}

fn write(cookie: &TokenHash, session: &Session) -> Result<row::ActiveModel, StoreFailure> {
    Ok(row::ActiveModel {
        id: Set(session.id.to_string()),
        token_hash: Set(cookie.as_str().to_owned()),
        subject: Set(session.user.to_string()),
        authenticated_at: Set(session.authenticated_at.seconds()),
        created_at: Set(session.created_at.seconds()),
        last_used_at: Set(session.last_used_at.seconds()),
        user_agent: Set(session.user_agent.clone()),
        address: Set(session.address.clone()),
        interaction: Set(session.interaction.as_ref().map(json).transpose()?),
        authentication: Set(Some(json(&session.authentication)?)),
    })
}
