//! A visit of a browser: its cookies, and what protects the forms that it is shown.

use poem::http::StatusCode;
use poem::{Request, Response};

use crate::flow::Server;
use crate::protocol::session_state::BrowserState;
use crate::protocol::token::{Token, TokenKind};
use crate::web::answer::{failed, refused_page};
use crate::web::cookies::Cookies;
use crate::web::csrf::CsrfToken;
use crate::web::headers::Page;

/// The cookies of a browser that visits a page.
pub(super) struct Visit<'a> {
    cookies: Cookies<'a>,
    pub(super) session: Option<Token>,
    browser: Option<Token>,
    /// The browser had no cookie of ours; this one is set with the answer.
    fresh: Option<Token>,
}

impl<'a> Visit<'a> {
    pub(super) fn of(request: &Request, server: &'a Server) -> Self {
        let cookies = Cookies::new(server.issuer());
        let (session, browser) = (cookies.session(request.headers()), cookies.browser(request.headers()));
        Self { cookies, session, browser, fresh: None }
    }

    /// The token for the forms of a page. A browser without a cookie gets one, for the token to be bound to.
    pub(super) fn csrf(&mut self, server: &Server) -> String {
        if self.session.is_none() && self.browser.is_none() {
            self.fresh = Some(server.random().token(TokenKind::Browser));
        }
        self.expected_csrf().map(|token| token.as_str().to_owned()).unwrap_or_default()
    }

    /// The token that a form of this browser has to bring.
    pub(super) fn expected_csrf(&self) -> Option<CsrfToken> {
        CsrfToken::new(self.session.as_ref(), self.browser.as_ref().or(self.fresh.as_ref()))
    }

    /// Finishes a page: sets the cookie that its forms are bound to.
    pub(super) fn finish(self, mut page: Response) -> Response {
        if let Some(fresh) = &self.fresh {
            self.cookies.set_browser(page.headers_mut(), fresh);
        }
        page
    }

    /// Finishes a sign-in: the new session's cookie takes the place of all others.
    pub(super) fn signed_in(self, mut onward: Response, session: &Token) -> Response {
        self.cookies.set_session(onward.headers_mut(), session);
        if self.browser.is_some() {
            self.cookies.forget_browser(onward.headers_mut());
        }
        onward
    }

    /// Finishes a sign-out.
    pub(super) fn signed_out(self, mut onward: Response, server: &Server) -> Response {
        if self.session.is_some() {
            self.cookies.forget_session(onward.headers_mut(), &BrowserState::nobody(server.random().bytes()));
        }
        onward
    }
}

/// Our own failure, as a page.
pub(super) fn sorry(failure: &crate::flow::Failure, request: &Request) -> Response {
    refused_page(failed(failure), request)
}

/// A page that is found.
pub(super) fn page(page: &impl askama::Template) -> Response {
    crate::web::answer::rendered(StatusCode::OK, page, Page::Open)
}
