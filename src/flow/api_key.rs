//! API keys: what one is good for right now, and the short-lived token that it is exchanged for (RFC 8693).

use std::net::IpAddr;
use std::time::Duration;

use crate::flow::access::Live;
use crate::flow::token::{Granted, seconds};
use crate::flow::{Answered, Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::{self, AccessToken, Audience, jti_of_key};
use crate::protocol::api::Api;
use crate::protocol::api_key::{ApiKey, BUILT_IN_CLIENT, Owner, USE_GRANULARITY, built_in_client};
use crate::protocol::authentication::Authentication;
use crate::protocol::bearer;
use crate::protocol::claim_rule::Facts;
use crate::protocol::claims::CLAIM_SCOPES;
use crate::protocol::claims_request::AskedClaims;
use crate::protocol::client::{Client, ClientId, GrantType};
use crate::protocol::explanation::Fact;
use crate::protocol::grant::token_exchange::{ACCESS_TOKEN_TYPE, Reason, Request};
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::protocol::resource::Resource;
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::Narrowing;
use crate::protocol::subject::{ApiKeyId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};

/// Whom a key speaks for: the client that its tokens name, and the person, if it is a person's.
pub(super) struct Holder {
    pub(super) client: Client,
    pub(super) user: Option<User>,
}

/// A key that is alive, and whom it speaks for.
pub(super) struct LiveKey {
    pub(super) key: ApiKey,
    pub(super) holder: Holder,
}

impl Holder {
    fn subject(&self) -> Subject {
        self.user.as_ref().map_or_else(|| Subject::of_client(&self.client.id), |user| user.subject.clone())
    }
}

impl Server {
    /// The key, if it and its owner are alive. Its use is noted, once a minute at most.
    pub(super) async fn live_api_key(&self, presented: &Token, from: IpAddr) -> Result<Result<LiveKey, &'static str>, Failure> {
        let now = self.clock.now();
        let Some(key) = self.store.api_keys().find_by_hash(&presented.hash()).await? else {
            return Ok(Err("there is no such key; it may have been revoked"));
        };
        let holder = match self.holder_of(&key, now).await? {
            Ok(holder) => holder,
            Err(why) => return Ok(Err(why)),
        };
        if key.use_is_worth_noting(now) {
            let noted = self.store.api_keys().note_use(&key.id, now, &from.to_string(), now - USE_GRANULARITY).await;
            // The key is good, whether or not this can be written down.
            noted.unwrap_or_else(|failure| tracing::error!(%failure, key = %key.id, "the use of an API key could not be noted"));
        }
        Ok(Ok(LiveKey { key, holder }))
    }

    /// Whom a key speaks for, if it and its owner are alive.
    async fn holder_of(&self, key: &ApiKey, now: Timestamp) -> Result<Result<Holder, &'static str>, Failure> {
        if !key.is_live(now) {
            return Ok(Err("it has expired"));
        }
        self.holder(&key.owner).await
    }

    /// The owner of keys, if they are alive.
    pub(super) async fn holder(&self, owner: &Owner) -> Result<Result<Holder, &'static str>, Failure> {
        Ok(match owner {
            Owner::Client(id) => match self.enabled_client(id).await? {
                Some(client) => Ok(Holder { client, user: None }),
                None => Err("its client is disabled or deleted"),
            },
            Owner::Person(subject) => match (self.store.users().find(subject).await?.filter(|user| user.enabled), built_in_client()) {
                (Some(user), Ok(client)) => Ok(Holder { client, user: Some(user) }),
                _ => Err("its person is disabled or deleted"),
            },
        })
    }

    /// What somebody's keys may be good for at most, right now: the scopes of APIs, never claims about a person. A client's may do what it may
    /// do by itself.
    pub(super) async fn reach_of(&self, holder: &Holder) -> Result<Scope, Failure> {
        let catalog = self.catalog().await?;
        let all: Scope = catalog.apis().iter().flat_map(|api| &api.scopes).map(|scope| scope.name.clone()).collect();
        let all = all.filter(|word| !CLAIM_SCOPES.iter().any(|known| known.name == word.as_str()));
        Ok(match &holder.user {
            // A scope that no application may ask people for is for machines, and no person's to give.
            Some(user) => catalog.within_roles(&all.and(&*self.scope_of_people().await?), |role| user.has_role(role)),
            None if holder.client.may_use(GrantType::ClientCredentials) => all.and(&holder.client.allowed_scope),
            None => Scope::default(),
        })
    }

    /// The access token that a key stands for: what it is good for as far as its owner still is, narrowed to what is asked for.
    async fn token_of_key(
        &self,
        LiveKey { key, holder }: &LiveKey,
        narrowing: &Narrowing,
        lifetime: Duration,
    ) -> Result<Result<AccessToken, Refusal>, Failure> {
        let now = self.clock.now();
        let catalog = self.catalog().await?;
        let allowed = key.scope.and(&self.reach_of(holder).await?);
        let wanted = narrowing.scope.as_ref().map_or_else(|| allowed.clone(), |asked| asked.and(&allowed));
        let resources: &[Resource] = &narrowing.resources;
        let (scope, audience) = match catalog.audience(&wanted, resources) {
            Ok(narrowed) => narrowed,
            Err(reason) => return Ok(Err(reason.into())),
        };
        let user = holder.user.as_ref();
        // A key is good for its scope: what its owner is besides would open more to whoever has it.
        let facts = async {
            let facts = self.facts(user, &holder.client, &scope).await?;
            Ok(Facts { roles: [].into(), groups: [].into(), ..facts })
        };
        let ruled = self.ruled_access_token(&holder.client, &audience, facts).await?;
        let until = now + lifetime;
        Ok(Ok(AccessToken {
            iss: self.issuer.to_string(),
            sub: holder.subject(),
            aud: Audience::of(audience),
            exp: key.expires_at.map_or(until, |end| end.min(until)),
            iat: now,
            jti: jti_of_key(&key.id, &self.random.uuid().to_string()),
            client_id: holder.client.id.clone(),
            scope: scope.to_string(),
            auth_time: None,
            authentication: Authentication::default(),
            sid: None,
            roles: [].into(),
            groups: [].into(),
            ruled,
        }))
    }

    /// A key as an access token would be that is alive, for our own API; or for `introspector`, as far as it is its business (RFC 7662 §4).
    pub(super) async fn live_by_key(
        &self,
        presented: &str,
        from: IpAddr,
        introspector: Option<&ClientId>,
    ) -> Result<Result<(Live, ApiKey), bearer::Reason>, Failure> {
        let untrusted = |why: &str| bearer::Reason::Untrusted { why: why.to_owned(), facts: vec![Fact::of("API key").note(why)] };
        let Some(token) = Token::parse(TokenKind::ApiKey, presented) else {
            return Ok(Err(untrusted(&Token::misfit(TokenKind::ApiKey, presented))));
        };
        let live = match self.live_api_key(&token, from).await? {
            Ok(live) => live,
            Err(why) => return Ok(Err(untrusted(why))),
        };
        let mut narrowing = Narrowing { scope: None, resources: Vec::new() };
        if let Some(introspector) = introspector {
            let (catalog, allowed) = (self.catalog().await?, live.key.scope.and(&self.reach_of(&live.holder).await?));
            let is_theirs = |api: &&Api| {
                api.introspectors.contains(introspector) && api.scopes.iter().any(|scope| allowed.contains(scope.name.as_str()))
            };
            narrowing.resources = catalog.apis().iter().filter(is_theirs).map(|api| api.identifier.clone()).collect();
            if narrowing.resources.is_empty() {
                return Ok(Err(untrusted("it is good for nothing at an API of the caller's")));
            }
        }
        match self.token_of_key(&live, &narrowing, seconds(live.holder.client.lifetimes.access_token)).await? {
            Ok(token) => {
                let LiveKey { key, holder: Holder { mut client, user } } = live;
                // What the owner may do is in the token already.
                client.allowed_scope = token.granted();
                Ok(Ok((Live { token, user, client, asked: AskedClaims::default() }, key)))
            }
            Err(_) => Ok(Err(untrusted("nothing of what it was made for is within its owner's reach any more"))),
        }
    }

    /// An access token that an API key was exchanged for, if the key is alive: good for what its owner still may.
    pub(super) async fn live_of_key(&self, mut token: AccessToken, id: &ApiKeyId) -> Result<Result<Live, &'static str>, Failure> {
        let Some(key) = self.store.api_keys().find(id).await? else { return Ok(Err("its API key was revoked")) };
        let holder = match self.holder_of(&key, self.clock.now()).await? {
            Ok(holder) => holder,
            Err(why) => return Ok(Err(why)),
        };
        let scope = token.granted().and(&key.scope).and(&self.reach_of(&holder).await?);
        token.scope = scope.to_string();
        let Holder { mut client, user } = holder;
        client.allowed_scope = scope;
        Ok(Ok(Live { token, user, client, asked: AskedClaims::default() }))
    }

    /// Exchanges an API key for an access token (RFC 8693 §2). The key alone authenticates.
    pub(super) async fn exchange(&self, authorization: Option<&str>, params: &Params, from: IpAddr) -> Result<Answered<Granted>, Failure> {
        let refused = |refusal: Refusal| Ok(Answered::refused(refusal.asked_by(params.get("client_id").unwrap_or(BUILT_IN_CLIENT))));
        let request = match Request::parse(params) {
            Ok(request) => request,
            Err(refusal) => return refused(refusal),
        };
        if authorization.is_some() || params.get("client_secret").is_some() {
            return refused(Reason::TwoCallers.into());
        }
        let live = match self.live_api_key(&request.key, from).await? {
            Ok(live) => live,
            Err(why) => return refused(Reason::Inactive(why).into()),
        };
        if params.get("client_id").is_some_and(|id| id != live.holder.client.id.as_str()) {
            return refused(Reason::TwoCallers.into());
        }
        let lifetime = seconds(live.holder.client.lifetimes.access_token);
        let token = match self.token_of_key(&live, &request.narrowing, lifetime).await? {
            Ok(token) => token,
            Err(refusal) => return refused(refusal),
        };
        let lives = token.exp.since(token.iat).as_secs();
        let granted = Granted {
            access_token: self.signer.sign(access_token::TYP, &token)?,
            token_type: "Bearer",
            expires_in: u32::try_from(lives).unwrap_or(u32::MAX),
            scope: token.scope,
            refresh_token: None,
            id_token: None,
            issued_token_type: Some(ACCESS_TOKEN_TYPE),
        };
        Ok(Answered { client: None, reply: Ok(granted), noted: None })
    }
}
