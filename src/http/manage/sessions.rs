//! `/api/v1/sessions`: who is signed in here.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::http::caller::Bearer;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Gone, Many, One};
use crate::http::manage::scopes::{SessionsRead, SessionsWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::subject::{SessionId, Subject};

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// A person's session in one browser.
#[derive(Object)]
#[oai(example)]
struct Session {
    /// Its name, `sid` in tokens. It opens nothing.
    sid: String,
    /// Whose it is.
    sub: String,
    /// When they last proved who they are, in seconds since 1970.
    auth_time: i64,
    /// When it began, in seconds since 1970.
    created_at: i64,
    /// When it was last used, to the minute or so, in seconds since 1970.
    last_used_at: i64,
    /// When it ends unless it is used again, in seconds since 1970.
    expires_at: i64,
    /// The browser as it described itself.
    user_agent: String,
    /// The address that it began from.
    address: String,
}

impl Example for Session {
    fn example() -> Self {
        Self {
            sid: "5f0c7a52-7f1d-4a53-9d0b-0d1f1f0a1b2c".to_owned(),
            sub: "0199a1c4-7d0e-7c3a-9f6b-2f1f0e5d4c3b".to_owned(),
            auth_time: 1_795_262_400,
            created_at: 1_795_262_400,
            last_used_at: 1_795_264_200,
            expires_at: 1_795_293_000,
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0".to_owned(),
            address: "203.0.113.7".to_owned(),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Sessions")]
impl Api {
    /// List the sessions that are alive
    #[oai(path = "/sessions", method = "get", operation_id = "listSessions")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<SessionsRead>,
        /// Only those of this person, by their `sub`.
        #[oai(name = "sub")]
        _sub: Optional<String>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<Session> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let user = query.text("sub").map(Subject::new);
            Ok(self.0.session_page(user.as_ref(), &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// See a session
    #[oai(path = "/sessions/:sid", method = "get", operation_id = "getSession")]
    async fn get(&self, request: &Request, bearer: Bearer<SessionsRead>, sid: Path<String>) -> One<Session> {
        let found = async {
            permit(&self.0, &bearer).await?;
            Ok(self.0.session_by_id(&SessionId::new(sid.0)).await??)
        };
        One::reply(request, found.await)
    }

    /// End a session: its browser is signed out
    ///
    /// Tokens that were given in it and do not outlive it are inactive at once.
    #[oai(path = "/sessions/:sid", method = "delete", operation_id = "endSession")]
    async fn end(&self, request: &Request, bearer: Bearer<SessionsWrite>, sid: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let sid = SessionId::new(sid.0);
            self.0.end_session_by_id(&sid).await??;
            audit(&by, "sessions.end", &sid);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}
