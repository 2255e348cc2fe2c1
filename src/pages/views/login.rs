//! `/login`: asks for username and password.

use std::fmt;

use askama::Template;

use crate::pages::views::{ClientAbout, write_too_many};

/// `/login`: asks for username and password.
#[derive(Template)]
#[template(path = "login.html", config = ".askama.toml")]
pub struct LoginPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The form's CSRF token.
    pub csrf: &'a str,
    /// The raw query of the authorization request that waits for this sign-in; empty if none does.
    pub continue_query: &'a str,
    /// The name of the client that asks, if one does.
    pub client_name: Option<&'a str>,
    /// What it says about itself besides.
    pub about: ClientAbout<'a>,
    /// Filled in already: what was typed before, or the `login_hint`; may be empty.
    pub username: &'a str,
    /// Why the last attempt failed.
    pub alert: Option<LoginAlert<'a>>,
    /// The other providers that people may come from.
    pub providers: &'a [ProviderButton],
    /// Whether the person is signed in, and asked to sign in once more.
    pub again: bool,
    /// Whether a password is a way in for them.
    pub has_password: bool,
}

/// Another identity provider.
pub struct ProviderButton {
    /// Its name in URLs.
    pub name: String,
    /// What people call it.
    pub label: String,
}

impl LoginPage<'_> {
    /// Whether there is a client that can be told `access_denied`: only then can the person cancel.
    const fn is_authorization(&self) -> bool {
        !self.continue_query.is_empty()
    }
}

/// Why a sign-in failed, in words that do not say whether the user exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginAlert<'a> {
    /// Unknown, disabled or wrong password: all the same.
    NotRight,
    /// The account or the address has failed too often.
    TooMany {
        /// When to try again, in minutes from now, rounded up.
        minutes: u64,
    },
    /// Too many sign-ins are being checked at this moment.
    Busy,
    /// They came by another provider, and were not let in: why, as a sentence.
    Provider(&'a str),
}

impl fmt::Display for LoginAlert<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRight => out.write_str("The username or password is not right."),
            Self::TooMany { minutes } => write_too_many(out, *minutes),
            Self::Busy => out.write_str("The server is busy. Please try again in a moment."),
            Self::Provider(why) => out.write_str(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::views::assert_has;

    impl LoginPage<'static> {
        pub(crate) fn sample() -> Self {
            Self {
                root: "",
                csrf: "csrf-1",
                continue_query: "client_id=demo-web&scope=openid",
                client_name: Some("Looking Glass"),
                about: ClientAbout::default(),
                username: "",
                alert: None,
                providers: &[],
                again: false,
                has_password: true,
            }
        }
    }

    #[test]
    fn login_is_a_plain_form_with_stable_names() {
        let page = LoginPage::sample().render().unwrap();
        assert_has(
            &page,
            &[
                r#"<form method="post" action="/login">"#,
                r#"name="csrf" value="csrf-1""#,
                r#"name="continue" value="client_id=demo-web&#38;scope=openid""#,
                r#"id="username" name="username""#,
                r#"id="password" name="password" type="password""#,
                r#"id="login-submit" name="login-submit""#,
                r#"id="cancel" name="cancel" value="1" formnovalidate"#,
                "to continue to <b><bdi>Looking Glass</bdi></b>",
            ],
        );
        assert!(page.find("login-submit") < page.find("\"cancel\""), "the Enter key presses the first button: {page}");
        assert!(!page.contains("role=\"alert\""), "{page}");
    }

    #[test]
    fn login_without_a_request_cannot_be_cancelled() {
        let page = LoginPage { continue_query: "", client_name: None, ..LoginPage::sample() }.render().unwrap();
        assert!(!page.contains("cancel") && !page.contains("to continue to"), "{page}");
    }

    #[test]
    fn login_puts_the_cursor_where_something_is_missing() {
        let cursor = |username| {
            let page = LoginPage { username, ..LoginPage::sample() }.render().unwrap();
            page.lines().find(|line| line.contains(" autofocus")).map(|line| line.contains("name=\"password\""))
        };
        assert_eq!((cursor(""), cursor("alice")), (Some(false), Some(true)));
    }

    #[test]
    fn login_has_a_form_for_each_provider() {
        let providers = [ProviderButton { name: "work".to_owned(), label: "Our company".to_owned() }];
        let page = LoginPage { providers: &providers, again: true, ..LoginPage::sample() }.render().unwrap();
        let expected =
            [r#"<form method="post" action="/login/with/work">"#, r#"id="with-work""#, "Our company", r#"name="again" value="1""#];
        assert_has(&page, &expected);
        assert_eq!(page.matches("<form ").count(), page.matches(r#"name="csrf" value="csrf-1""#).count(), "{page}");
        assert!(page.contains("Please sign in again first."), "{page}");
    }

    #[test]
    fn login_alerts_are_read_aloud() {
        let words = |alert| LoginPage { alert: Some(alert), ..LoginPage::sample() }.render().unwrap();
        assert_has(&words(LoginAlert::NotRight), &[r#"role="alert">The username or password is not right.</p>"#]);
        assert_has(&words(LoginAlert::TooMany { minutes: 1 }), &["Too many attempts. Please try again in 1 minute.</p>"]);
        assert_has(&words(LoginAlert::TooMany { minutes: 12 }), &["Too many attempts. Please try again in 12 minutes.</p>"]);
        assert_has(&words(LoginAlert::Busy), &["The server is busy. Please try again in a moment.</p>"]);
    }
}
