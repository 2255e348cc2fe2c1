//! The token endpoint's corridor (RFC 6749 §3.2): the steps that every grant shares are made here once, so that no room can forget one:
//! authenticate the client → may it use this grant? → find → decide → mint → write → answer.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::flow::password_check::Checked;
use crate::flow::{Answered, Failure, Server};
use crate::identity::user::User;
use crate::protocol::client::{Client, GrantType};
use crate::protocol::explanation::{Explanation, Fact, Report, listed};
use crate::protocol::grant::{
    Authorization, Decision, Effect, authorization_code, client_credentials, password, refresh_token, token_exchange,
};
use crate::protocol::id_token::Beside;
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::Grantor;
use crate::protocol::subject::GrantId;
use crate::protocol::time::Timestamp;
use crate::protocol::token::Token;
use crate::store::Applied;

/// How often a request starts over after another one changed the same thing first.
const ATTEMPTS: u32 = 5;

/// A token request.
pub struct Request<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The form.
    pub params: &'a Params,
    /// Where it comes from.
    pub address: IpAddr,
}

/// A successful answer (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
#[derive(Serialize)]
pub struct Granted {
    /// The access token.
    pub access_token: String,
    /// How it is presented: `Bearer`.
    pub token_type: &'static str,
    /// Seconds that it lives.
    pub expires_in: u32,
    /// What it is good for.
    pub scope: String,
    /// The refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// The ID token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// What kind of token was issued (RFC 8693 §2.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_token_type: Option<&'static str>,
}

/// What a grant read from the form.
enum Asked {
    Code(authorization_code::Request),
    Client(client_credentials::Request),
    Refresh(refresh_token::Request),
    Password(Box<(password::Request, PasswordFacts)>),
}

/// What checking a password found; checked once, however often the rest starts over.
struct PasswordFacts {
    person: User,
    grant: GrantId,
}

impl Server {
    /// Answers a token request.
    pub async fn token(&self, request: Request<'_>) -> Result<Answered<Granted>, Failure> {
        if let Err(repeated) = request.params.once_each() {
            return Ok(Answered::refused(repeated));
        }
        if request.params.get("grant_type") == Some(token_exchange::GRANT_TYPE) {
            // On the heap: it would be part of every token request.
            return Box::pin(self.exchange(request.authorization, request.params, request.address)).await;
        }
        let client = match self.authenticate(request.authorization, request.params).await? {
            Ok(client) => client,
            Err(refusal) => return Ok(Answered::refused(refusal)),
        };
        Ok(match self.grant(&client, &request).await? {
            Ok((granted, dropped)) => {
                self.keep_registered(&client).await;
                Answered { client: Some(client), reply: Ok(granted), noted: narrowed(dropped) }
            }
            Err(refusal) => Answered::to(client, Err(refusal)),
        })
    }

    /// The tokens, and what of the scope they lack.
    async fn grant(&self, client: &Arc<Client>, request: &Request<'_>) -> Result<Result<(Granted, Vec<Fact>), Refusal>, Failure> {
        let asked = match self.read(client, request).await? {
            Ok(asked) => asked,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let Decision { mut effects, reply } = self.decide(&asked, client, now).await?;
            let reply = match reply {
                Ok(authorization) => match self.mint(client, authorization, &asked, now, &mut effects).await? {
                    Ok(granted) => Ok(granted),
                    // What can't be minted uses nothing up.
                    Err(refusal) => return Ok(Err(refusal)),
                },
                Err(refusal) => {
                    if effects.iter().any(|effect| matches!(effect, Effect::RevokeGrant { .. })) {
                        tracing::warn!(target: "claviger::security", client = %client.id, reason = %refusal.reason, "something that was used up was presented again");
                    }
                    Err(refusal)
                }
            };
            if effects.is_empty() || self.store.grants().apply(&effects).await? == Applied::Done {
                return Ok(reply);
            }
            // Another request was first: what was signed is thrown away, and the rules look again. A password that was changed since it was
            // checked would have to be checked again.
            if matches!(asked, Asked::Password(_)) {
                let fact = Fact::of("password").note("it was changed while it was checked");
                return Ok(Err(Refusal::from(password::Reason::Wrong).explained(Explanation::of(fact))));
            }
        }
        Err(Failure::Contended(ATTEMPTS))
    }

    async fn read(&self, client: &Client, request: &Request<'_>) -> Result<Result<Asked, Refusal>, Failure> {
        let params = request.params;
        let Some(grant_type) = params.get("grant_type") else {
            return Ok(Err(Refusal::missing("grant_type", "The parameter grant_type is missing.")));
        };
        let registered =
            || Fact::of("grant_type").expected(listed(&client.grant_types)).note("expected is what the client is registered for");
        let unsupported = || Refusal::new(ErrorCode::UnsupportedGrantType, "The grant_type is not supported.");
        // RFC 6749 §4.2: implicit tokens come from the authorization endpoint.
        let Some(grant_type) = GrantType::parse(grant_type).filter(|grant_type| *grant_type != GrantType::Implicit) else {
            return Ok(Err(unsupported().explained(Explanation::of(registered().came(grant_type)))));
        };
        if !client.may_use(grant_type) {
            let refusal = Refusal::new(ErrorCode::UnauthorizedClient, "The client is not registered for this grant_type.");
            let explanation =
                Explanation::of(registered().came(grant_type.as_str())).advise("If the client shall do this, add it to its grant_types.");
            return Ok(Err(refusal.because(format!("the client is not registered for {grant_type}")).explained(explanation)));
        }
        Ok(match grant_type {
            GrantType::AuthorizationCode => authorization_code::Request::parse(params).map(Asked::Code).map_err(Refusal::from),
            GrantType::ClientCredentials => client_credentials::Request::parse(params).map(Asked::Client).map_err(Refusal::from),
            GrantType::RefreshToken => refresh_token::Request::parse(params).map(Asked::Refresh).map_err(Refusal::from),
            GrantType::Implicit => Err(unsupported()),
            GrantType::Password => match password::Request::parse(params) {
                Ok(asked) => return self.check_resource_owner(asked, request.address).await,
                Err(refusal) => Err(refusal),
            },
        })
    }

    async fn check_resource_owner(&self, asked: password::Request, address: IpAddr) -> Result<Result<Asked, Refusal>, Failure> {
        let person = match self.check_password(&asked.username, &asked.password, address).await? {
            Checked::Right(user) => *user,
            Checked::Wrong(why) => return Ok(Err(Refusal::from(password::Reason::Wrong).explained(why))),
            Checked::TooMany(throttled) => return Ok(Err(Refusal::too_many(throttled.seconds).explained(throttled.why))),
            Checked::Busy => return Ok(Err(Refusal::busy())),
        };
        let grant = GrantId::new(self.random.uuid());
        Ok(Ok(Asked::Password(Box::new((asked, PasswordFacts { person, grant })))))
    }

    async fn decide(&self, asked: &Asked, client: &Client, now: Timestamp) -> Result<Decision, Failure> {
        Ok(match asked {
            Asked::Client(asked) => client_credentials::decide(asked, client, &*self.catalog().await?),
            Asked::Code(asked) => {
                let found = self.store.grants().find_code(&asked.code, now, self.settings.session).await?;
                authorization_code::decide(asked, found, client, now)
            }
            Asked::Refresh(asked) => {
                let found = self.store.grants().find_refresh_token(&asked.token.hash(), now, self.settings.session).await?;
                refresh_token::decide(asked, found, client, now)
            }
            Asked::Password(asked) => {
                let (asked, facts) = &**asked;
                let catalog = self.catalog().await?;
                let user = &facts.person;
                let person =
                    password::Person { subject: user.subject.clone(), password_version: user.password_version, roles: user.all_roles() };
                password::decide(asked, person, client, &catalog, facts.grant.clone(), now)
            }
        })
    }

    /// Makes the tokens, and adds to the effects what has to be remembered of them; says what of the scope they lack.
    async fn mint(
        &self,
        client: &Client,
        authorization: Authorization,
        asked: &Asked,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<Result<(Granted, Vec<Fact>), Refusal>, Failure> {
        let user = match &authorization.grant {
            None => None,
            Some(grant) => {
                let found = match asked {
                    // Read a moment ago, and held to by `ConfirmPassword`.
                    Asked::Password(asked) => Some(asked.1.person.clone()),
                    _ => self.store.users().find(&grant.user).await?,
                };
                let Some(user) = found.filter(|user| user.enabled) else {
                    let refusal = Refusal::new(ErrorCode::InvalidGrant, "The grant is no longer valid.");
                    let fact = Fact::of("account").came(grant.user.to_string()).note("the person is disabled or deleted");
                    return Ok(Err(refusal.because("the person is disabled or deleted").explained(Explanation::of(fact))));
                };
                Some(user)
            }
        };
        let access = match self.access_token(client, &authorization, user.as_ref(), now).await? {
            Ok(access) => access,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let dropped = self.dropped(client, asked.scope(client, &authorization), &authorization, &access.scope, user.as_ref()).await?;
        let access_token = self.signer.sign(crate::protocol::access_token::TYP, &access)?;
        let presented = if let Asked::Refresh(asked) = asked { Some(&asked.token) } else { None };
        let refresh_token = self.refresh_token(client, &authorization, presented, now, effects)?;
        let id_token = match (&authorization.grant, &user) {
            (Some(grant), Some(user)) if grant.scope.contains("openid") => {
                let mut claims = self.id_token(client, grant, user, Beside { access_token: Some(&access_token), code: None }, now).await?;
                // OpenID Connect Core §12.2: only the first one answers the authorization request.
                claims.nonce = claims.nonce.filter(|_| matches!(asked, Asked::Code(_)));
                match self.id_token_for(client, &claims).await? {
                    Ok(id_token) => Some(id_token),
                    Err(why) => return Ok(Err(why.into())),
                }
            }
            _ => None,
        };
        let granted = Granted {
            access_token,
            token_type: "Bearer",
            expires_in: client.lifetimes.access_token,
            scope: access.scope,
            refresh_token: refresh_token.as_ref().map(|token| Token::reveal(token).to_owned()),
            id_token,
            issued_token_type: None,
        };
        Ok(Ok((granted, dropped)))
    }

    /// The words of `asked` that `granted` lacks, each with the rule that dropped it.
    async fn dropped(
        &self,
        client: &Client,
        asked: &Scope,
        authorization: &Authorization,
        granted: &str,
        user: Option<&User>,
    ) -> Result<Vec<Fact>, Failure> {
        if asked.to_string() == granted {
            return Ok(Vec::new());
        }
        let catalog = self.catalog().await?;
        let has_role = |role: &str| user.is_some_and(|user| user.has_role(role));
        let grantor = if user.is_some() { Grantor::Person(&has_role) } else { Grantor::Client };
        let narrowed_before = authorization.grant.as_ref().map(|grant| grant.resources.as_slice()).unwrap_or_default();
        let resources = if authorization.resources.is_empty() { narrowed_before } else { &authorization.resources };
        let granted = Scope::parse(granted).unwrap_or_default();
        Ok(catalog.dropped(asked, &granted, client, grantor, resources))
    }
}

impl Asked {
    /// What the tokens are asked for: what the request says, or what was granted before.
    fn scope<'a>(&'a self, client: &'a Client, authorization: &'a Authorization) -> &'a Scope {
        match self {
            Self::Client(asked) => asked.asked(client),
            Self::Password(asked) => asked.0.narrowing.asked(client),
            Self::Code(_) | Self::Refresh(_) => &authorization.scope,
        }
    }
}

/// What the operator may know about an answer that lacks part of the scope.
pub(super) fn narrowed(dropped: Vec<Fact>) -> Option<Report> {
    (!dropped.is_empty()).then(|| Report::noted("part of the scope was not granted", Explanation::of_all(dropped)))
}

/// A number of seconds of a client's settings.
pub(super) const fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
}
