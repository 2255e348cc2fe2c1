//! `/logout`: asks before it ends the session, and says so afterwards, there or at `/logout/done`.

use askama::Template;

/// `/logout`: asks before it ends the session, and hands on what the client sent (RP-Initiated Logout §2).
#[derive(Template)]
#[template(path = "logout.html", config = ".askama.toml")]
pub struct LogoutPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The form's CSRF token.
    pub csrf: &'a str,
    /// Who is signed in, if anybody is.
    pub name: Option<&'a str>,
    /// The name of the client that asks, if one does.
    pub client_name: Option<&'a str>,
    /// As received, if it was.
    pub id_token_hint: Option<&'a str>,
    /// As received, if it was.
    pub post_logout_redirect_uri: Option<&'a str>,
    /// As received, if it was.
    pub state: Option<&'a str>,
    /// As received, if it was.
    pub client_id: Option<&'a str>,
}

/// The end of a sign-out. Where clients have to load a page of theirs, that is done here, and the person goes on afterwards.
#[derive(Default, Template)]
#[template(path = "signed_out.html", config = ".askama.toml")]
pub struct SignedOutPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The clients' pages.
    pub told: &'a [ToldPage<'a>],
    /// Where the person goes on to; by itself once the clients' pages are loaded, if there are any.
    pub onward: Option<&'a str>,
    /// What that place is called, where the person has to decide whether to go there.
    pub place: Option<&'a str>,
    /// Whether they wanted to go somewhere else, and do not.
    pub not_returned: bool,
}

/// A page of a client, by which it learns that the session is over (OpenID Connect Front-Channel Logout §2).
pub struct ToldPage<'a> {
    /// The client's name.
    pub client_name: &'a str,
    /// The page, with `iss` and `sid`.
    pub url: &'a str,
}

/// What a client's page has in a frame (OpenID Connect Session Management §3.2).
#[derive(Template)]
#[template(path = "check_session.html", config = ".askama.toml")]
pub struct CheckSessionPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::views::assert_has;

    impl LogoutPage<'static> {
        pub(crate) fn sample() -> Self {
            Self {
                root: "",
                csrf: "csrf-1",
                name: Some("Alice Liddell"),
                client_name: Some("Looking Glass"),
                id_token_hint: Some("eyJ.eyJ.sig"),
                post_logout_redirect_uri: Some("https://glass.example/bye?a=1&b=2"),
                state: None,
                client_id: Some("demo-web"),
            }
        }
    }

    #[test]
    fn logout_asks_and_hands_on_only_what_was_sent() {
        let page = LogoutPage::sample().render().unwrap();
        assert_has(
            &page,
            &[
                r#"<form method="post" action="/logout">"#,
                r#"name="csrf" value="csrf-1""#,
                r#"name="id_token_hint" value="eyJ.eyJ.sig""#,
                r#"name="post_logout_redirect_uri" value="https://glass.example/bye?a=1&#38;b=2""#,
                r#"name="client_id" value="demo-web""#,
                r#"id="logout-yes" name="logout-yes""#,
                r#"id="logout-no" name="logout-no""#,
            ],
        );
        assert!(!page.contains("name=\"state\""), "{page}");
    }

    #[test]
    fn signed_out_says_so() {
        let page = SignedOutPage::default().render().unwrap();
        assert_has(&page, &["You are signed out.", r#"href="/""#]);
        assert!(!page.contains("<script") && !page.contains("<iframe") && !page.contains("logout-not-returned"), "{page}");
        let stayed = SignedOutPage { not_returned: true, ..SignedOutPage::default() }.render().unwrap();
        assert!(stayed.contains(r#"<p id="logout-not-returned">"#), "{stayed}");
    }

    #[test]
    fn where_somebody_may_go_on_to_is_named_and_waits_for_them() {
        let (onward, place) = (Some("https://app.example/bye"), Some("app.example"));
        let told = [ToldPage { client_name: "Looking Glass", url: "https://glass.example/bye" }];
        let page = SignedOutPage { told: &told, onward, place, ..SignedOutPage::default() }.render().unwrap();
        assert!(page.contains(r#"id="continue" href="https://app.example/bye""#) && page.contains("Continue to app.example"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }

    #[test]
    fn signed_out_loads_what_clients_want_loaded_and_goes_on() {
        let told = [ToldPage { client_name: "Looking \"Glass", url: "https://glass.example/bye?a=1&sid=\"s" }];
        let page =
            SignedOutPage { told: &told, onward: Some("https://app.example/?state=a&b=\""), ..SignedOutPage::default() }.render().unwrap();
        let expected = [
            "You are signed out.",
            r#"<iframe hidden sandbox="allow-scripts allow-same-origin" src="https://glass.example/bye?a=1&#38;sid=&#34;s""#,
            r#"title="Looking &#34;Glass""#,
            r#"id="continue" href="https://app.example/?state=a&#38;b=&#34;""#,
            r#"<script src="/assets/signed-out.js" defer></script>"#,
        ];
        for part in expected {
            assert!(page.contains(part), "{part} should be in {page}");
        }
    }
}
