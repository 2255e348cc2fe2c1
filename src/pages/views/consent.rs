//! `/consent`: may this client have these scopes?

use askama::Template;

use crate::pages::views::ClientAbout;

/// `/consent`: may this client have these scopes?
#[derive(Template)]
#[template(path = "consent.html", config = ".askama.toml")]
pub struct ConsentPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The form's CSRF token.
    pub csrf: &'a str,
    /// The raw query of the authorization request that waits for the answer.
    pub continue_query: &'a str,
    /// The client's name.
    pub client_name: &'a str,
    /// What it says about itself besides.
    pub about: ClientAbout<'a>,
    /// Who is signed in.
    pub name: &'a str,
    /// What is asked for.
    pub scopes: &'a [ScopeLine<'a>],
    /// Where the browser goes afterwards.
    pub return_to: ReturnTo<'a>,
}

/// One scope on the consent page.
pub struct ScopeLine<'a> {
    /// As in the request, such as `items:read`.
    pub name: &'a str,
    /// In words that go on from "It asks to", such as `see your items`; may be empty.
    pub description: &'a str,
}

/// The redirect URI as far as a person can judge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReturnTo<'a> {
    /// A host on the network.
    Site(&'a str),
    /// A loopback host (RFC 8252 §7.3): some program on the person's own machine. Comes with a warning.
    ThisDevice(&'a str),
    /// A private-use scheme (RFC 8252 §7.1), which any app can claim. Comes with a warning.
    App(&'a str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::views::{ClientLink, LoginPage, assert_has};

    impl ConsentPage<'static> {
        pub(crate) fn sample() -> Self {
            const SCOPES: &[ScopeLine<'_>] = &[
                ScopeLine { name: "openid", description: "know who you are" },
                ScopeLine { name: "profile", description: "see your name, picture and other profile data" },
                ScopeLine { name: "email", description: "see your email address" },
                ScopeLine { name: "items:read", description: "" },
                ScopeLine { name: "offline_access", description: "stay connected when you are not there" },
            ];
            Self {
                root: "",
                csrf: "csrf-1",
                continue_query: "client_id=demo-web&scope=openid",
                client_name: "Looking Glass",
                about: ClientAbout::default(),
                name: "Alice Liddell",
                scopes: SCOPES,
                return_to: ReturnTo::Site("glass.example"),
            }
        }
    }

    #[test]
    fn consent_names_client_person_scopes_and_target() {
        let page = ConsentPage::sample().render().unwrap();
        assert_has(
            &page,
            &[
                r#"<form method="post" action="/consent">"#,
                r#"name="csrf" value="csrf-1""#,
                r#"name="continue" value="client_id=demo-web&#38;scope=openid""#,
                "<h1>Allow <bdi>Looking Glass</bdi>?</h1>",
                "Alice Liddell",
                "see your email address <code>email</code>",
                "<li><code>items:read</code></li>",
                "glass.example</b>.",
                r#"id="switch" name="switch""#,
                r#"id="consent-allow" name="consent-allow""#,
                r#"id="consent-deny" name="consent-deny""#,
            ],
        );
        assert!(!page.contains("return-warning") && !page.contains("registration-warning"), "{page}");
    }

    #[test]
    fn consent_warns_of_applications_that_nobody_has_looked_at() {
        let page = ConsentPage { about: ClientAbout { registered_itself: true, ..ClientAbout::default() }, ..ConsentPage::sample() }
            .render()
            .unwrap();
        assert_has(&page, &[r#"id="registration-warning""#, "registered itself", "glass.example"]);
    }

    #[test]
    fn what_a_client_says_about_itself_comes_from_us_or_leads_away_without_a_trace() {
        let about = || ClientAbout {
            registered_itself: false,
            logo: Some("/client-logo/glass".to_owned()),
            links: vec![ClientLink { id: "client-policy", label: "Privacy policy", url: "https://glass.example/privacy?a=1&b=2" }],
        };
        let consent = ConsentPage { about: about(), ..ConsentPage::sample() }.render().unwrap();
        let login = LoginPage { about: about(), ..LoginPage::sample() }.render().unwrap();
        for page in [consent, login] {
            let link = r#"href="https://glass.example/privacy?a=1&#38;b=2" target="_blank" rel="noopener noreferrer">Privacy policy</a>"#;
            assert_has(&page, &[r#"src="/client-logo/glass" "#, link]);
        }
        let page = ConsentPage::sample().render().unwrap();
        assert!(!page.contains("client-logo") && !page.contains("client-links"), "{page}");
    }

    #[test]
    fn consent_warns_of_targets_that_anyone_could_answer() {
        for return_to in [ReturnTo::ThisDevice("127.0.0.1:49152"), ReturnTo::App("com.example.glass:")] {
            let page = ConsentPage { return_to, ..ConsentPage::sample() }.render().unwrap();
            assert_has(&page, &[r#"id="return-warning""#]);
            assert!(page.contains("127.0.0.1:49152</b>") || page.contains("com.example.glass:</b>"), "{page}");
        }
    }
}
