//! Sending somebody to another provider.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::flow::authorize::{Considered, Next};
use crate::flow::providers::{NoEntry, Turned};
use crate::flow::throttle::network;
use crate::flow::{Failure, Server};
use crate::identity::departure::{Departure, Errand, LIFETIME, Purpose};
use crate::identity::throttle::ThrottleKey;
use crate::protocol::token::{Token, TokenKind};
use crate::upstream;

/// Somebody who wants to sign in at another provider.
pub struct Leave<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The authorization request that waits; empty when none does.
    pub query: &'a str,
    /// Whether they shall prove there again who they are, whatever the request says.
    pub again: bool,
    /// Whether they shall choose an account there, as they want to be somebody else than they are.
    pub other_account: bool,
    /// Who they are so far.
    pub leaver: Leaver,
}

/// Whoever wants to go to another provider.
pub struct Leaver {
    /// The token that binds the attempt to their browser, if the browser has one.
    pub browser: Option<Token>,
    /// Where they come from.
    pub address: IpAddr,
}

/// What came of it.
pub enum Departed {
    /// They are on their way.
    Gone {
        /// Where to.
        url: String,
        /// The token that binds the attempt to their browser.
        browser: Token,
    },
    /// They can't go.
    Turned(Turned),
}

/// What the provider is asked for besides the person.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) login: bool,
    pub(super) select_account: bool,
    /// What it has to show, too.
    pub(super) max_age: Option<u64>,
    pub(super) login_hint: Option<String>,
}

impl Server {
    /// Sends somebody to another provider, to sign in. What the client asks of a sign-in is passed on.
    pub async fn depart(&self, leave: Leave<'_>) -> Result<Departed, Failure> {
        let mut wishes = Wishes { login: leave.again, select_account: leave.other_account, ..Wishes::default() };
        let considered = if leave.query.is_empty() { None } else { self.consider(leave.query, None).await?.ok() };
        // What is no request of a client leads nowhere, and is not kept.
        let query = if considered.is_some() { leave.query } else { "" };
        if let Some(Considered { next: Next::Login(request), .. }) = considered {
            wishes.select_account |= request.prompt.select_account;
            wishes.login |= request.prompt.login;
            // OpenID Connect Core §3.1.2.1: the client is told that they signed in again, so that it has to be shown.
            wishes.max_age = if request.prompt.login { Some(0) } else { request.max_age };
            wishes.login_hint = request.login_hint;
        }
        self.send_off(leave.provider, wishes, Purpose::SignIn(query.to_owned()), leave.leaver).await
    }

    pub(super) async fn send_off(&self, name: &str, wishes: Wishes, purpose: Purpose, leaver: Leaver) -> Result<Departed, Failure> {
        let Some((registered, upstream)) = self.provider(name).await?.filter(|(known, _)| known.provider.enabled) else {
            let shown: String = name.chars().take(64).collect();
            return Ok(Departed::Turned(Turned::new(NoEntry::Off, "", &shown, "there is no such provider, or it is switched off")));
        };
        let provider = &registered.provider;
        let departures = [ThrottleKey::Departures(network(leaver.address))];
        if let Some(throttled) = self.must_wait(&departures).await? {
            return Ok(Departed::Turned(Turned::throttled(throttled, provider.label())));
        }
        let state = self.random.token(TokenKind::State);
        let errand = upstream::Errand {
            redirect_uri: self.redirect_uri(name),
            state: state.reveal().to_owned(),
            nonce: URL_SAFE_NO_PAD.encode(self.random.bytes::<32>()),
            verifier: URL_SAFE_NO_PAD.encode(self.random.bytes::<32>()),
            login: wishes.login,
            select_account: wishes.select_account,
            max_age: wishes.max_age,
            under_way: Duration::ZERO,
            login_hint: wishes.login_hint,
        };
        let url = match upstream.depart(&registered, &errand).await {
            Ok(url) => url,
            Err(trouble) => return Ok(Departed::Turned(Turned::by(&trouble, provider.label(), name))),
        };
        let browser = leaver.browser.unwrap_or_else(|| self.random.token(TokenKind::Browser));
        let departure = Departure {
            state: state.hash(),
            browser: browser.hash(),
            provider: name.to_owned(),
            errand: Errand {
                issuer: provider.issuer().into_owned(),
                nonce: errand.nonce,
                verifier: errand.verifier,
                max_age: errand.max_age,
                purpose,
            },
            expires_at: self.clock.now() + LIFETIME,
        };
        let [departures] = &departures;
        self.count(departures).await?;
        self.store.departures().begin(&departure).await?;
        Ok(Departed::Gone { url, browser })
    }

    /// Where a provider sends people back to: an address for each, so that what is meant for one is not taken for another.
    pub(super) fn redirect_uri(&self, provider: &str) -> String {
        self.issuer.url(&format!("/login/callback/{provider}"))
    }
}
