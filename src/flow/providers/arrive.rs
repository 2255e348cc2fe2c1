//! Taking somebody in who comes back from another provider.

use std::net::IpAddr;

use crate::flow::login::{By, Visitor};
use crate::flow::providers::{NoEntry, Turned};
use crate::flow::{Failure, Server};
use crate::identity::departure::{Departure, LIFETIME, Purpose};
use crate::identity::profile::may_come;
use crate::identity::provider::Provider;
use crate::protocol::authentication::Authentication;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::token::{Token, TokenKind};
use crate::upstream::{self, Answer, Arrival};

/// Somebody who comes back.
pub struct Return<'a> {
    /// The provider of the address that they came back to.
    pub provider: &'a str,
    /// The `state`.
    pub state: Option<&'a str>,
    /// The code.
    pub code: Option<&'a str>,
    /// The error instead of one.
    pub error: Option<&'a str>,
    /// Who answers (RFC 9207).
    pub iss: Option<&'a str>,
    /// The token that binds the attempt to their browser.
    pub browser: Option<&'a Token>,
    /// The session of the browser.
    pub session: Option<&'a Token>,
    /// Where they come from.
    pub address: IpAddr,
    /// What their browser calls itself.
    pub user_agent: &'a str,
}

/// What came of it.
pub enum Arrived {
    /// They are in.
    SignedIn {
        /// The new cookie.
        session: Token,
        /// The authorization request that waits; empty when none does.
        query: String,
    },
    /// Who they are there is linked to their account.
    Linked,
    /// They are not let in.
    Turned {
        /// Why.
        turned: Turned,
        /// What they had left for.
        purpose: Purpose,
    },
    /// Nobody left from this browser with this state: there is nothing to go on with.
    Unknown(Refusal),
}

impl Server {
    /// Takes somebody in who comes back from another provider.
    pub async fn arrive(&self, back: Return<'_>) -> Result<Arrived, Failure> {
        let departure = match self.departure(&back).await? {
            Ok(departure) => departure,
            Err(unknown) => return Ok(Arrived::Unknown(unknown)),
        };
        let purpose = departure.errand.purpose.clone();
        Ok(match self.identify(&back, departure).await? {
            Ok((provider, arrival)) => match &purpose {
                Purpose::SignIn(query) => match self.sign_in_as(&back, &provider, &arrival, query).await? {
                    Ok(session) => Arrived::SignedIn { session, query: query.clone() },
                    Err(turned) => Arrived::Turned { turned, purpose },
                },
                Purpose::Link(user) => match self.link(&back, &provider, &arrival, user).await? {
                    Ok(()) => Arrived::Linked,
                    Err(turned) => Arrived::Turned { turned, purpose },
                },
            },
            Err(turned) => Arrived::Turned { turned, purpose },
        })
    }

    /// The attempt that they come back from. It counts once, in time, in the browser that it began in, at the address of its provider.
    async fn departure(&self, back: &Return<'_>) -> Result<Result<Departure, Refusal>, Failure> {
        let unknown = |note: &'static str| {
            let fact = Fact::of("state").expected("that of a sign-in that began in this browser, for this provider").note(note);
            Refusal::new(
                ErrorCode::InvalidRequest,
                "This sign-in is not known in this browser, was used already, or took too long. Start again.",
            )
            .because(format!("a sign-in came back from the provider {:?} that is not known: {note}", shortened(back.provider)))
            .explained(Explanation::of(fact))
        };
        let Some(state) = back.state.and_then(|state| Token::parse(TokenKind::State, state)) else {
            return Ok(Err(unknown("it is missing, or none of ours")));
        };
        let Some(departure) = self.store.departures().find(&state.hash()).await? else {
            return Ok(Err(unknown("it was used already, or is too old")));
        };
        if departure.provider != back.provider {
            return Ok(Err(unknown("it was made for another provider")));
        }
        // RFC 9700 §4.7: whoever is lured here with somebody else's answer has not their cookie.
        if !back.browser.is_some_and(|browser| departure.browser.matches(&browser.hash())) {
            return Ok(Err(unknown("it was made in another browser, or the browser keeps no cookies")));
        }
        if !self.store.departures().end(&departure).await? {
            return Ok(Err(unknown("it was used already")));
        }
        if departure.expires_at <= self.clock.now() {
            return Ok(Err(unknown("it is too old")));
        }
        Ok(Ok(departure))
    }

    /// Who they are there, if the provider can be believed and may send them.
    async fn identify(&self, back: &Return<'_>, departure: Departure) -> Result<Result<(Provider, Arrival), Turned>, Failure> {
        let name = back.provider;
        let errand = departure.errand;
        let known = self.provider(name).await?.filter(|(known, _)| known.provider.enabled && known.provider.issuer() == errand.issuer);
        let Some((registered, upstream)) = known else {
            return Ok(Err(Turned::new(NoEntry::Off, "", name, "the provider was switched off, taken out or changed meanwhile")));
        };
        let left = departure.expires_at.since(self.clock.now());
        let asked = upstream::Errand {
            redirect_uri: self.redirect_uri(name),
            state: String::new(),
            nonce: errand.nonce,
            verifier: errand.verifier,
            login: false,
            select_account: false,
            max_age: errand.max_age,
            under_way: LIFETIME.saturating_sub(left),
            login_hint: None,
        };
        let answer = Answer { code: back.code, error: back.error, iss: back.iss };
        let arrival = match upstream.arrive(&registered, &asked, answer).await {
            Ok(arrival) => arrival,
            Err(trouble) => return Ok(Err(Turned::by(&trouble, registered.provider.label(), name))),
        };
        let provider = registered.provider;
        if !may_come(&arrival.profile, &provider) {
            let reason = "they have no verified e-mail address in allowed_email_domains";
            return Ok(Err(Turned::new(NoEntry::NotAllowed, provider.label(), name, reason)));
        }
        Ok(Ok((provider, arrival)))
    }

    async fn sign_in_as(
        &self,
        back: &Return<'_>,
        provider: &Provider,
        arrival: &Arrival,
        query: &str,
    ) -> Result<Result<Token, Turned>, Failure> {
        let turned = |why, reason: &str| Turned::new(why, provider.label(), provider.name.as_str(), reason);
        let found = match self.known(provider, arrival).await? {
            Some(user) => Some(user),
            None if provider.create_accounts => self.open_account(provider, arrival).await?,
            None => return Ok(Err(turned(NoEntry::NoAccount, "nobody is linked to who they are there, and create_accounts is false"))),
        };
        let Some(user) = found else { return Ok(Err(turned(NoEntry::Failed, "their account changed again and again meanwhile"))) };
        if !user.enabled {
            return Ok(Err(turned(NoEntry::Disabled, "their account is disabled")));
        }
        let now = self.clock.now();
        let by = By {
            authentication: Authentication {
                undated: arrival.authenticated_at.is_none(),
                ..Authentication::by_provider(provider.name.as_str(), &arrival.amr, arrival.acr.as_deref())
            },
            // When they signed in there, if that is known: being sent here and there proves nothing anew.
            authenticated_at: arrival.authenticated_at.map_or(now, |at| at.min(now)),
        };
        let visitor = Visitor { query, previous: back.session, address: back.address, user_agent: back.user_agent };
        Ok(match self.open_session(&user, by, &visitor).await? {
            Some(session) => Ok(session),
            None => Err(turned(NoEntry::Disabled, "their account was disabled, deleted or changed meanwhile")),
        })
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}
