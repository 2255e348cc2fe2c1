//! Headers that protect an answer from what a browser might do with it.

use std::collections::BTreeSet;

use poem::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, PRAGMA, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use poem::http::{HeaderMap, HeaderValue, StatusCode};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};

use super::views::FormPostPage;
use crate::protocol::issuer::Issuer;

/// What a page may load and who may frame it: our own style sheet and pictures, nobody.
///
/// `form-action` is left out on purpose. Chromium applies it to the redirects after a form as well, so that naming only ourselves would
/// stop login and consent on their way back to the client, and the way may lead through addresses that only the client knows. What it
/// would protect from, injected forms, needs injected markup, and the templates escape everything.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The same for the documentation, which consists of scripts in files of ours.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                           base-uri 'none'; frame-ancestors 'none'";

/// The same for the page that clients have in a frame of theirs: it runs one script, and nobody is kept from framing it.
const FRAMED_POLICY: &str = "default-src 'none'; script-src 'self'; base-uri 'none'";

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Pages by what they need from a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// Pages that a client may have opened in a pop-up, which needs its opener: sign-in, consent, sign-out, errors.
    Open,
    /// Pages about the account, cut off from whatever opened them.
    Account,
    /// The form that submits itself to the client (Form Post Response Mode §2): it may run its one script.
    FormPost,
    /// The documentation: it runs its own scripts, which call us, and Swagger UI's pictures stand in its style sheet.
    Docs,
    /// What clients have in a frame of theirs to learn whether somebody signed in or out (OpenID Connect Session Management §3.2): the one page
    /// that may be framed. It shows nothing, takes nothing, and is the same for everybody.
    CheckSession,
    /// The page that a sign-in of the documentation returns to. It runs its own script, which needs the window that opened it.
    DocsReturn,
}

/// An HTML page with its headers.
#[must_use]
pub fn html(status: StatusCode, body: String, page: Page) -> Response {
    let mut answer = Response::builder().status(status).body(body);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    protect_page(answer.headers_mut(), page);
    answer
}

/// Sets the headers of a page.
pub fn protect_page(headers: &mut HeaderMap, page: Page) {
    let policy = match page {
        Page::Open | Page::Account => None,
        Page::FormPost => HeaderValue::try_from(format!("{POLICY}; script-src {}", FormPostPage::AUTO_SUBMIT_SOURCE)).ok(),
        Page::Docs => Some(HeaderValue::from_static(DOCS_POLICY)),
        Page::DocsReturn => HeaderValue::try_from(format!("{POLICY}; script-src 'self'")).ok(),
        Page::CheckSession => Some(HeaderValue::from_static(FRAMED_POLICY)),
    };
    headers.insert(CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static(POLICY)));
    if page != Page::CheckSession {
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if page == Page::Account {
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
}

/// Lets a page load frames from these origins, and run scripts of ours.
pub fn allow_frames<'a>(headers: &mut HeaderMap, origins: impl IntoIterator<Item = &'a str>) {
    let origins: BTreeSet<&str> = origins.into_iter().collect();
    let origins: Vec<&str> = origins.into_iter().collect();
    if let Ok(policy) = HeaderValue::try_from(format!("{POLICY}; script-src 'self'; frame-src {}", origins.join(" "))) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
}

/// Sets the headers of an answer to a machine that nobody may keep (RFC 6749 §5.1).
pub fn protect_machine_answer(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The middleware for all answers: what a handler forgot to say about caching is `no-store`, nothing is sniffed, and a browser that has
/// once reached us by https stays with it (RFC 6797).
#[derive(Clone, Copy)]
pub struct Hardened {
    https: bool,
}

impl Hardened {
    /// For the server that `issuer` names.
    #[must_use]
    pub fn new(issuer: &Issuer) -> Self {
        Self { https: issuer.is_https() }
    }
}

impl<E: Endpoint> Middleware<E> for Hardened {
    type Output = HardenedEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        HardenedEndpoint { inner, https: self.https }
    }
}

/// An endpoint below [`Hardened`].
pub struct HardenedEndpoint<E> {
    inner: E,
    https: bool,
}

impl<E: Endpoint> Endpoint for HardenedEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut answer = self.inner.get_response(request).await.into_response();
        let headers = answer.headers_mut();
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.https {
            // Subdomains are not ours to decide about.
            headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    fn page(page: Page) -> Response {
        html(StatusCode::OK, String::new(), page)
    }

    #[test]
    fn a_page_can_be_neither_framed_nor_kept_nor_made_to_load_from_elsewhere() {
        for kind in [Page::Open, Page::Account, Page::FormPost, Page::Docs, Page::DocsReturn] {
            let answer = page(kind);
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("form-action") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"));
            assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
    }

    #[test]
    fn only_pages_that_need_a_script_run_one_and_only_account_pages_lose_their_opener() {
        let scripts = |kind| {
            let policy = page(kind).header("content-security-policy").unwrap().to_owned();
            policy.split_once("script-src ").map(|(_, rest)| rest.split(['-', ';']).next().unwrap().to_owned())
        };
        assert_eq!((scripts(Page::Open), scripts(Page::Account)), (None, None));
        assert_eq!(scripts(Page::FormPost).as_deref(), Some("'sha256"));
        assert_eq!((scripts(Page::Docs).as_deref(), scripts(Page::DocsReturn).as_deref()), (Some("'self'"), Some("'self'")));
        assert_eq!(page(Page::Account).header("cross-origin-opener-policy"), Some("same-origin"));
        for kind in [Page::Open, Page::FormPost, Page::Docs, Page::DocsReturn] {
            assert_eq!(page(kind).header("cross-origin-opener-policy"), None, "{kind:?}");
        }
    }

    #[test]
    fn one_page_may_be_framed_and_what_it_may_do_is_run_a_script_of_ours() {
        let answer = page(Page::CheckSession);
        assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; script-src 'self'; base-uri 'none'"));
        assert_eq!(answer.header("x-frame-options"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }

    #[test]
    fn frames_are_loaded_from_where_they_are_and_from_nowhere_else() {
        let mut answer = page(Page::Open);
        allow_frames(answer.headers_mut(), ["https://b.example", "https://a.example:8443", "https://b.example"]);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with(POLICY), "{policy}");
        assert!(policy.ends_with("; script-src 'self'; frame-src https://a.example:8443 https://b.example"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    }

    #[tokio::test]
    async fn what_a_handler_forgets_is_not_kept_and_https_stays_https() {
        let cached = make_sync(|_| Response::builder().header("cache-control", "public, max-age=60").finish());
        let forgetful = make_sync(|_| "hello");
        let https = Hardened::new(&Issuer::parse("https://login.example.com").unwrap());
        let http = Hardened::new(&Issuer::parse("http://localhost:8080").unwrap());
        let answer = forgetful.with(https).get_response(Request::default()).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
        let answer = cached.with(http).get_response(Request::default()).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=60"));
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}
