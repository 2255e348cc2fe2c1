//! The people, clients and API that `claviger dev` puts in, so that everything can be tried at once. Their passwords and secrets are public:
//! no other command puts them in.

use std::collections::BTreeSet;

use secrecy::SecretString;

use crate::flow::manage::users::NewPassword;
use crate::flow::manage::{Expected, Refused};
use crate::flow::{Failure, Server};
use crate::identity::account::Account;
use crate::identity::user::{ADMIN, InvalidUsername, Username};
use crate::protocol::api::{Api, ApiScope};
use crate::protocol::application_type::ApplicationType;
use crate::protocol::claims::{Address, StandardClaims};
use crate::protocol::client::{
    AuthMethod, Client, ClientId, GrantType, InvalidClientId, InvalidOrigin, Origin, PkceRule, ResponseType, TokenLifetimes,
};
use crate::protocol::client_metadata::ClientMetadata;
use crate::protocol::redirect_uri::{InvalidRedirectUri, RedirectUri};
use crate::protocol::resource::{InvalidResource, Resource};
use crate::protocol::scope::{InvalidScope, Scope, ScopeToken};
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenHash;

/// The demo API's identifier: the FastAPI example.
pub const API: &str = "http://localhost:8000";
/// The people and their passwords.
pub const PEOPLE: [(&str, &str); 2] = [("alice", "wonderland"), ("bob", "builder")];
/// What people's clients may ask for.
const PERSONS_SCOPE: &str = "openid profile email address phone offline_access items:read items:write";
const OWN_API_SCOPE: &str = "clients:read clients:write users:read users:write apis:read apis:write keys:read keys:write \
                             sessions:read sessions:write refusals:read";
const SPA_ORIGINS: [&str; 6] = [
    "http://localhost:5173",
    "http://localhost:3000",
    "http://localhost:8000",
    "http://127.0.0.1:5173",
    "http://127.0.0.1:3000",
    "http://127.0.0.1:8000",
];

/// The demo data can't be put in.
#[derive(Debug, thiserror::Error)]
pub enum DemoFailure {
    /// Storing it failed.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A rule refuses it.
    #[error("the demo data is refused: {0}")]
    Refused(#[from] Refused),
    /// It is malformed.
    #[error("the demo data is malformed: {0}")]
    Malformed(String),
}

macro_rules! malformed {
    ($($problem:ty),+) => { $(impl From<$problem> for DemoFailure {
        fn from(problem: $problem) -> Self {
            Self::Malformed(problem.to_string())
        }
    })+ };
}
malformed!(InvalidUsername, InvalidClientId, InvalidOrigin, InvalidRedirectUri, InvalidResource, InvalidScope);

/// What differs from one demo client to the next.
#[derive(Clone, Copy, Default)]
struct Sketch<'a> {
    name: &'a str,
    secret: Option<&'a str>,
    native: bool,
    first_party: bool,
    grants: &'a [GrantType],
    redirect_uris: &'a [&'a str],
    post_logout: &'a [&'a str],
    origins: &'a [&'a str],
    allowed: &'a str,
    default: &'a str,
}

impl Server {
    /// Puts in what is missing of the demo data.
    pub async fn put_demo_data(&self) -> Result<(), DemoFailure> {
        self.put_people().await?;
        self.put_clients().await?;
        self.put_api().await
    }

    async fn put_people(&self) -> Result<(), DemoFailure> {
        for (name, password) in PEOPLE {
            if self.user(&Username::parse(name)?).await?.is_some() {
                continue;
            }
            let alice = name == "alice";
            let account = Account {
                username: name.to_owned(),
                claims: if alice {
                    alices_claims()
                } else {
                    StandardClaims { name: Some("Bob Builder".into()), ..StandardClaims::default() }
                },
                roles: alice.then(|| ADMIN.to_owned()).into_iter().collect(),
                enabled: true,
            };
            self.add_user(account, Some(NewPassword::AnyText(SecretString::from(password)))).await??;
        }
        Ok(())
    }

    async fn put_api(&self) -> Result<(), DemoFailure> {
        let scope = |name: &str, description: &str| -> Result<ApiScope, InvalidScope> {
            Ok(ApiScope { name: ScopeToken::parse(name)?, description: description.to_owned(), role: None })
        };
        let api = Api {
            identifier: Resource::parse(API)?,
            name: "Items".to_owned(),
            scopes: vec![scope("items:read", "see your items")?, scope("items:write", "add and change your items")?],
            introspectors: BTreeSet::from([ClientId::parse("demo-api")?]),
        };
        if self.apis().await?.iter().any(|known| known.identifier == api.identifier) {
            return Ok(());
        }
        self.add_api(api).await??;
        Ok(())
    }

    async fn put_clients(&self) -> Result<(), DemoFailure> {
        use GrantType::{AuthorizationCode, ClientCredentials, Password, RefreshToken};
        let docs = self.issuer().url("/docs/oauth2-redirect.html");
        let everything = format!("{PERSONS_SCOPE} {OWN_API_SCOPE}");
        let person = Sketch { allowed: PERSONS_SCOPE, default: "openid profile", ..Sketch::default() };
        let sketches = [
            (
                "demo-web",
                Sketch {
                    name: "Demo web application",
                    secret: Some("demo-web-secret"),
                    grants: &[AuthorizationCode, RefreshToken],
                    redirect_uris: &["http://localhost:3000/callback", "http://localhost:8000/callback"],
                    ..person
                },
            ),
            (
                "demo-spa",
                Sketch {
                    name: "Demo browser application",
                    grants: &[AuthorizationCode, RefreshToken],
                    redirect_uris: &[
                        "http://localhost:5173/callback",
                        "http://localhost:8000/docs/oauth2-redirect",
                        "http://127.0.0.1:8000/docs/oauth2-redirect",
                    ],
                    post_logout: &["http://localhost:5173/"],
                    origins: &SPA_ORIGINS,
                    ..person
                },
            ),
            (
                "demo-native",
                Sketch {
                    name: "Demo native application",
                    native: true,
                    grants: &[AuthorizationCode, RefreshToken],
                    redirect_uris: &["http://127.0.0.1/callback"],
                    ..person
                },
            ),
            (
                "demo-password",
                Sketch {
                    name: "Demo password client",
                    first_party: true,
                    grants: &[Password, RefreshToken],
                    origins: &SPA_ORIGINS,
                    ..person
                },
            ),
            (
                "demo-m2m",
                Sketch {
                    name: "Demo machine",
                    secret: Some("demo-m2m-secret"),
                    grants: &[ClientCredentials],
                    allowed: "items:read items:write clients:read",
                    default: "items:read",
                    ..Sketch::default()
                },
            ),
            ("demo-api", Sketch { name: "Demo resource server", secret: Some("demo-api-secret"), ..Sketch::default() }),
            (
                "claviger-docs",
                Sketch {
                    name: "Claviger API documentation",
                    first_party: true,
                    grants: &[AuthorizationCode, Password],
                    redirect_uris: &[&docs],
                    allowed: &everything,
                    ..person
                },
            ),
        ];
        for (id, sketch) in sketches {
            let client = sketch.client(id)?;
            let secret = sketch.secret.map(TokenHash::of);
            match self.client(&client.id).await? {
                None => drop(self.add_client(client, secret).await??),
                // The issuer has the port in it, and that may be another one today.
                Some(known) if known.redirect_uris != client.redirect_uris && id == "claviger-docs" => {
                    let redirect_uris = vec![docs.clone()];
                    self.change_client(&client.id, &Expected::Anything, |metadata| {
                        Ok(ClientMetadata { redirect_uris: redirect_uris.clone(), ..metadata })
                    })
                    .await??;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }
}

impl Sketch<'_> {
    fn client(self, id: &str) -> Result<Client, DemoFailure> {
        let application_type = if self.native { ApplicationType::Native } else { ApplicationType::Web };
        let registered = |uris: &[&str]| uris.iter().map(|uri| RedirectUri::register(uri, application_type)).collect::<Result<Vec<_>, _>>();
        let start = Timestamp::from_seconds(0);
        Ok(Client {
            id: ClientId::parse(id)?,
            name: self.name.to_owned(),
            application_type,
            secrets: Vec::new(),
            auth_method: if self.secret.is_some() { AuthMethod::SecretBasic } else { AuthMethod::None },
            pkce: PkceRule::Required,
            grant_types: self.grants.iter().copied().collect(),
            response_types: self.grants.contains(&GrantType::AuthorizationCode).then_some(ResponseType::Code).into_iter().collect(),
            redirect_uris: registered(self.redirect_uris)?,
            post_logout_redirect_uris: registered(self.post_logout)?,
            cors_origins: self.origins.iter().map(|origin| Origin::parse(origin)).collect::<Result<_, _>>()?,
            allowed_scope: Scope::parse(self.allowed)?,
            default_scope: Scope::parse(self.default)?,
            lifetimes: TokenLifetimes::default(),
            first_party: self.first_party,
            enabled: true,
            created_at: start,
            updated_at: start,
        })
    }
}

fn alices_claims() -> StandardClaims {
    let text = |text: &str| Some(text.to_owned());
    StandardClaims {
        name: text("Alice Liddell"),
        given_name: text("Alice"),
        family_name: text("Liddell"),
        middle_name: text("Pleasance"),
        nickname: text("Ali"),
        preferred_username: text("alice"),
        profile: text("https://example.com/alice"),
        picture: text("https://example.com/alice.png"),
        website: text("https://alice.example.com"),
        gender: text("female"),
        birthdate: text("1852-05-04"),
        zoneinfo: text("Europe/London"),
        locale: text("en-GB"),
        email: text("alice@example.com"),
        email_verified: Some(true),
        phone_number: text("+44 20 7946 0000"),
        phone_number_verified: Some(true),
        address: Some(Address {
            formatted: text("The Deanery\nChrist Church\nOxford OX1 1DP\nUnited Kingdom"),
            street_address: text("The Deanery, Christ Church"),
            locality: text("Oxford"),
            region: text("Oxfordshire"),
            postal_code: text("OX1 1DP"),
            country: text("United Kingdom"),
        }),
    }
}
