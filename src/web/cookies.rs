//! Our cookies: the session of a person, the browser before anyone has signed in, and what a script of ours may know of the session.

use poem::http::header::{COOKIE, SET_COOKIE};
use poem::http::{HeaderMap, HeaderValue};

use crate::protocol::issuer::Issuer;
use crate::protocol::session_state::BrowserState;
use crate::protocol::token::{Token, TokenKind};
use crate::random::Random;

/// How our cookies are called and protected. On https their names begin with `__Host-` (RFC 6265bis §4.1.3.2), so that no other host
/// and no page by http can set them; all of them end with the browser, and all but the state are `HttpOnly` and `SameSite=Lax`.
///
/// An issuer with a path shares its host with others, who must not be sent our cookies: theirs have the path, and as `__Host-` demands
/// `Path=/`, their names begin with `__Secure-` (RFC 6265bis §4.1.3.1), which keeps out pages by http alone.
#[derive(Clone, Copy, Debug)]
pub struct Cookies<'a> {
    issuer: &'a Issuer,
}

impl<'a> Cookies<'a> {
    /// The cookies of the server that `issuer` names.
    #[must_use]
    pub const fn new(issuer: &'a Issuer) -> Self {
        Self { issuer }
    }

    /// The session's token that a browser presents.
    #[must_use]
    pub fn session(self, request: &HeaderMap) -> Option<Token> {
        Token::parse(TokenKind::Session, only(request, self.session_name())?)
    }

    /// The browser's token that a browser presents.
    #[must_use]
    pub fn browser(self, request: &HeaderMap) -> Option<Token> {
        Token::parse(TokenKind::Browser, only(request, self.browser_name())?)
    }

    /// The token that binds a sign-in at another provider to a browser.
    #[must_use]
    pub fn departure(self, request: &HeaderMap) -> Option<Token> {
        Token::parse(TokenKind::Browser, only(request, self.departure_name())?)
    }

    /// Has the browser keep that token: whoever comes back from another provider comes back to where they left.
    pub fn set_departure(self, answer: &mut HeaderMap, token: &Token) {
        self.set(answer, self.departure_name(), token.reveal(), "");
    }

    /// Has the browser keep the session's token, and the state that goes with it.
    pub fn set_session(self, answer: &mut HeaderMap, token: &Token) {
        self.set(answer, self.session_name(), token.reveal(), "");
        self.set_state(answer, &BrowserState::of(token));
    }

    /// The state of a browser: what goes with its session, or what it was given while nobody is signed in. One without either is in a new state.
    #[must_use]
    pub fn state(self, request: &HeaderMap, random: &Random) -> BrowserState {
        let given = || only(request, self.state_name()).and_then(BrowserState::parse);
        self.session(request)
            .map(|session| BrowserState::of(&session))
            .or_else(given)
            .unwrap_or_else(|| BrowserState::nobody(random.bytes()))
    }

    /// Has the browser keep the state that it is in, if it does not.
    pub fn keep_state(self, request: &HeaderMap, answer: &mut HeaderMap, state: &BrowserState) {
        if only(request, self.state_name()) != Some(state.as_str()) {
            self.set_state(answer, state);
        }
    }

    /// Has the browser keep its own token.
    pub fn set_browser(self, answer: &mut HeaderMap, token: &Token) {
        self.set(answer, self.browser_name(), token.reveal(), "");
    }

    /// Has the browser forget the session's token, and puts it in this state. Without any, our script could not tell it from one that keeps
    /// its cookies to itself.
    pub fn forget_session(self, answer: &mut HeaderMap, nobody: &BrowserState) {
        self.set(answer, self.session_name(), "", "; Max-Age=0");
        self.set_state(answer, nobody);
    }

    /// Has the browser forget its own token.
    pub fn forget_browser(self, answer: &mut HeaderMap) {
        self.set(answer, self.browser_name(), "", "; Max-Age=0");
    }

    fn session_name(self) -> &'static str {
        self.name(["__Host-claviger-session", "__Secure-claviger-session", "claviger-session"])
    }

    fn browser_name(self) -> &'static str {
        self.name(["__Host-claviger-browser", "__Secure-claviger-browser", "claviger-browser"])
    }

    /// Known to `check-session.js`, too.
    fn state_name(self) -> &'static str {
        self.name(["__Host-claviger-state", "__Secure-claviger-state", "claviger-state"])
    }

    fn departure_name(self) -> &'static str {
        self.name(["__Host-claviger-departure", "__Secure-claviger-departure", "claviger-departure"])
    }

    /// One of three names: for a host of our own, for a path of our own, and without https.
    fn name(self, [host, path, plain]: [&'static str; 3]) -> &'static str {
        match (self.issuer.is_https(), self.issuer.path()) {
            (true, "") => host,
            (true, _) => path,
            (false, _) => plain,
        }
    }

    /// Where the browser brings them.
    fn path(self) -> &'a str {
        Some(self.issuer.path()).filter(|path| !path.is_empty()).unwrap_or("/")
    }

    /// The state is there to be read by our script in a frame of a client's page (OpenID Connect Session Management §3.2), which is on another
    /// site as often as not. Without https no cookie goes there; on a developer's machine, everything is one site.
    fn set_state(self, answer: &mut HeaderMap, state: &BrowserState) {
        let scope = if self.issuer.is_https() { "SameSite=None; Secure" } else { "SameSite=Lax" };
        if let Ok(mut cookie) = HeaderValue::try_from(format!("{}={}; Path={}; {scope}", self.state_name(), state.as_str(), self.path())) {
            cookie.set_sensitive(true);
            answer.append(SET_COOKIE, cookie);
        }
    }

    fn set(self, answer: &mut HeaderMap, name: &str, value: &str, lifetime: &str) {
        let secure = if self.issuer.is_https() { "; Secure" } else { "" };
        // A token has no character that a header could not carry, so that this is never refused.
        if let Ok(mut cookie) =
            HeaderValue::try_from(format!("{name}={value}; Path={}; HttpOnly; SameSite=Lax{secure}{lifetime}", self.path()))
        {
            cookie.set_sensitive(true);
            answer.append(SET_COOKIE, cookie);
        }
    }
}

/// The value of the cookie `name`. When it comes twice with different values, somebody else has set one of them, for a longer path or
/// another port, and nothing tells which (RFC 6265 §5.4): then neither counts.
fn only<'a>(request: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs = request.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(found, _)| *found == name).map(|(_, value)| value);
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(issuer: &str) -> Cookies<'static> {
        Cookies::new(Box::leak(Box::new(Issuer::parse(issuer).unwrap())))
    }

    fn https() -> Cookies<'static> {
        at("https://login.example.com")
    }

    fn http() -> Cookies<'static> {
        at("http://localhost:8080")
    }

    fn presenting(lines: &[String]) -> HeaderMap {
        lines.iter().fold(HeaderMap::new(), |mut headers, line| {
            headers.append(COOKIE, HeaderValue::try_from(line.as_str()).unwrap());
            headers
        })
    }

    #[test]
    fn a_cookie_on_https_is_for_this_host_alone() {
        let token = Random::seeded(1).token(TokenKind::Session);
        let mut answer = HeaderMap::new();
        https().set_session(&mut answer, &token);
        let expected = format!("__Host-claviger-session={}; Path=/; HttpOnly; SameSite=Lax; Secure", token.reveal());
        assert_eq!(answer.get(SET_COOKIE).unwrap(), &expected);
        assert!(!format!("{answer:?}").contains(token.reveal()), "a log of the headers does not show it");
    }

    #[test]
    fn a_cookie_of_an_issuer_with_a_path_is_for_that_path_alone() {
        let token = Random::seeded(1).token(TokenKind::Session);
        for (issuer, session, state) in [
            (
                "https://example.com/tenant",
                format!("__Secure-claviger-session={}; Path=/tenant; HttpOnly; SameSite=Lax; Secure", token.reveal()),
                "__Secure-claviger-state=",
            ),
            (
                "http://localhost:8080/tenant",
                format!("claviger-session={}; Path=/tenant; HttpOnly; SameSite=Lax", token.reveal()),
                "claviger-state=",
            ),
        ] {
            let mut answer = HeaderMap::new();
            at(issuer).set_session(&mut answer, &token);
            let mut cookies = answer.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
            assert_eq!(cookies.next(), Some(session.as_str()));
            assert!(cookies.next().is_some_and(|cookie| cookie.starts_with(state) && cookie.contains("; Path=/tenant; ")));
            let back = presenting(&[session.split(';').next().unwrap().to_owned()]);
            assert!(at(issuer).session(&back).is_some());
        }
    }

    #[test]
    fn a_script_may_read_the_state_of_the_session_and_nothing_of_the_session() {
        let token = Random::seeded(1).token(TokenKind::Session);
        let state = BrowserState::of(&token);
        for (cookies, expected) in [
            (https(), format!("__Host-claviger-state={}; Path=/; SameSite=None; Secure", state.as_str())),
            (http(), format!("claviger-state={}; Path=/; SameSite=Lax", state.as_str())),
        ] {
            let mut answer = HeaderMap::new();
            cookies.set_session(&mut answer, &token);
            assert_eq!(answer.get_all(SET_COOKIE).iter().nth(1).unwrap(), &expected);
            assert!(!expected.contains(token.reveal()));
        }
    }

    #[test]
    fn a_browser_that_lost_the_state_gets_it_again() {
        let token = Random::seeded(1).token(TokenKind::Session);
        let session = format!("claviger-session={}", token.reveal());
        let state = format!("claviger-state={}", BrowserState::of(&token).as_str());
        let random = Random::seeded(2);
        let given = |lines: &[String]| {
            let (mut answer, request) = (HeaderMap::new(), presenting(lines));
            http().keep_state(&request, &mut answer, &http().state(&request, &random));
            answer.get_all(SET_COOKIE).iter().count()
        };
        assert_eq!(given(&[session.clone(), state.clone()]), 0);
        assert_eq!(given(std::slice::from_ref(&session)), 1);
        assert_eq!(given(&[session, "claviger-state=old".to_owned()]), 1);
        assert_eq!((given(&[state]), given(&[]), given(&["claviger-state=old".to_owned()])), (0, 1, 1));
        assert_ne!(http().state(&HeaderMap::new(), &random), http().state(&HeaderMap::new(), &random), "no two nobodies are the same");
    }

    #[test]
    fn a_forgotten_cookie_ends_at_once() {
        let mut answer = HeaderMap::new();
        http().forget_session(&mut answer, &BrowserState::nobody([0; 32]));
        http().forget_browser(&mut answer);
        let cookies: Vec<_> = answer.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(
            cookies,
            [
                "claviger-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
                "claviger-state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; Path=/; SameSite=Lax",
                "claviger-browser=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
            ]
        );
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let random = Random::seeded(1);
        let (session, browser) = (random.token(TokenKind::Session), random.token(TokenKind::Browser));
        let line = format!("theme=dark;claviger-session={}; x; claviger-browser={}", session.reveal(), browser.reveal());
        let request = presenting(&["a=b".to_owned(), line]);
        assert!(http().session(&request).is_some_and(|found| found.hash() == session.hash()));
        assert!(http().browser(&request).is_some_and(|found| found.hash() == browser.hash()));
        assert!(https().session(&request).is_none(), "a cookie without the prefix means nothing on https");
    }

    #[test]
    fn what_is_no_token_of_ours_is_no_cookie() {
        let browser = Random::seeded(1).token(TokenKind::Browser);
        for value in ["", "clv_ses_", "1", browser.reveal()] {
            assert!(http().session(&presenting(&[format!("claviger-session={value}")])).is_none(), "{value}");
        }
    }

    #[test]
    fn two_different_cookies_of_one_name_are_none() {
        let random = Random::seeded(1);
        let cookie = |token: &Token| format!("claviger-session={}", token.reveal());
        let (mine, planted) = (random.token(TokenKind::Session), random.token(TokenKind::Session));
        assert!(http().session(&presenting(&[format!("{}; {}", cookie(&planted), cookie(&mine))])).is_none());
        assert!(http().session(&presenting(&[cookie(&mine), cookie(&planted)])).is_none());
        assert!(http().session(&presenting(&[cookie(&mine), cookie(&mine)])).is_some());
    }
}
