//! Session management (OpenID Connect Session Management §2, §3): by what a client's page sees that somebody signed in or out here.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use crate::protocol::client::{Client, ClientId};
use crate::protocol::params::Params;
use crate::protocol::token::Token;

/// The state of a browser with us, which a script of ours may read there. It changes with each sign-in and at sign-out, and reveals nothing:
/// it is derived from the session's cookie by a hash, or random while nobody is signed in. Were it the same for every nobody, any page could
/// ask our frame whether it is that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserState(String);

impl BrowserState {
    /// The state of a browser that presents this cookie.
    #[must_use]
    pub fn of(session: &Token) -> Self {
        Self(hash(&["claviger browser state", session.reveal()]))
    }

    /// That of one in which nobody is signed in, from random bytes.
    #[must_use]
    pub fn nobody(random: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// The state that a browser presents itself.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
            .then(|| Self(text.to_owned()))
    }

    /// The state as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a client's page compares with (§2): without the state itself, with what it was mixed with. `None` where the answer goes to no web
    /// page.
    #[must_use]
    pub fn told_to(&self, client: &ClientId, redirect_uri: &str, salt: &str) -> Option<String> {
        let origin = Url::parse(redirect_uri).ok()?.origin();
        origin.is_tuple().then(|| format!("{}.{salt}", hash(&[client.as_str(), &origin.ascii_serialization(), &self.0, salt])))
    }
}

/// Whether a request asks who signed in (OpenID Connect Core §3.1.2.1), whatever else is wrong with it.
#[must_use]
pub fn asks_who(params: &Params, client: &Client) -> bool {
    let asked = params.one("scope").ok().flatten();
    asked.map_or_else(|| client.default_scope.contains("openid"), |scope| scope.split(' ').any(|word| word == "openid"))
}

fn hash(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(parts.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::GrantType;
    use crate::protocol::samples;
    use crate::protocol::token::{RANDOM_BYTES, TokenKind};

    #[test]
    fn the_session_state_is_the_hash_of_the_specification() {
        let token = Token::new(TokenKind::Session, [7; RANDOM_BYTES]);
        let state = BrowserState::of(&token);
        assert!(!token.reveal().contains(state.as_str()) && state != BrowserState::nobody([7; 32]));
        let told = state.told_to(&samples::client_id("app"), "https://app.example/cb?x=1", "salt").unwrap();
        let expected = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("app https://app.example {} salt", state.as_str())));
        assert_eq!(told, format!("{expected}.salt"));
        assert!(!told.contains(' ') && !told.contains(state.as_str()));
        assert_eq!(state.told_to(&samples::client_id("app"), "com.example.app:/cb", "salt"), None);
    }

    #[test]
    fn a_browser_presents_what_it_was_given_and_nothing_else() {
        let nobody = BrowserState::nobody([0xfb; 32]);
        assert_eq!(BrowserState::parse(nobody.as_str()), Some(nobody.clone()));
        for other in ["", "x", &format!("{}=", nobody.as_str()), &nobody.as_str().replace(|letter: char| !letter.is_alphanumeric(), ";")] {
            assert_eq!(BrowserState::parse(other), None, "{other}");
        }
    }

    #[test]
    fn it_is_for_requests_that_ask_who_signed_in() {
        let client = samples::confidential_client(&[GrantType::AuthorizationCode], "openid profile", "openid");
        let asks = |query: &str| asks_who(&Params::parse(query.as_bytes()).unwrap(), &client);
        assert!(asks("scope=profile+openid") && asks("") && asks("scope="));
        assert!(!asks("scope=profile") && !asks("scope=openids"));
    }
}
