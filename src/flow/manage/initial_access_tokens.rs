//! Managing initial access tokens, which let somebody register clients (RFC 7591 §3). What such clients may be is the configuration's to say, so
//! that a token gives away nothing of what its maker may do.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::manage::{Page, PageRequest, Refused};
use crate::flow::{Failure, Server};
use crate::protocol::registration::{InitialAccessToken, InitialAccessTokenId};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};
use crate::store::Applied;

/// How long a token lives when nobody says how long.
const USUAL_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// An initial access token as it is shown; never the token itself or its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InitialAccessTokenView {
    /// Its public name.
    pub id: InitialAccessTokenId,
    /// What it is for.
    pub name: String,
    /// How many clients it still registers.
    pub uses_left: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An initial access token to be made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInitialAccessToken {
    /// What it is for, in the operator's words.
    pub name: String,
    /// How many clients it registers; one when left out.
    #[serde(default)]
    pub uses: Option<u32>,
    /// When it ends; in a week when left out.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// A token that was just made, with the secret that is shown this once.
pub struct MadeInitialAccessToken {
    /// The token.
    pub token: InitialAccessToken,
    /// What it registers clients with.
    pub secret: Token,
}

impl InitialAccessTokenView {
    /// How a token is shown.
    #[must_use]
    pub fn of(token: &InitialAccessToken) -> Self {
        let InitialAccessToken { id, name, uses_left, created_at, expires_at } = token.clone();
        Self { id, name, uses_left, created_at, expires_at }
    }
}

impl Server {
    /// The tokens that are not used up, by their names.
    pub async fn initial_access_token_page(&self, request: &PageRequest) -> Result<Page<InitialAccessTokenView>, Failure> {
        let found = self.store.initial_access_tokens().page(request.after(), request.fetch()).await?;
        Ok(request.page(found.iter().map(InitialAccessTokenView::of).collect(), |token| token.id.as_str()))
    }

    /// One token.
    pub async fn initial_access_token(&self, id: &InitialAccessTokenId) -> Result<Option<InitialAccessToken>, Failure> {
        Ok(self.store.initial_access_tokens().find(id).await?)
    }

    /// Makes a token.
    pub async fn add_initial_access_token(&self, new: &NewInitialAccessToken) -> Result<Result<MadeInitialAccessToken, Refused>, Failure> {
        let created_at = self.clock.now();
        let id = InitialAccessTokenId::new(self.random.uuid());
        let (uses_left, expires_at) = (new.uses.unwrap_or(1), new.expires_at.unwrap_or(created_at + USUAL_LIFETIME));
        let token = InitialAccessToken { id, name: new.name.clone(), uses_left, created_at, expires_at };
        let problems = token.problems();
        if !problems.is_empty() {
            return Ok(Err(Refused::Invalid(problems)));
        }
        let secret = self.random.token(TokenKind::InitialAccessToken);
        self.store.initial_access_tokens().insert(&secret.hash(), &token).await?;
        tracing::info!(target: "claviger::security", token = %token.id, uses = token.uses_left, "an initial access token was made");
        Ok(Ok(MadeInitialAccessToken { token, secret }))
    }

    /// Revokes a token: it registers nothing any more. The clients that it registered stay.
    pub async fn revoke_initial_access_token(&self, id: &InitialAccessTokenId) -> Result<Result<(), Refused>, Failure> {
        Ok(match self.store.initial_access_tokens().delete(id).await? {
            Applied::Done => Ok(()),
            Applied::Lost => Err(Refused::not_found("initial access token", id)),
        })
    }
}
