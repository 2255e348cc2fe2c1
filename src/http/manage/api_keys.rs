//! `/api/v1/api-keys`: keys for what can't do OAuth.

use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::flow::Server;
use crate::flow::manage::api_keys::{ApiKeyView, NewApiKey};
use crate::flow::manage::{Reach, Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::Body;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Gone, Many, New, One};
use crate::http::manage::scopes::{ApiKeysRead, ApiKeysWrite};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::subject::ApiKeyId;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// An API key to make. Either `user` or `client` says whose it is.
#[derive(Object)]
#[oai(rename = "NewApiKey", example, skip_serializing_if_is_none)]
struct NewKey {
    /// What its owner calls it.
    name: String,
    /// The person whose it is, by username or `sub`.
    user: Option<String>,
    /// The client whose it is.
    client: Option<String>,
    /// What it is good for, words with spaces between them: scopes of APIs that its owner may have.
    scope: String,
    /// When it ends, in seconds since 1970; left out, it has no end.
    expires_at: Option<i64>,
}

/// An API key. The key itself is never shown again.
#[derive(Object)]
#[oai(rename = "ApiKey", example, skip_serializing_if_is_none)]
struct Key {
    /// Its public name.
    id: String,
    /// What its owner calls it.
    name: String,
    /// The person whose it is, by their `sub`.
    user: Option<String>,
    /// The client whose it is.
    client: Option<String>,
    /// What it is good for, as far as its owner still is.
    scope: String,
    /// When it was made, in seconds since 1970.
    created_at: i64,
    /// When it ends.
    expires_at: Option<i64>,
    /// When it was last used, to the minute or so.
    last_used_at: Option<i64>,
    /// The address it was last used from.
    last_used_from: Option<String>,
}

/// An API key that was just made.
#[derive(Object)]
#[oai(rename = "MadeApiKey", example, skip_serializing_if_is_none)]
struct MadeKey {
    #[oai(flatten)]
    key: Key,
    /// The key, shown this once.
    api_key: Option<String>,
}

impl Example for NewKey {
    fn example() -> Self {
        let (client, scope) = (Some("importer".to_owned()), "orders:read".to_owned());
        Self { name: "The nightly import".to_owned(), user: None, client, scope, expires_at: Some(1_826_798_400) }
    }
}

impl Example for Key {
    fn example() -> Self {
        let NewKey { name, user, client, scope, expires_at } = NewKey::example();
        Self {
            id: "0199a1c4-7d0e-7c3a-9f6b-2f1f0e5d4c3b".to_owned(),
            name,
            user,
            client,
            scope,
            created_at: 1_795_262_400,
            expires_at,
            last_used_at: None,
            last_used_from: None,
        }
    }
}

impl Example for MadeKey {
    fn example() -> Self {
        Self { key: Key::example(), api_key: Some("clv_key_Zm9yIGRvY3VtZW50YXRpb24gb25seSEhAb3dE2".to_owned()) }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::ApiKeys")]
impl Api {
    /// List the API keys
    #[oai(path = "/api-keys", method = "get", operation_id = "listApiKeys")]
    #[expect(clippy::too_many_arguments, reason = "an argument documents a parameter of the query")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ApiKeysRead>,
        /// Text in the name, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Only those of this person, by username or `sub`.
        #[oai(name = "user")]
        _user: Optional<String>,
        /// Only those of this client.
        #[oai(name = "client")]
        _client: Optional<String>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<Key> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let owner = match (query.text("user"), query.text("client")) {
                (None, None) => None,
                (user, client) => Some(self.0.key_owner(user.as_deref(), client.as_deref()).await??),
            };
            Ok(self.0.api_key_page(query.text("q"), owner, &query.page()?).await?)
        };
        Many::reply(request, page.await)
    }

    /// Make an API key
    ///
    /// The key is in this answer and never shown again.
    #[oai(path = "/api-keys", method = "post", operation_id = "createApiKey")]
    async fn create(&self, request: &Request, bearer: Bearer<ApiKeysWrite>, body: Body<NewKey>) -> New<MadeKey> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let made = self.0.add_api_key(Reach::Of(&by), &read::<NewApiKey>(body.value()?)?).await??;
            audit(&by, "api-keys.create", &made.key.id);
            let location = self.0.issuer().url(&format!("/api/v1/api-keys/{}", made.key.id));
            Ok((ApiKeyView::of(&made.key), location, Some(("api_key", made.secret.reveal().to_owned()))))
        };
        New::reply(request, made.await)
    }

    /// See an API key
    #[oai(path = "/api-keys/:id", method = "get", operation_id = "getApiKey")]
    async fn get(&self, request: &Request, bearer: Bearer<ApiKeysRead>, id: Path<String>) -> One<Key> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let found = self.0.api_key(&ApiKeyId::new(id.0.as_str())).await?;
            Ok(ApiKeyView::of(&found.ok_or_else(|| Refused::not_found("API key", &id.0))?))
        };
        One::reply(request, found.await)
    }

    /// Revoke an API key
    ///
    /// It opens nothing any more, nor do the tokens that it was exchanged for.
    #[oai(path = "/api-keys/:id", method = "delete", operation_id = "revokeApiKey")]
    async fn revoke(&self, request: &Request, bearer: Bearer<ApiKeysWrite>, id: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            self.0.revoke_api_key(Reach::Of(&by), &ApiKeyId::new(id.0.as_str())).await??;
            audit(&by, "api-keys.revoke", &id.0);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}
