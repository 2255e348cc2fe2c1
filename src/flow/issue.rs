//! What the authorization endpoint gives out: a code, and for clients that registered for it, tokens (OpenID Connect Core §3.1.2.5, §3.2.2.5,
//! §3.3.2.5).

use crate::flow::about::released;
use crate::flow::authorize::name_of;
use crate::flow::session::Current;
use crate::flow::token::seconds;
use crate::flow::{Failure, Server};
use crate::protocol::access_token;
use crate::protocol::authorize::{Given, GivenAccess, Request};
use crate::protocol::client::{Client, ResponseType};
use crate::protocol::client_responses::Unencryptable;
use crate::protocol::grant::{Authorization, Grant, RefreshPlan, authorization_code};
use crate::protocol::id_token::Beside;
use crate::protocol::refusal::Refusal;
use crate::protocol::scope::Scope;
use crate::protocol::subject::GrantId;
use crate::protocol::time::Timestamp;
use crate::protocol::token::TokenKind;
use crate::store::Applied;

/// What is asked for, by whom, and what of it is granted.
pub(super) struct Issuing<'a> {
    pub(super) client: &'a Client,
    pub(super) request: &'a Request,
    pub(super) scope: Scope,
    pub(super) current: &'a Current,
    pub(super) query: &'a str,
}

impl Server {
    /// Remembers what the person allows, and gives out what was asked for. What they did for this request is used up with it; `None` when
    /// their session ended meanwhile, or another request used that up first.
    pub(super) async fn issue(&self, asked: Issuing<'_>) -> Result<Result<Option<Given>, Refusal>, Failure> {
        let (now, response_type) = (self.clock.now(), asked.request.response_type);
        let code = response_type.has_code().then(|| self.random.token(TokenKind::AuthorizationCode));
        let mut grant = self.granted(&asked, now);
        let access = if response_type.has_token() {
            match self.front_channel_token(&asked, &grant, now).await? {
                Ok(access) => Some(access),
                Err(refusal) => return Ok(Err(refusal)),
            }
        } else {
            None
        };
        let text = code.as_ref().map(|code| code.reveal().to_owned());
        let beside = Beside { access_token: access.as_ref().map(|access| access.token.as_str()), code: text.as_deref() };
        let id_token = if response_type.has_id_token() {
            match self.front_channel_id_token(&asked, &grant, beside, now).await? {
                Ok(id_token) => Some(id_token),
                Err(why) => return Ok(Err(why.into())),
            }
        } else {
            None
        };

        let interaction = asked.current.session.interaction_for(&name_of(asked.query), now);
        let given_in = (&asked.current.session.id, interaction);
        if access.is_some() {
            grant.expires_at = now + seconds(asked.client.lifetimes.access_token);
        }
        let applied = if let Some(code) = &code {
            let expires_at = now + authorization_code::LIFETIME;
            grant.expires_at = grant.expires_at.max(expires_at);
            let stored = authorization_code::Stored {
                code: code.hash(),
                redirect_uri: asked.request.redirect_uri.clone(),
                challenge: asked.request.challenge.clone(),
                expires_at,
                spent_at: None,
                grant,
                session_is_live: true,
            };
            self.store.grants().insert_code(&stored, Some(given_in)).await?
        } else {
            self.store.grants().insert(&grant, given_in).await?
        };
        if applied == Applied::Done && response_type.is_front_channel() {
            self.keep_registered(asked.client).await;
        }
        Ok(Ok((applied == Applied::Done).then_some(Given { code: text, access, id_token })))
    }

    /// The grant. As long as nothing comes of it but an ID token, it is over at once.
    fn granted(&self, asked: &Issuing<'_>, now: Timestamp) -> Grant {
        let Issuing { client, request, current, .. } = asked;
        Grant {
            id: GrantId::new(self.random.uuid()),
            client: client.id.clone(),
            sector: client.sector(),
            user: current.user.subject.clone(),
            session: Some(current.session.id.clone()),
            scope: asked.scope.clone(),
            resources: request.narrowing.resources.clone(),
            nonce: request.nonce.clone(),
            claims: request.claims.claims.within(&client.allowed_scope),
            authenticated_at: current.session.authenticated_at,
            authentication: current.session.authentication.told(),
            created_at: now,
            refresh_until: None,
            expires_at: now,
            revoked_at: None,
        }
    }

    async fn front_channel_token(
        &self,
        asked: &Issuing<'_>,
        grant: &Grant,
        now: Timestamp,
    ) -> Result<Result<GivenAccess, Refusal>, Failure> {
        let (scope, resources) = (grant.scope.clone(), grant.resources.clone());
        let authorization = Authorization { grant: Some(grant.clone()), scope, resources, refresh: RefreshPlan::None };
        let access = match self.access_token(asked.client, &authorization, Some(&asked.current.user), now).await? {
            Ok(access) => access,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let token = self.signer.sign(access_token::TYP, &access)?;
        Ok(Ok(GivenAccess { token, expires_in: asked.client.lifetimes.access_token, scope: access.scope }))
    }

    async fn front_channel_id_token(
        &self,
        asked: &Issuing<'_>,
        grant: &Grant,
        beside: Beside<'_>,
        now: Timestamp,
    ) -> Result<Result<String, Unencryptable>, Failure> {
        let user = &asked.current.user;
        let mut claims = self.id_token(asked.client, grant, user, beside, now).await?;
        // OpenID Connect Core §5.4: where no access token comes of it, what scopes ask for is in the ID token.
        if asked.request.response_type == ResponseType::IdToken {
            let mut all = released(user, &grant.scope);
            all.append(&mut claims.released);
            claims.released = all;
        }
        self.id_token_for(asked.client, &claims).await
    }
}
