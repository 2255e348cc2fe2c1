//! Token revocation (RFC 7009).

use crate::flow::{Answered, Failure, Server};
use crate::protocol::access_token::{self, AccessToken};
use crate::protocol::client::Client;
use crate::protocol::params::Params;
use crate::protocol::refusal::Refusal;
use crate::protocol::token::{Token, TokenKind};

impl Server {
    /// Revokes a token of the client that asks. An unknown token, and one of another client, is left alone and answered alike (§2.2).
    pub async fn revoke(&self, authorization: Option<&str>, params: &Params) -> Result<Answered<()>, Failure> {
        if let Err(repeated) = params.once_each() {
            return Ok(Answered::refused(repeated));
        }
        let client = match self.authenticate(authorization, params).await? {
            Ok(client) => client,
            Err(refusal) => return Ok(Answered::refused(refusal)),
        };
        let Some(token) = params.get("token") else {
            return Ok(Answered::to(client, Err(Refusal::missing("token", "The parameter token is missing."))));
        };
        match Token::parse(TokenKind::RefreshToken, token) {
            Some(token) => self.revoke_refresh_token(&client, &token).await?,
            None => self.revoke_access_token(&client, token).await?,
        }
        Ok(Answered::to(client, Ok(())))
    }

    /// RFC 7009 §2.1: with a refresh token goes everything that came of the same grant.
    async fn revoke_refresh_token(&self, client: &Client, token: &Token) -> Result<(), Failure> {
        let now = self.clock.now();
        let found = self.store.grants().find_refresh_token(&token.hash(), now, self.settings.session).await?;
        if let Some(stored) = found.filter(|stored| stored.grant.client == client.id) {
            self.store.grants().revoke(&stored.grant.id, now).await?;
        }
        Ok(())
    }

    async fn revoke_access_token(&self, client: &Client, jwt: &str) -> Result<(), Failure> {
        let now = self.clock.now();
        match self.signer.verify::<AccessToken>(access_token::TYP, jwt, now) {
            Ok(token) if token.client_id == client.id && now < token.exp => {
                Ok(self.store.revoked_tokens().revoke(&token.jti, token.exp).await?)
            }
            _ => Ok(()),
        }
    }
}
