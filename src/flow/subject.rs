//! What a client calls a person and their session (OpenID Connect Core §8). Whatever tells it of them asks here.

use crate::flow::{Failure, Server};
use crate::protocol::client::Client;
use crate::protocol::grant::Grant;
use crate::protocol::subject::{SessionId, Subject};
use crate::protocol::subject_type::Sector;
use crate::signing::PairwiseSalt;
use crate::store::StoreFailure;

impl Server {
    /// The `sub` by which a client knows whose account it is. It leads back to nobody: what comes of a grant is found by the grant.
    pub(super) async fn subject_for(&self, client: &Client, account: &Subject) -> Result<Subject, Failure> {
        self.subject_in(client.sector().as_ref(), account).await
    }

    /// The `sid` by which a client knows a session.
    pub(super) async fn session_for(&self, client: &Client, session: &SessionId) -> Result<SessionId, Failure> {
        self.session_in(client.sector().as_ref(), session).await
    }

    /// The `sub` and the `sid` of what comes of a grant.
    pub(super) async fn names_of(&self, grant: &Grant) -> Result<(Subject, Option<SessionId>), Failure> {
        let sector = grant.sector.as_ref();
        let subject = self.subject_in(sector, &grant.user).await?;
        let session = match &grant.session {
            Some(session) => Some(self.session_in(sector, session).await?),
            None => None,
        };
        Ok((subject, session))
    }

    async fn subject_in(&self, sector: Option<&Sector>, account: &Subject) -> Result<Subject, Failure> {
        match sector {
            None => Ok(account.clone()),
            Some(sector) => Ok(Box::pin(self.pairwise_salt()).await?.subject(sector, account)),
        }
    }

    async fn session_in(&self, sector: Option<&Sector>, session: &SessionId) -> Result<SessionId, Failure> {
        match sector {
            None => Ok(session.clone()),
            Some(sector) => Ok(Box::pin(self.pairwise_salt()).await?.session(sector, session)),
        }
    }

    /// The salt, which is made when it is needed for the first time. For the heap: it would be part of every request, and few clients need it.
    async fn pairwise_salt(&self) -> Result<&PairwiseSalt, Failure> {
        let found = async {
            let stored = self.store.pairwise_salts().find_or_insert(&PairwiseSalt::made(&self.random)).await?;
            PairwiseSalt::from_stored(&stored).map_err(|_| StoreFailure::Corrupt {
                table: "pairwise_salt",
                column: "salt",
                row: "subjects".to_owned(),
            })
        };
        Ok(self.pairwise_salt.get_or_try_init(|| found).await?)
    }
}
