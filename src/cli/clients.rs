//! `claviger clients`: the registered applications. A generated secret is shown once.

mod shown;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::cli::clients::shown::description;
use crate::cli::output::{SecretOf, Trouble, say, say_secret, table, word};
use crate::cli::place::Place;
use crate::flow::manage::{Expected, Reach, Refused};
use crate::protocol::application_type::ApplicationType;
use crate::protocol::client::{AuthMethod, Client, ClientId, GrantType, PkceRule, RefreshTokenRotation, ResponseType};
use crate::protocol::client_logout::LogoutRevokes;
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::jose::{ContentEncryption, KeyManagement, SigningAlgorithm};
use crate::protocol::registration::Registrar;
use crate::protocol::subject_type::SubjectType;

/// Manage the registered applications
#[derive(Args)]
#[command(after_help = "Example:\n  claviger clients list --config claviger.toml")]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the clients
    #[command(after_help = "Examples:\n  claviger clients list\n  claviger clients list --registered-by self")]
    List {
        /// Only those that the operator registered (`operator`), or that registered themselves (`self`)
        #[arg(long, value_name = "WHO", value_parser = word(Registrar::parse))]
        registered_by: Option<Registrar>,
    },
    /// Show one client
    #[command(after_help = "Example:\n  claviger clients show demo-web")]
    Show {
        /// Its identifier
        id: String,
    },
    Add(Box<Add>),
    /// Disable a client: it gets nothing, and what it got is inactive
    #[command(after_help = "Example:\n  claviger clients disable demo-web")]
    Disable {
        /// Its identifier
        id: String,
    },
    /// Enable a client again
    #[command(after_help = "Example:\n  claviger clients enable demo-web")]
    Enable {
        /// Its identifier
        id: String,
    },
    /// Give a client a new secret; the newest one so far stays alive beside it
    #[command(after_help = "Example:\n  claviger clients rotate-secret demo-web")]
    RotateSecret {
        /// Its identifier
        id: String,
    },
    /// Delete a client and everything that came of it
    #[command(after_help = "Example:\n  claviger clients delete demo-web")]
    Delete {
        /// Its identifier
        id: String,
    },
}

/// Register a client: by default with authorization code and PKCE only
///
/// What has no option here is for `claviger apply` or the management API.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  claviger clients add shop --name 'The shop' --redirect-uri https://shop.example.com/callback --scope 'openid profile email'\n  \
    claviger clients add importer --name Importer --grant client_credentials --scope orders:read"
)]
struct Add {
    /// Its identifier
    id: String,
    /// Its name, for people
    #[arg(long)]
    name: String,
    /// Where it runs: web or native
    #[arg(long, value_name = "TYPE", default_value = "web", value_parser = word(ApplicationType::parse))]
    application_type: ApplicationType,
    /// How it authenticates: `client_secret_basic`, `client_secret_post`, `client_secret_jwt`, `private_key_jwt`; `none` is for one that can
    /// keep no secret
    #[arg(long, value_name = "METHOD", default_value = "client_secret_basic", value_parser = word(AuthMethod::parse))]
    auth_method: AuthMethod,
    /// A file with its public keys: a JWK set
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// Where it publishes its public keys
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    jwks_uri: Option<String>,
    /// What its `sub` of a person is: public, the same for all clients, or pairwise, one for each sector
    #[arg(long, value_name = "TYPE", default_value = "public", value_parser = word(SubjectType::parse))]
    subject_type: SubjectType,
    /// The document that lists the redirect URIs of its sector; it is fetched at once
    #[arg(long, value_name = "URL")]
    sector_identifier_uri: Option<String>,
    /// Seconds since people last signed in, after which they have to again, where its requests say nothing else
    #[arg(long, value_name = "SECONDS")]
    default_max_age: Option<u32>,
    /// What its ID tokens are signed with: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or `EdDSA` [default: RS256]
    #[arg(long, value_name = "ALGORITHM", value_parser = word(SigningAlgorithm::parse))]
    id_token_alg: Option<SigningAlgorithm>,
    /// How the key of its encrypted ID tokens gets to it: `RSA-OAEP-256`, `ECDH-ES` or `ECDH-ES+A256KW` [default: they are not encrypted]
    #[arg(long, value_name = "ALGORITHM", value_parser = word(KeyManagement::parse))]
    id_token_encryption_alg: Option<KeyManagement>,
    /// What they are encrypted with: `A128CBC-HS256`, `A128GCM` or `A256GCM` [default: `A128CBC-HS256`]
    #[arg(long, value_name = "ENCRYPTION", value_parser = word(ContentEncryption::parse))]
    id_token_encryption_enc: Option<ContentEncryption>,
    /// The same for answers of userinfo
    #[arg(long, value_name = "ALGORITHM", value_parser = word(KeyManagement::parse))]
    userinfo_encryption_alg: Option<KeyManagement>,
    /// The same for answers of userinfo
    #[arg(long, value_name = "ENCRYPTION", value_parser = word(ContentEncryption::parse))]
    userinfo_encryption_enc: Option<ContentEncryption>,
    /// What answers of userinfo are signed with, as above [default: they are not]
    #[arg(long, value_name = "ALGORITHM", value_parser = word(SigningAlgorithm::parse))]
    userinfo_alg: Option<SigningAlgorithm>,
    /// A grant type: `authorization_code` (the default), `client_credentials`, `refresh_token`, `password`, `implicit`; may be repeated
    #[arg(long = "grant", value_name = "GRANT", value_parser = word(GrantType::parse))]
    grants: Vec<GrantType>,
    /// A response type, such as `code id_token`; may be repeated [default: those that the grants need]
    #[arg(long = "response-type", value_name = "TYPE", value_parser = word(ResponseType::of_words))]
    response_types: Vec<ResponseType>,
    /// Where codes may be sent; may be repeated
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Where people may return to after signing out; may be repeated
    #[arg(long = "post-logout-redirect-uri", value_name = "URI")]
    post_logout_redirect_uris: Vec<String>,
    /// A page of it, loaded in a frame when a person signs out
    #[arg(long, value_name = "URL")]
    frontchannel_logout_uri: Option<String>,
    /// Where it is sent a logout token when a session ends
    #[arg(long, value_name = "URL")]
    backchannel_logout_uri: Option<String>,
    /// Which of its refresh tokens end then: `session` (all but those for `offline_access`), `everything` or `nothing`
    #[arg(long, value_name = "WHICH", default_value = "session", value_parser = word(LogoutRevokes::parse))]
    logout_revokes: LogoutRevokes,
    /// Whether each use of a refresh token brings a successor: `on`; or `off`, for a client that authenticates only
    #[arg(long, value_name = "ON_OR_OFF", default_value = "on", value_parser = word(RefreshTokenRotation::parse))]
    refresh_token_rotation: RefreshTokenRotation,
    /// A web origin whose scripts may call us; may be repeated
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    cors_origins: Vec<String>,
    /// What it may ask for, as a list in quotes
    #[arg(long, value_name = "SCOPES", default_value = "")]
    scope: String,
    /// What it gets when it asks for nothing in particular [default: the same]
    #[arg(long, value_name = "SCOPES")]
    default_scope: Option<String>,
    /// It is our own: people are not asked for consent
    #[arg(long)]
    first_party: bool,
    /// It may go without PKCE; for old server-side applications only
    #[arg(long)]
    pkce_optional: bool,
}

/// What stands before a generated secret.
const SHOWN: &str = "Its secret, shown this once";

pub(super) async fn run(arguments: Arguments) -> Result<(), Trouble> {
    let server = arguments.place.server().await?;
    match arguments.command {
        Command::List { registered_by } => {
            let row = |client: &Client| {
                let grants: Vec<&str> = client.grant_types.iter().map(|grant| grant.as_str()).collect();
                let enabled = if client.enabled { "enabled" } else { "disabled" };
                let itself = if client.registered_itself() { "registered itself" } else { "" };
                let cells = [client.id.as_str(), &client.name, client.auth_method.as_str(), &grants.join(","), enabled, itself];
                cells.map(str::to_owned).to_vec()
            };
            let clients = server.clients().await?;
            let listed = clients.iter().filter(|client| registered_by.is_none_or(|who| client.registered_by.registrar() == who));
            say(table(&listed.map(row).collect::<Vec<_>>()))?;
        }
        Command::Show { id } => {
            let id = parse(&id)?;
            let client = server
                .client(&id)
                .await?
                .ok_or_else(|| Trouble::new(format!("there is no client {id}. `claviger clients list` shows them.")))?;
            say(table(&description(&client)))?;
        }
        Command::Add(add) => {
            let client = add.metadata()?.client().map_err(Refused::Invalid)?;
            let added = server.add_client(client, None).await??;
            let registered = format!("Registered {}.", added.made.id);
            match &added.secret {
                Some(secret) => say_secret(&format!("{registered}\n{SHOWN}"), secret, SecretOf::Client(&added.made.id))?,
                None => say(registered)?,
            }
        }
        Command::Disable { id } => {
            server.enable_client(&parse(&id)?, false).await??;
            say(format!("Disabled {id}."))?;
        }
        Command::Enable { id } => {
            server.enable_client(&parse(&id)?, true).await??;
            say(format!("Enabled {id}."))?;
        }
        Command::RotateSecret { id } => {
            let id = parse(&id)?;
            if let Some(secret) = server.rotate_client_secret(&id, None).await??.secret {
                say_secret(SHOWN, &secret, SecretOf::Client(&id))?;
            }
        }
        Command::Delete { id } => {
            server.delete_client(Reach::Everything, &parse(&id)?, &Expected::Anything).await??;
            say(format!("Deleted {id}."))?;
        }
    }
    server.close().await;
    Ok(())
}

impl Add {
    fn metadata(self) -> Result<ClientMetadata, Trouble> {
        let jwks = self.jwks.as_deref().map(key_set).transpose()?;
        Ok(ClientMetadata {
            client_id: self.id,
            client_name: self.name,
            application_type: self.application_type,
            token_endpoint_auth_method: self.auth_method,
            jwks,
            jwks_uri: self.jwks_uri,
            subject_type: self.subject_type,
            sector_identifier_uri: self.sector_identifier_uri,
            default_max_age: self.default_max_age,
            id_token_signed_response_alg: self.id_token_alg,
            id_token_encrypted_response_alg: self.id_token_encryption_alg,
            id_token_encrypted_response_enc: self.id_token_encryption_enc,
            userinfo_signed_response_alg: self.userinfo_alg,
            userinfo_encrypted_response_alg: self.userinfo_encryption_alg,
            userinfo_encrypted_response_enc: self.userinfo_encryption_enc,
            pkce: if self.pkce_optional { PkceRule::Optional } else { PkceRule::Required },
            grant_types: if self.grants.is_empty() { [GrantType::AuthorizationCode].into() } else { self.grants.into_iter().collect() },
            response_types: (!self.response_types.is_empty()).then(|| self.response_types.into_iter().collect()),
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            frontchannel_logout_uri: self.frontchannel_logout_uri,
            backchannel_logout_uri: self.backchannel_logout_uri,
            logout_revokes: self.logout_revokes,
            refresh_token_rotation: self.refresh_token_rotation,
            cors_origins: self.cors_origins,
            scope: self.scope,
            default_scope: self.default_scope,
            first_party: self.first_party,
            ..ClientMetadata::default()
        })
    }
}

fn key_set(path: &Path) -> Result<Value, Trouble> {
    let text = std::fs::read(path).map_err(|error| Trouble::new(format!("{} can't be read: {error}", path.display())))?;
    serde_json::from_slice(&text).map_err(|error| Trouble::new(format!("{} is no JSON: {error}", path.display())))
}

fn parse(id: &str) -> Result<ClientId, Trouble> {
    ClientId::parse(id).map_err(|problem| Trouble::new(format!("a client identifier {problem}")))
}
