//! `/api/v1/initial-access-tokens`: what lets somebody register a client.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::initial_access_tokens::{InitialAccessTokenView, NewInitialAccessToken};
use crate::flow::manage::{Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::Body;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Gone, Many, New, One};
use crate::http::manage::scopes::{ClientsRead, ClientsWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::registration::InitialAccessTokenId;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// An initial access token to make.
#[derive(Object)]
#[oai(rename = "NewInitialAccessToken", example, skip_serializing_if_is_none)]
struct NewToken {
    /// What it is for, in your words.
    name: String,
    /// How many clients it registers, 1 to 10000; one when left out.
    uses: Option<u32>,
    /// When it ends, in seconds since 1970; in a week when left out.
    expires_at: Option<i64>,
}

/// An initial access token. The token itself is never shown again.
#[derive(Object)]
#[oai(rename = "InitialAccessToken", example)]
struct TokenDocument {
    /// Its public name.
    id: String,
    /// What it is for.
    name: String,
    /// How many clients it still registers.
    uses_left: u32,
    /// When it was made, in seconds since 1970.
    created_at: i64,
    /// When it ends, in seconds since 1970.
    expires_at: i64,
}

/// An initial access token that was just made.
#[derive(Object)]
#[oai(rename = "MadeInitialAccessToken", example, skip_serializing_if_is_none)]
struct MadeToken {
    #[oai(flatten)]
    token: TokenDocument,
    /// The token, shown this once.
    initial_access_token: Option<String>,
}

impl Example for NewToken {
    fn example() -> Self {
        Self { name: "The partner's test system".to_owned(), uses: Some(2), expires_at: Some(1_826_798_400) }
    }
}

impl Example for TokenDocument {
    fn example() -> Self {
        let NewToken { name, .. } = NewToken::example();
        let id = "0e4cdf3a-5371-4b6a-a9f0-1e8451e05e76".to_owned();
        Self { id, name, uses_left: 2, created_at: 1_795_262_400, expires_at: 1_826_798_400 }
    }
}

impl Example for MadeToken {
    fn example() -> Self {
        Self { token: TokenDocument::example(), initial_access_token: Some("clv_iat_…".to_owned()) }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Clients")]
impl Api {
    /// List the initial access tokens
    #[oai(path = "/initial-access-tokens", method = "get", operation_id = "listInitialAccessTokens")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ClientsRead>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<TokenDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            Ok(self.0.initial_access_token_page(&Query::of(request)?.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Make an initial access token
    ///
    /// Whoever has it can register clients at `/register`, as the configuration lets such clients be. It is in this answer and never shown again.
    #[oai(path = "/initial-access-tokens", method = "post", operation_id = "createInitialAccessToken")]
    async fn create(&self, request: &Request, bearer: Bearer<ClientsWrite>, body: Body<NewToken>) -> New<MadeToken> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let made = self.0.add_initial_access_token(&read::<NewInitialAccessToken>(body.value()?)?).await??;
            audit(&by, "initial-access-tokens.create", &made.token.id);
            let location = self.0.issuer().url(&format!("/api/v1/initial-access-tokens/{}", made.token.id));
            Ok((InitialAccessTokenView::of(&made.token), location, Some(("initial_access_token", made.secret.reveal().to_owned()))))
        };
        New::reply(request, made.await)
    }

    /// See an initial access token
    #[oai(path = "/initial-access-tokens/:id", method = "get", operation_id = "getInitialAccessToken")]
    async fn get(&self, request: &Request, bearer: Bearer<ClientsRead>, id: Path<String>) -> One<TokenDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.initial_access_token(&InitialAccessTokenId::new(id.0.as_str())).await?;
            Ok(InitialAccessTokenView::of(&found.ok_or_else(|| Refused::not_found("initial access token", &id.0))?))
        };
        One::reply(request, found.await)
    }

    /// Revoke an initial access token
    ///
    /// It registers nothing any more. The clients that it registered stay.
    #[oai(path = "/initial-access-tokens/:id", method = "delete", operation_id = "revokeInitialAccessToken")]
    async fn revoke(&self, request: &Request, bearer: Bearer<ClientsWrite>, id: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            self.0.revoke_initial_access_token(&InitialAccessTokenId::new(id.0.as_str())).await??;
            audit(&by, "initial-access-tokens.revoke", &id.0);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}
