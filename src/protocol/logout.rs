//! Signing out at a client's wish (OpenID Connect RP-Initiated Logout §2, §3).

use url::form_urlencoded;

use crate::protocol::client::{Client, ClientId};
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::id_token::IdToken;
use crate::protocol::params::{Params, Repeated};
use crate::protocol::redirect_uri::unregistered;
use crate::protocol::subject::{SessionId, Subject};

/// What a logout request says. All of it is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// An ID token of ours, not yet verified.
    pub id_token_hint: Option<String>,
    /// Where the person wants to return.
    pub post_logout_redirect_uri: Option<String>,
    /// To be echoed there.
    pub state: Option<String>,
    /// Who asks.
    pub client_id: Option<String>,
}

/// What is known when the request arrives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The verified ID token, made for the client that `client_id` names if it names one; an expired one counts (§2).
    pub hint: Option<&'a IdToken>,
    /// The enabled client of the hint, or else of `client_id`.
    pub client: Option<&'a Client>,
    /// Who is signed in in this browser, and the session's name, both as the client knows them.
    pub signed_in: Option<(&'a Subject, &'a SessionId)>,
    /// Whether the person said yes on our own page.
    pub confirmed: bool,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person is asked whether they mean it (§2: whoever links here could have put the hint there, too).
    Confirm,
    /// The session ends, and the person goes on.
    SignOut(Onward),
}

/// Where a person goes who has signed out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    /// Nowhere else: nothing else was asked for.
    Nowhere,
    /// Nowhere else, although it was asked for: nobody vouches for the place.
    NotThere,
    /// To this place.
    To(String),
    /// To this place, if they want to and say so.
    Offered(String),
}

impl Request {
    /// Reads the parameters.
    pub fn parse(params: &Params) -> Result<Self, Repeated> {
        params.once_each()?;
        let text = |name: &str| params.get(name).map(str::to_owned);
        Ok(Self {
            id_token_hint: text("id_token_hint"),
            post_logout_redirect_uri: text("post_logout_redirect_uri"),
            state: text("state").filter(|state| state.len() <= 1024 && !state.chars().any(char::is_control)),
            client_id: text("client_id"),
        })
    }

    /// The client that the request names itself, when its hint does not.
    #[must_use]
    pub fn named_client(&self) -> Option<ClientId> {
        self.client_id.as_deref().and_then(|id| ClientId::parse(id).ok())
    }

    /// Decides the next step.
    #[must_use]
    pub fn next_step(&self, facts: Facts<'_>) -> Step {
        let hint = facts.hint;
        let proven = match (hint, facts.signed_in) {
            // The hint speaks of this very session, or of this person where it names none.
            (Some(hint), Some((subject, session))) => hint.sub == *subject && hint.sid.as_ref().is_none_or(|sid| sid == session),
            // Nobody is signed in here: there is nothing to protect by asking.
            (_, None) => true,
            (None, Some(_)) => false,
        };
        if !proven && !facts.confirmed {
            return Step::Confirm;
        }
        // §3: only a registered URI, character by character, and only for a client that is known from the hint or was confirmed.
        let known = hint.is_some() || facts.confirmed;
        let target = self.post_logout_redirect_uri.as_deref().zip(facts.client).filter(|(uri, client)| {
            known && client.post_logout_redirect_uris.iter().any(|registered| registered.matches(uri, client.application_type))
        });
        Step::SignOut(match target {
            None if self.post_logout_redirect_uri.is_none() => Onward::Nowhere,
            None => Onward::NotThere,
            // RFC 9700 §4.11.2: whoever can register a client gets a hint by signing in to it, and could otherwise send anybody on from here.
            Some((uri, client)) if client.registered_itself() && facts.signed_in.is_none() => Onward::Offered(self.with_state(uri)),
            Some((uri, _)) => Onward::To(self.with_state(uri)),
        })
    }

    /// Why a person who signed out does not return to where the request wants them to; `None` when it wants nothing.
    #[must_use]
    pub fn explain_staying(&self, facts: Facts<'_>) -> Option<Explanation> {
        const TARGET: &str = "post_logout_redirect_uri";
        let uri = self.post_logout_redirect_uri.as_deref()?;
        Some(match facts.client {
            None => {
                let fact = Fact::of(TARGET).came(uri).note("no client is known that could have registered it");
                let hint =
                    self.id_token_hint.as_ref().map(|_| Fact::of("id_token_hint").note("it is no ID token of this server for this client"));
                let advice = "Send id_token_hint, the ID token of the sign-in; with client_id alone, the person is asked first.";
                Explanation::of_all(std::iter::once(fact).chain(hint)).advise(advice)
            }
            Some(client) if facts.hint.is_none() && !facts.confirmed => {
                let fact = Fact::of("id_token_hint").expected("an ID token of this server for the client");
                let fact = fact.note("client_id alone proves nothing: anybody can write it into a link (section 3)");
                Explanation::of(fact).asked_by(client.id.as_str()).advise("Send id_token_hint, the ID token of the sign-in.")
            }
            Some(client) => {
                unregistered::explain(TARGET, uri, &client.post_logout_redirect_uris, client.application_type).asked_by(client.id.as_str())
            }
        })
    }

    fn with_state(&self, uri: &str) -> String {
        let Some(state) = &self.state else { return uri.to_owned() };
        let state = form_urlencoded::Serializer::new(String::new()).append_pair("state", state).finish();
        format!("{uri}{}{state}", if uri.contains('?') { '&' } else { '?' })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::authentication::Authentication;
    use crate::protocol::client::GrantType;
    use crate::protocol::registration::{RegisteredBy, SelfRegistration};
    use crate::protocol::samples;
    use crate::protocol::time::Timestamp;
    use crate::protocol::token::TokenHash;

    fn hint(sub: &str, sid: &str) -> IdToken {
        let time = Timestamp::from_seconds(1);
        IdToken {
            authentication: Authentication::default(),
            iss: "https://id.example".into(),
            sub: Subject::new(sub),
            aud: samples::client_id("app"),
            exp: time,
            iat: time,
            auth_time: time,
            nonce: None,
            at_hash: None,
            c_hash: None,
            sid: Some(SessionId::new(sid)),
            released: serde_json::Map::new(),
        }
    }

    fn step(query: &str, hint: Option<&IdToken>, signed_in: bool, confirmed: bool) -> Step {
        step_for(&samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid"), query, hint, signed_in, confirmed)
    }

    fn step_for(client: &Client, query: &str, hint: Option<&IdToken>, signed_in: bool, confirmed: bool) -> Step {
        let (alice, session) = (Subject::new("alice"), SessionId::new("s1"));
        let facts = Facts { hint, client: Some(client), signed_in: signed_in.then_some((&alice, &session)), confirmed };
        Request::parse(&Params::parse(query.as_bytes()).unwrap()).unwrap().next_step(facts)
    }

    fn returns() -> Step {
        Step::SignOut(Onward::To("https://app.example/bye?state=x+y".into()))
    }

    const BACK: &str = "post_logout_redirect_uri=https://app.example/bye&state=x+y";

    #[test]
    fn the_persons_own_hint_signs_out_and_returns_with_the_state() {
        assert_eq!(step(BACK, Some(&hint("alice", "s1")), true, false), returns());
    }

    #[test]
    fn without_a_proving_hint_the_person_is_asked() {
        for hint in [None, Some(&hint("bob", "s1")), Some(&hint("alice", "other"))] {
            assert_eq!(step(BACK, hint, true, false), Step::Confirm);
        }
    }

    #[test]
    fn only_a_registered_uri_of_a_known_client_is_returned_to() {
        let mine = hint("alice", "s1");
        for bad in [
            "https://evil.example/bye",
            "https://app.example/bye/",
            "https://app.example/bye?x=1",
            r"https://app.example\@evil.example/bye",
        ] {
            assert_eq!(
                step(&format!("post_logout_redirect_uri={bad}"), Some(&mine), true, false),
                Step::SignOut(Onward::NotThere),
                "{bad}"
            );
        }
        assert_eq!(step(BACK, None, false, false), Step::SignOut(Onward::NotThere), "nobody vouches for the client");
        assert_eq!(step(BACK, None, true, true), returns());
        assert_eq!(step("", Some(&mine), true, false), Step::SignOut(Onward::Nowhere));
    }

    #[test]
    fn a_client_that_registered_itself_leads_only_its_own_people_on() {
        let mine = hint("alice", "s1");
        let ours = samples::confidential_client(&[GrantType::AuthorizationCode], "openid", "openid");
        let registration = SelfRegistration { access_token: TokenHash::from_stored("hash".into()), unused_until: None };
        let stranger = Client { registered_by: RegisteredBy::Itself(registration), ..ours.clone() };
        assert_eq!(step_for(&ours, BACK, Some(&mine), false, false), returns());
        assert_eq!(step_for(&stranger, BACK, Some(&mine), true, false), returns());
        let offered = Step::SignOut(Onward::Offered("https://app.example/bye?state=x+y".into()));
        assert_eq!(step_for(&stranger, BACK, Some(&mine), false, false), offered);
    }
}
