//! Clients that register themselves, and look after their registration (RFC 7591, RFC 7592).

use std::net::IpAddr;

use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::flow::manage::{ATTEMPTS, Refused as Unchanged};
use crate::flow::throttle::{Throttled, network};
use crate::flow::{Failure, Server};
use crate::identity::throttle::ThrottleKey;
use crate::protocol::bearer::{self, presented};
use crate::protocol::chosen_secret::ChosenSecret;
use crate::protocol::client::{AuthMethod, Client, ClientId};
use crate::protocol::explanation::Fact;
use crate::protocol::params::Params;
use crate::protocol::problem::Problem;
use crate::protocol::refusal::{ErrorCode, Refusal, Wait};
use crate::protocol::registration::{Access, Reason, RegisteredBy, SelfRegistration, asked, asked_again, information};
use crate::protocol::token::{Token, TokenHash, TokenKind};
use crate::store::{Applied, Registered};

/// The member that names the sector's document.
const SECTOR: &str = "sector_identifier_uri";
/// Seconds after which it makes sense to look whether there is room for another client.
const FULL_FOR: u64 = 3600;

/// Why a registration is not made or shown.
pub enum Refused {
    /// Nobody registers here but the operator.
    Off,
    /// What was presented does not permit it.
    Token(bearer::Reason),
    /// What is asked for can't be registered.
    Metadata(Reason),
    /// Not now.
    Later(Refusal),
}

impl From<Throttled> for Refused {
    fn from(throttled: Throttled) -> Self {
        Self::Later(Refusal::too_many(throttled.seconds).explained(throttled.why))
    }
}

impl From<bearer::Reason> for Refused {
    fn from(reason: bearer::Reason) -> Self {
        Self::Token(reason)
    }
}

impl From<Reason> for Refused {
    fn from(reason: Reason) -> Self {
        Self::Metadata(reason)
    }
}

/// What a client is told about its registration, or why not.
pub type Answer<T> = Result<T, Refused>;

impl Server {
    /// Where clients register themselves, where they may.
    pub(super) fn registration_endpoint(&self) -> Option<String> {
        (self.registration.access != Access::Off).then(|| self.issuer.url("/register"))
    }

    /// Registers a client as it describes itself (RFC 7591 §3.1).
    pub async fn register_client(
        &self,
        authorization: Option<&str>,
        members: &Map<String, Value>,
        from: IpAddr,
    ) -> Result<Answer<Map<String, Value>>, Failure> {
        let permit = match self.may_register(authorization).await? {
            Ok(permit) => permit,
            Err(refused) => return Ok(Err(refused)),
        };
        let Ok(id) = ClientId::parse(&self.random.uuid().to_string()) else { return Err(Failure::Contended(0)) };
        let described = match asked(members, &self.registration, &id) {
            Ok(described) => described,
            Err(reason) => return Ok(Err(reason.into())),
        };
        // Before anything is fetched for it: what is refused then counts as well.
        if permit.is_none()
            && let Some(throttled) = self.admit(&self.of_network(from)).await?
        {
            return Ok(Err(throttled.into()));
        }
        if let Err(reason) = self.offers(&described).await? {
            return Ok(Err(reason.into()));
        }
        let (now, access_token) = (self.clock.now(), self.random.token(TokenKind::RegistrationAccessToken));
        let unused_until = Some(now + self.registration.unused_lifetime);
        let registered_by = RegisteredBy::Itself(SelfRegistration { access_token: access_token.hash(), unused_until });
        let mut client = Client { registered_by, created_at: now, updated_at: now, ..described };
        let secret = self.secret_for(&mut client)?;
        match self.store.registrations().insert(&client, permit.as_ref(), self.registration.most_clients, now).await? {
            Registered::Done => {}
            Registered::Full => return Ok(Err(Refused::Later(full(self.registration.most_clients)))),
            Registered::NotPermitted => return Ok(Err(untrusted("the initial access token was used up or revoked a moment ago"))),
            Registered::AlreadyThere => return Err(Failure::Contended(1)),
        }
        // Nobody can have asked for it before: there is nothing to be forgotten.
        tracing::info!(target: "claviger::audit", client = %client.id, %from, did = "clients.register", "a client registered itself");
        Ok(Ok(self.informed(&client, access_token.reveal(), secret.as_ref())))
    }

    /// What is registered of a client, for itself (RFC 7592 §2.1).
    pub async fn registration(&self, id: &str, authorization: Option<&str>) -> Result<Answer<Map<String, Value>>, Failure> {
        let (client, presented) = match self.managed(id, authorization).await? {
            Ok(found) => found,
            Err(reason) => return Ok(Err(reason.into())),
        };
        Ok(Ok(self.informed(&client, presented.reveal(), None)))
    }

    /// Replaces what is registered of a client (RFC 7592 §2.2). It keeps its registration access token.
    pub async fn replace_registration(
        &self,
        id: &str,
        authorization: Option<&str>,
        members: &Map<String, Value>,
        from: IpAddr,
    ) -> Result<Answer<Map<String, Value>>, Failure> {
        for _ in 0..ATTEMPTS {
            let (before, presented) = match self.managed(id, authorization).await? {
                Ok(found) => found,
                Err(reason) => return Ok(Err(reason.into())),
            };
            let mut after = match asked_again(members, &self.registration, &before) {
                Ok(after) => after,
                Err(reason) => return Ok(Err(reason.into())),
            };
            let secret = self.secret_for(&mut after)?;
            if after == before {
                return Ok(Ok(self.informed(&before, presented.reveal(), None)));
            }
            if let Some(throttled) = self.admit(&self.of_network(from)).await? {
                return Ok(Err(throttled.into()));
            }
            match self.replace_client(&before, after).await? {
                Err(Unchanged::Outdated) => {}
                Err(Unchanged::Invalid(problems)) => return Ok(Err(told(problems).into())),
                Err(_) => return Err(Failure::Contended(1)),
                Ok(client) => {
                    tracing::info!(target: "claviger::audit", client = %client.id, %from, did = "clients.register.replace", "a client changed its registration");
                    return Ok(Ok(self.informed(&client, presented.reveal(), secret.as_ref())));
                }
            }
        }
        Err(Failure::Contended(ATTEMPTS))
    }

    /// Forgets a client, with everything that it was granted (RFC 7592 §2.3).
    pub async fn end_registration(&self, id: &str, authorization: Option<&str>) -> Result<Answer<()>, Failure> {
        for _ in 0..ATTEMPTS {
            let (client, _) = match self.managed(id, authorization).await? {
                Ok(found) => found,
                Err(reason) => return Ok(Err(reason.into())),
            };
            let deleted = self.store.clients().delete(&client).await?;
            self.cache.clear();
            if deleted == Applied::Done {
                tracing::info!(target: "claviger::audit", client = %client.id, did = "clients.register.delete", "a client ended its registration");
                return Ok(Ok(()));
            }
        }
        Err(Failure::Contended(ATTEMPTS))
    }

    /// Notes that a client got a token, so that it is kept from now on. It has the token, whether or not this can be written down.
    pub(super) async fn keep_registered(&self, client: &Client) {
        if client.registered_by.unused_until().is_some()
            && let Err(failure) = self.store.registrations().keep(&client.id).await
        {
            tracing::error!(%failure, client = %client.id, "that a client is in use could not be noted");
        }
    }

    /// The hash of the initial access token that permits a registration; `None` where it takes none.
    async fn may_register(&self, authorization: Option<&str>) -> Result<Answer<Option<TokenHash>>, Failure> {
        match self.registration.access {
            Access::Off => Ok(Err(Refused::Off)),
            Access::Open => Ok(Ok(None)),
            Access::InitialAccessToken => {
                let token = match bearer_token(authorization, TokenKind::InitialAccessToken) {
                    Ok(token) => token,
                    Err(reason) => return Ok(Err(reason.into())),
                };
                let found = self.store.initial_access_tokens().find_by_hash(&token.hash()).await?;
                Ok(match found.filter(|found| found.is_live(self.clock.now())) {
                    Some(_) => Ok(Some(token.hash())),
                    None => Err(untrusted("there is no such initial access token; it may be used up, over or revoked")),
                })
            }
        }
    }

    /// The client that a registration access token is for. Whatever is wrong, the caller reads the same (RFC 7592 §2.1).
    async fn managed(&self, id: &str, authorization: Option<&str>) -> Result<Result<(Client, Token), bearer::Reason>, Failure> {
        let token = match bearer_token(authorization, TokenKind::RegistrationAccessToken) {
            Ok(token) => token,
            Err(reason) => return Ok(Err(reason)),
        };
        let found = match ClientId::parse(id) {
            Ok(id) => self.store.clients().find(&id).await?,
            Err(_) => None,
        };
        let is_theirs = |client: &Client| match &client.registered_by {
            RegisteredBy::Itself(SelfRegistration { access_token, .. }) => access_token.matches(&token.hash()),
            RegisteredBy::Operator => false,
        };
        let why = match found {
            None => "there is no such client",
            Some(client) if !is_theirs(&client) => "it is not that of the client",
            Some(client) if !client.enabled => "the client is disabled",
            Some(client) => return Ok(Ok((client, token))),
        };
        Ok(Err(not_good(why)))
    }

    /// Whether this server can do what a client wants, and the client is of the sector that it says; its keys are made then.
    async fn offers(&self, client: &Client) -> Result<Result<(), Reason>, Failure> {
        let unoffered = self.unoffered(client, None);
        if !unoffered.is_empty() {
            return Ok(Err(Reason::of(unoffered)));
        }
        if let Err(problems) = self.check_sector(None, client).await {
            return Ok(Err(told(problems)));
        }
        Box::pin(self.prepare_keys_of(client)).await?;
        Ok(Ok(()))
    }

    /// Gives a client the secret that its method needs and takes those that it does not: what was made is shown once.
    fn secret_for(&self, client: &mut Client) -> Result<Option<Token>, Failure> {
        if !client.has_secret() {
            client.secrets.clear();
            return Ok(None);
        }
        let needs_it_back = client.auth_method == AuthMethod::SecretJwt;
        if client.secrets.iter().any(|secret| !needs_it_back || secret.sealed.is_some()) {
            return Ok(None);
        }
        let secret = self.random.token(TokenKind::ClientSecret);
        client.secrets = vec![self.new_secret(client, &ChosenSecret::new(SecretString::from(secret.reveal())))?];
        Ok(Some(secret))
    }

    fn informed(&self, client: &Client, access_token: &str, secret: Option<&Token>) -> Map<String, Value> {
        information(client, &self.issuer.url(&format!("/register/{}", client.id)), access_token, secret.map(Token::reveal))
    }

    fn of_network(&self, from: IpAddr) -> ThrottleKey {
        ThrottleKey::Registrations { network: network(from), most: self.registration.per_address }
    }
}

/// The token of this kind that stands in the header.
fn bearer_token(authorization: Option<&str>, kind: TokenKind) -> Result<Token, bearer::Reason> {
    let none = Params::default();
    let text = presented(authorization, &none)?;
    Token::parse(kind, text).ok_or_else(|| not_good(&Token::misfit(kind, text)))
}

/// What is wrong, for the client. What is behind an address is for the operator alone.
fn told(problems: Vec<Problem>) -> Reason {
    let Some(problem) = problems.iter().find(|problem| problem.field == SECTOR) else { return Reason::of(problems) };
    tracing::info!(why = %problem, "a client that registers itself is not of the sector that it says");
    Reason::field(SECTOR, "gives no list that has every one of the redirect_uris")
}

fn not_good(why: &str) -> bearer::Reason {
    bearer::Reason::Untrusted { why: why.to_owned(), facts: vec![Fact::of("token").note(why)] }
}

fn untrusted(why: &str) -> Refused {
    not_good(why).into()
}

fn full(most: u64) -> Refusal {
    let refusal = Refusal::new(ErrorCode::TemporarilyUnavailable, "Too many clients have registered here. Try again later.");
    let refusal = refusal.because(format!("there are {most} clients that registered themselves, the most that the configuration allows"));
    Refusal { wait: Some(Wait::Busy(FULL_FOR)), ..refusal }
}
