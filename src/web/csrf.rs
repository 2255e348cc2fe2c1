//! Forged forms: each of our forms carries a token that only a page of ours, shown to the same browser, can know.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem::http::HeaderMap;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::origin;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::issuer::Issuer;
use crate::protocol::token::Token;

/// The name of the form field that carries the token.
pub const FIELD: &str = "csrf";

/// What a form has to bring along. It is derived from the cookie, so that nothing has to be remembered, by a hash, so that the page
/// does not reveal the cookie.
pub struct CsrfToken(String);

/// Why a form is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgedForm {
    /// Another page sent it.
    #[error(transparent)]
    ForeignOrigin(#[from] origin::ForeignOrigin),
    /// The browser brought neither of our cookies, or planted ones beside them.
    #[error("the browser brought no cookie of ours")]
    NoCookie,
    /// It came without the token.
    #[error("the form has no token")]
    NoToken,
    /// The token belongs to another browser or another session.
    #[error("the token of the form belongs to another session")]
    WrongToken,
}

impl ForgedForm {
    /// What the page may say: the same for all, with what an honest person can do.
    pub const DESCRIPTION: &'static str =
        "This form was not sent by a page of ours, or the page was open for too long. Go back, reload it and try again.";
}

impl ForgedForm {
    /// What was expected, and what came; never a cookie or a token.
    #[must_use]
    pub fn explain(self, request: &HeaderMap, issuer: &Issuer) -> Explanation {
        let header = |name: &str| request.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let origin = Fact::of("Origin").expected(issuer.origin()).came_if_any(header("origin"));
        let site = Fact::of("Sec-Fetch-Site").expected("same-origin").came_if_any(header("sec-fetch-site"));
        Explanation::of_all(match self {
            Self::ForeignOrigin(_) => vec![origin, site.note("it counts where Origin is missing or null")],
            Self::NoCookie => {
                let fact = Fact::of("cookie").expected("a cookie of ours, once").came("none, or several");
                vec![fact.note("the browser blocks cookies, the form waited for too long, or another host of this domain planted some")]
            }
            Self::NoToken => vec![Fact::of(FIELD).expected("the token of the form")],
            Self::WrongToken => {
                let fact = Fact::of(FIELD).expected("the token of the form").came("another one");
                vec![fact.note("the person signed in or out in another tab since the page was opened, or another page sent the form")]
            }
        })
    }
}

impl CsrfToken {
    /// The token for a browser that presents these cookies: bound to the session if there is one, else to the browser.
    #[must_use]
    pub fn new(session: Option<&Token>, browser: Option<&Token>) -> Option<Self> {
        let (label, token) = session.map(|token| ("session", token)).or(browser.map(|token| ("browser", token)))?;
        let digest = Sha256::new().chain_update("claviger csrf ").chain_update(label).chain_update(" ").chain_update(token.reveal());
        Some(Self(URL_SAFE_NO_PAD.encode(digest.finalize())))
    }

    /// The token as text, for the form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn matches(&self, presented: &str) -> bool {
        self.0.as_bytes().ct_eq(presented.as_bytes()).into()
    }
}

/// Whether a form was sent by a page of ours that this browser was shown: by its origin and by its token, `presented` in [`FIELD`].
pub fn check(request: &HeaderMap, issuer: &Issuer, expected: Option<&CsrfToken>, presented: Option<&str>) -> Result<(), ForgedForm> {
    origin::check(request, issuer)?;
    let expected = expected.ok_or(ForgedForm::NoCookie)?;
    let presented = presented.ok_or(ForgedForm::NoToken)?;
    if expected.matches(presented) { Ok(()) } else { Err(ForgedForm::WrongToken) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::token::TokenKind;
    use crate::random::Random;
    use poem::http::HeaderValue;
    use poem::http::header::ORIGIN;

    #[test]
    fn a_form_needs_the_token_of_its_own_session_and_our_origin() {
        let random = Random::seeded(1);
        let (session, other, browser) =
            (random.token(TokenKind::Session), random.token(TokenKind::Session), random.token(TokenKind::Browser));
        let issuer = Issuer::parse("https://login.example.com").unwrap();
        let from = |origin| HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))]);
        let ours = from("https://login.example.com");
        let expected = CsrfToken::new(Some(&session), Some(&browser)).unwrap();
        let of = |session: Option<&Token>, browser: Option<&Token>| CsrfToken::new(session, browser).unwrap();

        assert_eq!(check(&ours, &issuer, Some(&expected), Some(expected.as_str())), Ok(()));
        assert_eq!(check(&ours, &issuer, Some(&expected), Some(of(Some(&session), None).as_str())), Ok(()));
        for wrong in [of(Some(&other), Some(&browser)), of(None, Some(&browser)), of(None, Some(&session))] {
            assert_eq!(check(&ours, &issuer, Some(&expected), Some(wrong.as_str())), Err(ForgedForm::WrongToken));
        }
        assert_eq!(check(&ours, &issuer, Some(&expected), Some("")), Err(ForgedForm::WrongToken));
        assert_eq!(check(&ours, &issuer, Some(&expected), None), Err(ForgedForm::NoToken));
        assert_eq!(check(&ours, &issuer, None, Some(expected.as_str())), Err(ForgedForm::NoCookie));
        let theirs = from("https://evil.example");
        assert!(matches!(check(&theirs, &issuer, Some(&expected), Some(expected.as_str())), Err(ForgedForm::ForeignOrigin(_))));
        assert!(CsrfToken::new(None, None).is_none());
    }

    #[test]
    fn the_token_on_the_page_does_not_reveal_the_cookie_nor_what_the_store_keeps() {
        let session = Random::seeded(1).token(TokenKind::Session);
        let token = CsrfToken::new(Some(&session), None).unwrap();
        assert!(!session.reveal().contains(token.as_str()) && !token.as_str().contains(session.reveal()));
        assert_ne!(token.as_str(), session.hash().as_str());
    }
}
