//! `/api/v1/clients`: the registered applications.

use std::collections::HashMap;
use std::sync::Arc;

use poem::Request;
use poem_openapi::param::Path;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::flow::Server;
use crate::flow::manage::clients::ClientView;
use crate::flow::manage::{ClientFilter, Page, Reach, Refused, read};
use crate::http::caller::Bearer;
use crate::http::manage::body::{Body, Patch};
use crate::http::manage::precondition::{IfMatch, PerhapsIfMatch};
use crate::http::manage::problem::Problem;
use crate::http::manage::query::{Optional, Query};
use crate::http::manage::reply::{Changed, Deleted, Gone, Many, New, One, Part, ShownOnce};
use crate::http::manage::rules::Rule;
use crate::http::manage::scopes::{ClientsRead, ClientsWrite};
use crate::http::manage::words::{
    ApplicationType, AssertionAudience, AuthMethod, ContentEncryption, GrantType, KeyManagement, LogoutRevokes, PkceRule,
    RefreshTokenRotation, Registrar, ResponseAlgorithm, ResponseType, SigningAlgorithm, SubjectType,
};
use crate::http::manage::{audit, permit};
use crate::http::section::Section;
use crate::protocol::client::ClientId;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::registration;
use crate::protocol::token::Token;

pub(in crate::http) struct Api(pub(super) Arc<Server>);

/// Seconds that a client's tokens live.
#[derive(Object)]
#[oai(rename = "TokenLifetimes")]
struct Lifetimes {
    /// An access token: 30 seconds to a day.
    access_token: Option<u32>,
    /// An ID token: 30 seconds to a day.
    id_token: Option<u32>,
    /// A refresh token that is not used.
    refresh_token_idle: Option<u32>,
    /// Refresh tokens, however often they are rotated.
    refresh_token_absolute: Option<u32>,
}

/// The public keys of a client.
#[derive(Object)]
struct PublicKeys {
    /// The keys, each as RFC 7517 describes it.
    keys: Vec<HashMap<String, Value>>,
}

/// What can be chosen about a client (RFC 7591 §2). What is left out has the safe value: authorization code with PKCE and nothing else.
#[derive(Default, Object)]
#[oai(rename = "ClientMetadata", example, skip_serializing_if_is_none)]
struct Metadata {
    /// Its name, for people.
    client_name: Option<String>,
    /// Where it runs.
    application_type: Option<ApplicationType>,
    /// The one way in which it authenticates; `none` is for one that can keep no secret.
    token_endpoint_auth_method: Option<AuthMethod>,
    /// The one algorithm that it signs its assertions with; any that the method knows when left out.
    token_endpoint_auth_signing_alg: Option<SigningAlgorithm>,
    /// Whom its assertions may be addressed to: `issuer` (RFC 10070), or for older clients `issuer_or_token_endpoint`.
    assertion_audience: Option<AssertionAudience>,
    /// What its ID tokens are signed with; `RS256` when left out. The metadata document lists those that this server offers.
    id_token_signed_response_alg: Option<ResponseAlgorithm>,
    /// How the key of its encrypted ID tokens gets to it; they are not encrypted when left out. It needs a public key for that.
    id_token_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; `A128CBC-HS256` when left out.
    id_token_encrypted_response_enc: Option<ContentEncryption>,
    /// What answers of userinfo are signed with; they are plain JSON when they are neither signed nor encrypted.
    userinfo_signed_response_alg: Option<ResponseAlgorithm>,
    /// How the key of encrypted answers of userinfo gets to it; they are not encrypted when left out. It needs a public key for that.
    userinfo_encrypted_response_alg: Option<KeyManagement>,
    /// What they are encrypted with; `A128CBC-HS256` when left out.
    userinfo_encrypted_response_enc: Option<ContentEncryption>,
    /// Its public keys: a JWK set (RFC 7517 section 5) of RSA (2048 bits or more), P-256 and Ed25519 keys, for encryption also P-384 and X25519.
    jwks: Option<PublicKeys>,
    /// Where they are instead: an https URL.
    jwks_uri: Option<String>,
    /// The one algorithm that it signs request objects with (OpenID Connect Core §6); any that its keys can when left out.
    request_object_signing_alg: Option<SigningAlgorithm>,
    /// Where it keeps request objects: https URLs.
    request_uris: Option<Vec<String>>,
    /// Whether each of its requests has to be a signed object (RFC 9101).
    require_signed_request_object: Option<bool>,
    /// What its `sub` of a person is: the same for all clients (`public`), or one for each sector (`pairwise`). Who changes it, or the
    /// sector, ends what the client was granted so far.
    subject_type: Option<SubjectType>,
    /// An https URL of a JSON array that lists all `redirect_uris`; its host is the sector. It is fetched at once. Left out, the one host of the
    /// `redirect_uris` is.
    sector_identifier_uri: Option<String>,
    /// Seconds since a person last signed in, after which they have to again, where its request has no `max_age`.
    default_max_age: Option<u32>,
    /// Whether it relies on `auth_time`, which every ID token has.
    require_auth_time: Option<bool>,
    /// The classes of sign-in that it would like, the best first: kept and told. ID tokens say which class a sign-in had.
    default_acr_values: Option<Vec<String>>,
    /// An https URL at which it begins a sign-in that others ask for (OpenID Connect Core section 4). This server sends nobody there.
    initiate_login_uri: Option<String>,
    /// An https URL of its logo: PNG, JPEG, WebP or GIF, 256 KiB at most. People get it from this server.
    logo_uri: Option<String>,
    /// An https URL of its home page, to which the login and the consent page link.
    client_uri: Option<String>,
    /// An https URL of its privacy policy, likewise.
    policy_uri: Option<String>,
    /// An https URL of its terms of service, likewise.
    tos_uri: Option<String>,
    /// How those who are responsible for it are reached. Pages for people don't show them.
    contacts: Option<Vec<String>>,
    /// Whether its codes need a proof key.
    pkce: Option<PkceRule>,
    /// Whether its refresh tokens are good for one use each: `on`; or `off`, for one that authenticates only.
    refresh_token_rotation: Option<RefreshTokenRotation>,
    /// The grants that it may use.
    grant_types: Option<Vec<GrantType>>,
    /// The response types that it may use; those that its grants need when left out.
    response_types: Option<Vec<ResponseType>>,
    /// Where codes may be sent.
    redirect_uris: Option<Vec<String>>,
    /// Where a person may return after signing out.
    post_logout_redirect_uris: Option<Vec<String>>,
    /// The page of it that is loaded in a frame when a person signs out (OpenID Connect Front-Channel Logout): where one of its `redirect_uris` is.
    frontchannel_logout_uri: Option<String>,
    /// Whether that page needs `iss` and `sid`; it always gets them.
    frontchannel_logout_session_required: Option<bool>,
    /// Where a logout token is posted when a session ends (OpenID Connect Back-Channel Logout): an https URL.
    backchannel_logout_uri: Option<String>,
    /// Whether that token needs a `sid`; it always has one.
    backchannel_logout_session_required: Option<bool>,
    /// Which of its refresh tokens end when a person signs out: `session`, all but those for `offline_access`; `everything`; or `nothing`.
    logout_revokes: Option<LogoutRevokes>,
    /// The web origins whose scripts may call us for it.
    cors_origins: Option<Vec<String>>,
    /// What it may ask for: words with spaces between them.
    scope: Option<String>,
    /// What it gets when it asks for nothing in particular; the same when left out.
    default_scope: Option<String>,
    /// What it is when it acts for itself.
    roles: Option<Vec<String>>,
    /// What goes into its tokens and its userinfo beside what the specifications put there.
    claims: Option<Vec<Rule>>,
    /// How long its tokens live.
    lifetimes: Option<Lifetimes>,
    /// Whether it is our own, so that people are not asked for consent.
    first_party: Option<bool>,
    /// Whether it gets anything at all. What a disabled client got is inactive at once.
    enabled: Option<bool>,
}

/// A client to register.
#[derive(Object)]
#[oai(example)]
struct NewClient {
    /// Its identifier: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`.
    client_id: String,
    #[oai(flatten)]
    metadata: Metadata,
}

/// A registered client. Its secrets are never shown again.
#[derive(Object)]
#[oai(rename = "Client", example, skip_serializing_if_is_none)]
struct ClientDocument {
    /// Its identifier.
    client_id: String,
    #[oai(flatten)]
    metadata: Metadata,
    /// Its secrets that are alive, by their names.
    secrets: Vec<SecretDocument>,
    /// Who registered it.
    registered_by: Registrar,
    /// When it is forgotten unless it gets a token before, in seconds since 1970: of a client that registered itself.
    unused_until: Option<i64>,
    /// When it was registered, in seconds since 1970.
    created_at: i64,
    /// When it was last changed, in seconds since 1970.
    updated_at: i64,
}

/// A client that was just registered.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
struct RegisteredClient {
    #[oai(flatten)]
    client: ClientDocument,
    /// Its secret, shown this once.
    client_secret: Option<String>,
}

/// A secret, by its name.
#[derive(Object)]
#[oai(rename = "ClientSecret")]
struct SecretDocument {
    /// Names it, so that it can be withdrawn.
    id: String,
    /// When it was made, in seconds since 1970.
    created_at: i64,
}

/// A secret that was just made.
#[derive(Object)]
#[oai(example)]
struct NewSecret {
    #[oai(flatten)]
    secret: SecretDocument,
    /// The secret, shown this once.
    client_secret: String,
}

impl Example for Metadata {
    fn example() -> Self {
        Self {
            client_name: Some("The shop".to_owned()),
            grant_types: Some(vec![GrantType::AuthorizationCode, GrantType::RefreshToken]),
            redirect_uris: Some(vec!["https://shop.example.com/callback".to_owned()]),
            scope: Some("openid profile offline_access".to_owned()),
            ..Self::default()
        }
    }
}

impl Example for NewClient {
    fn example() -> Self {
        Self { client_id: "shop".to_owned(), metadata: Metadata::example() }
    }
}

impl Example for SecretDocument {
    fn example() -> Self {
        Self { id: "0e4cdf3a-5371-4b6a-a9f0-1e8451e05e76".to_owned(), created_at: 1_795_262_400 }
    }
}

impl Example for ClientDocument {
    fn example() -> Self {
        Self {
            client_id: "shop".to_owned(),
            metadata: Metadata::example(),
            secrets: vec![SecretDocument::example()],
            registered_by: Registrar::Operator,
            unused_until: None,
            created_at: 1_795_262_400,
            updated_at: 1_795_262_400,
        }
    }
}

impl Example for RegisteredClient {
    fn example() -> Self {
        Self { client: ClientDocument::example(), client_secret: Some("clv_cs_…".to_owned()) }
    }
}

impl Example for NewSecret {
    fn example() -> Self {
        Self { secret: SecretDocument::example(), client_secret: "clv_cs_…".to_owned() }
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Section::Clients")]
impl Api {
    /// List the clients
    #[oai(path = "/clients", method = "get", operation_id = "listClients")]
    #[expect(clippy::too_many_arguments, reason = "one for each parameter, which documents it")]
    async fn list(
        &self,
        request: &Request,
        bearer: Bearer<ClientsRead>,
        /// Text in the identifier or the name, whatever its case.
        #[oai(name = "q")]
        _q: Optional<String>,
        /// Only those that are enabled, or disabled.
        #[oai(name = "enabled")]
        _enabled: Optional<bool>,
        /// Only those that the operator registered (`operator`), or that registered themselves (`self`).
        #[oai(name = "registered_by")]
        _registered_by: Optional<Registrar>,
        /// Items on a page, 1 to 200; 50 when left out.
        #[oai(name = "limit")]
        _limit: Optional<u32>,
        /// The `next` of the page before.
        #[oai(name = "cursor")]
        _cursor: Optional<String>,
    ) -> Many<ClientDocument> {
        let page = async {
            permit(&self.0, &bearer).await?;
            let query = Query::of(request)?;
            let registered_by = query.word("registered_by", &["operator", "self"])?.and_then(registration::Registrar::parse);
            let filter = ClientFilter { text: query.text("q"), enabled: query.flag("enabled")?, registered_by };
            let page = self.0.client_page(&filter, &query.page()?).await?;
            Ok(Page { items: page.items.iter().map(ClientView::of).collect(), next: page.next })
        };
        Many::reply(request, page.await)
    }

    /// Register a client
    ///
    /// A confidential client gets a secret, which is in this answer and never shown again.
    #[oai(path = "/clients", method = "post", operation_id = "createClient")]
    async fn create(&self, request: &Request, bearer: Bearer<ClientsWrite>, body: Body<NewClient>) -> New<RegisteredClient> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let client = read::<ClientMetadata>(body.value()?)?.client().map_err(Refused::Invalid)?;
            Reach::Of(&by).client(&client.allowed_scope, &client.roles)?;
            let added = self.0.add_client(client, None).await??;
            audit(&by, "clients.create", &added.made.id);
            let location = self.0.issuer().url(&format!("/api/v1/clients/{}", added.made.id));
            Ok((ClientView::of(&added.made), location, added.secret.as_ref().map(reveal)))
        };
        New::reply(request, made.await)
    }

    /// See a client
    #[oai(path = "/clients/:id", method = "get", operation_id = "getClient")]
    async fn get(&self, request: &Request, bearer: Bearer<ClientsRead>, id: Path<String>) -> One<ClientDocument> {
        let found = async {
            permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            let client = self.0.client(&id).await?.ok_or_else(|| not_found(id.as_str()))?;
            Ok(ClientView::of(&client))
        };
        One::reply(request, found.await)
    }

    /// Change a client
    ///
    /// A merge patch (RFC 7396): what is left out stays, `null` stands for what it is when nobody says anything else.
    #[oai(path = "/clients/:id", method = "patch", operation_id = "updateClient")]
    async fn update(
        &self,
        request: &Request,
        bearer: Bearer<ClientsWrite>,
        id: Path<String>,
        /// Which version is changed: the `ETag` that you got, or `*` for whatever it is by now.
        #[oai(name = "If-Match")]
        if_match: IfMatch,
        body: Patch<Metadata>,
    ) -> Changed<ClientDocument> {
        let changed = async {
            let by = permit(&self.0, &bearer).await?;
            let (id, expected, patch) = (known(&id)?, if_match.expected()?, body.value()?);
            let client = self.0.patch_client(Reach::Of(&by), &id, &expected, &patch).await??;
            audit(&by, "clients.update", &id);
            Ok(ClientView::of(&client))
        };
        Changed::reply(request, changed.await)
    }

    /// Delete a client and everything that came of it
    #[oai(path = "/clients/:id", method = "delete", operation_id = "deleteClient")]
    async fn delete(
        &self,
        request: &Request,
        bearer: Bearer<ClientsWrite>,
        id: Path<String>,
        /// Which version is deleted: the `ETag` that you got; whatever it is by now when left out.
        #[oai(name = "If-Match")]
        if_match: PerhapsIfMatch,
    ) -> Deleted {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let (id, expected) = (known(&id)?, if_match.expected()?);
            self.0.delete_client(Reach::Of(&by), &id, &expected).await??;
            audit(&by, "clients.delete", &id);
            Ok(())
        };
        Deleted::reply(request, gone.await)
    }

    /// Give a client a second secret
    ///
    /// It works beside the first, so that the client can change over; then withdraw the old one. At most two are alive.
    #[oai(path = "/clients/:id/secrets", method = "post", operation_id = "addClientSecret")]
    async fn add_secret(&self, request: &Request, bearer: Bearer<ClientsWrite>, id: Path<String>) -> Part<NewSecret> {
        let made = async {
            let by = permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            let added = self.0.add_client_secret(Reach::Of(&by), &id, None).await??;
            audit(&by, "clients.secrets.create", &id);
            let location = self.0.issuer().url(&format!("/api/v1/clients/{id}/secrets/{}", added.made.id));
            Ok((added.made, location, added.secret.as_ref().map(reveal)))
        };
        Part::reply(request, made.await)
    }

    /// Withdraw a secret: it opens nothing any more
    #[oai(path = "/clients/:id/secrets/:secret", method = "delete", operation_id = "withdrawClientSecret")]
    async fn withdraw_secret(&self, request: &Request, bearer: Bearer<ClientsWrite>, id: Path<String>, secret: Path<String>) -> Gone {
        let gone = async {
            let by = permit(&self.0, &bearer).await?;
            let id = known(&id)?;
            self.0.withdraw_client_secret(Reach::Of(&by), &id, &secret).await??;
            audit(&by, "clients.secrets.delete", &id);
            Ok(())
        };
        Gone::reply(request, gone.await)
    }
}

/// A client identifier. What can't be one names no client.
fn known(id: &str) -> Result<ClientId, Problem> {
    ClientId::parse(id).map_err(|_| not_found(id).into())
}

fn not_found(id: &str) -> Refused {
    Refused::not_found("client", id)
}

fn reveal(secret: &Token) -> ShownOnce {
    ("client_secret", secret.reveal().to_owned())
}
