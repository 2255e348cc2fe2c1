//! Making tokens of what was decided.

use crate::flow::about::{roles_and_groups, single};
use crate::flow::token::seconds;
use crate::flow::{Failure, Server};
use crate::identity::user::User;
use crate::protocol::access_token::{AccessToken, Audience, jti_of};
use crate::protocol::claim_rule::{Target, ruled};
use crate::protocol::client::Client;
use crate::protocol::grant::{Authorization, Effect, Grant, RefreshPlan, SealedSuccessor};
use crate::protocol::id_token::{Beside, IdToken};
use crate::protocol::refusal::Refusal;
use crate::protocol::subject::{GrantId, Subject};
use crate::protocol::time::Timestamp;
use crate::protocol::token::{Token, TokenKind};
use crate::signing::Sealed;

/// What a sealed successor is sealed for.
const SUCCESSOR: &str = "refresh token successor";

impl Server {
    /// The claims of the access token (RFC 9068 §2.2).
    pub(super) async fn access_token(
        &self,
        client: &Client,
        authorization: &Authorization,
        user: Option<&User>,
        now: Timestamp,
    ) -> Result<Result<AccessToken, Refusal>, Failure> {
        let catalog = self.catalog().await?;
        let grant = authorization.grant.as_ref();
        // What the client may no longer have, and what a role that was lost gave, goes at the next refresh.
        let allowed = authorization.scope.and(&client.allowed_scope);
        let scope = user.map_or_else(|| allowed.clone(), |user| catalog.within_roles(&allowed, |role| user.has_role(role)));
        let resources = match grant {
            Some(grant) if authorization.resources.is_empty() => catalog.still_granted(&scope, &grant.resources),
            _ => Ok(authorization.resources.clone()),
        };
        let (scope, audience) = match resources.and_then(|resources| catalog.audience(&scope, &resources)) {
            Ok(narrowed) => narrowed,
            Err(reason) => return Ok(Err(reason.into())),
        };
        let ruled = self.ruled_access_token(client, &audience, Box::pin(self.facts(user, client, &scope))).await?;
        let own = self.random.uuid().to_string();
        let (sub, sid) = match grant {
            Some(grant) => self.names_of(grant).await?,
            None => (Subject::of_client(&client.id), None),
        };
        Ok(Ok(AccessToken {
            iss: self.issuer.to_string(),
            sub,
            aud: Audience::of(audience),
            exp: now + seconds(client.lifetimes.access_token),
            iat: now,
            jti: grant.map_or_else(|| own.clone(), |grant| jti_of(&grant.id, &own)),
            client_id: client.id.clone(),
            scope: scope.to_string(),
            auth_time: grant.map(|grant| grant.authenticated_at),
            authentication: grant.map(|grant| grant.authentication.clone()).unwrap_or_default(),
            sid,
            roles: user.map_or_else(|| client.roles.clone(), User::all_roles),
            groups: user.map(User::group_names).unwrap_or_default(),
            ruled,
        }))
    }

    /// The claims of an ID token (OpenID Connect Core §2, §3.1.3.6, §3.3.2.11, and §12.2 for those of a refresh).
    pub(super) async fn id_token(
        &self,
        client: &Client,
        grant: &Grant,
        user: &User,
        beside: Beside<'_>,
        now: Timestamp,
    ) -> Result<IdToken, Failure> {
        // What a role that was lost gave, and what the client may no longer have, goes with the next token.
        let scope = self.catalog().await?.within_roles(&grant.scope.and(&client.allowed_scope), |role| user.has_role(role));
        let mut released = single(user, &grant.claims.within(&client.allowed_scope).id_token);
        released.extend(roles_and_groups(user, &scope));
        if !client.claims.is_empty() {
            released.extend(ruled(&client.claims, Target::IdToken, &self.facts(Some(user), client, &scope).await?));
        }
        let (sub, sid) = self.names_of(grant).await?;
        let algorithm = client.responses.id_token_signed;
        Ok(IdToken {
            iss: self.issuer.to_string(),
            sub,
            aud: client.id.clone(),
            exp: now + seconds(client.lifetimes.id_token),
            iat: now,
            auth_time: grant.authenticated_at,
            authentication: grant.authentication.clone(),
            nonce: grant.nonce.clone(),
            at_hash: beside.access_token.map(|token| algorithm.left_half(token)),
            c_hash: beside.code.map(|code| algorithm.left_half(code)),
            sid,
            released,
        })
    }

    /// The refresh token that the plan asks for, and what has to be remembered: the token by its hash, and the grant for as long as anything
    /// that came of it may live.
    pub(super) fn refresh_token(
        &self,
        client: &Client,
        authorization: &Authorization,
        presented: Option<&Token>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Result<Option<Token>, Failure> {
        let Some(grant) = &authorization.grant else { return Ok(None) };
        let access_ends = now + seconds(client.lifetimes.access_token);
        let absolute = grant.refresh_until.unwrap_or_else(|| now + seconds(client.lifetimes.refresh_token_absolute));
        let idle = (now + seconds(client.lifetimes.refresh_token_idle)).min(absolute);
        let until = |end: Timestamp| grant.expires_at.max(access_ends).max(end);
        let token = match &authorization.refresh {
            RefreshPlan::None => {
                keep(effects, &grant.id, None, until(access_ends));
                return Ok(None);
            }
            RefreshPlan::Repeat(SealedSuccessor(sealed)) => {
                keep(effects, &grant.id, grant.refresh_until, until(grant.refresh_until.map_or(access_ends, |_| idle)));
                let opened = presented.and_then(|token| Sealed::from_stored(sealed.clone()).open(token, SUCCESSOR));
                let successor = opened.and_then(|text| Token::parse(TokenKind::RefreshToken, secrecy::ExposeSecret::expose_secret(&text)));
                return Ok(Some(successor.ok_or(crate::signing::SealingFailure)?));
            }
            RefreshPlan::Keep(kept) => {
                effects.push(Effect::ProlongRefreshToken { token: kept.clone(), expires_at: idle });
                keep(effects, &grant.id, Some(absolute), until(idle));
                // It is told again: there are clients that would forget it otherwise.
                return Ok(presented.and_then(|token| Token::parse(TokenKind::RefreshToken, token.reveal())));
            }
            RefreshPlan::First => self.random.token(TokenKind::RefreshToken),
            RefreshPlan::Rotate(spent) => {
                let successor = self.random.token(TokenKind::RefreshToken);
                let holder = presented.ok_or(crate::signing::SealingFailure)?;
                let sealed = Sealed::seal(holder, SUCCESSOR, successor.reveal(), &self.random)?;
                effects.push(Effect::SpendRefreshToken {
                    token: spent.clone(),
                    successor: successor.hash(),
                    sealed: SealedSuccessor(sealed.as_str().to_owned()),
                    at: now,
                });
                successor
            }
        };
        effects.push(Effect::KeepRefreshToken { token: token.hash(), grant: grant.id.clone(), expires_at: idle });
        keep(effects, &grant.id, Some(absolute), until(idle));
        Ok(Some(token))
    }
}

/// Adds that a grant is remembered for as long as what came of it may live. One that only starts now starts with that.
fn keep(effects: &mut Vec<Effect>, grant: &GrantId, refresh_until: Option<Timestamp>, expires_at: Timestamp) {
    let starting = effects.iter_mut().find_map(|effect| match effect {
        Effect::StartGrant(new) if new.id == *grant => Some(new),
        _ => None,
    });
    match starting {
        Some(new) => (new.refresh_until, new.expires_at) = (refresh_until, expires_at),
        None => effects.push(Effect::KeepGrant { grant: grant.clone(), refresh_until, expires_at }),
    }
}
