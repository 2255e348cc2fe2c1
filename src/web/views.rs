//! The two pages that any endpoint may answer with: the error page and the self-submitting form of `response_mode=form_post`.
//!
//! Everything shown here is escaped by the template engine: these types hold text, never markup.

use askama::Template;

use crate::protocol::explanation::Recorded;

/// Our own error page, for whatever must not be redirected.
#[derive(Template)]
#[template(path = "error.html", config = ".askama.toml")]
pub struct ErrorPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The error code of the specification, such as `invalid_request`: shown as text.
    pub code: &'a str,
    /// A fixed sentence that says what is wrong; never what the caller sent.
    pub message: &'a str,
    /// What the `Trace-Id` header carries, so that the operator can find the log line.
    pub trace_id: &'a str,
    /// Why: on a developer's machine alone.
    pub why: Option<&'a Recorded>,
}

/// Why a request was refused, by itself: on a developer's machine alone.
#[derive(Template)]
#[template(path = "why.html", config = ".askama.toml")]
pub struct WhyPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// What is known about it.
    pub why: &'a Recorded,
}

/// An authorization answer on its way to the client: Form Post Response Mode §2.
///
/// The button works where scripts do not run; elsewhere [`FormPostPage::AUTO_SUBMIT`] presses it.
#[derive(Template)]
#[template(path = "form_post.html", config = ".askama.toml")]
pub struct FormPostPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The client's checked redirect URI.
    pub action: &'a str,
    /// The response parameters in the order in which they are sent.
    pub fields: &'a [(&'static str, String)],
}

/// A refusal for a client that registered itself, when nobody has signed in: the person decides whether to go there (RFC 9700 §4.11.2).
#[derive(Template)]
#[template(path = "onward.html", config = ".askama.toml")]
pub struct OnwardPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The error code of the specification.
    pub code: &'a str,
    /// A fixed sentence that says what is wrong.
    pub message: &'a str,
    /// What the client calls itself.
    pub client_name: &'a str,
    /// Where it is, in words.
    pub place: &'a str,
    /// The address with the answer; where there is none, it is posted.
    pub location: Option<&'a str>,
    /// The client's checked redirect URI.
    pub action: &'a str,
    /// The response parameters in the order in which they are sent.
    pub fields: &'a [(&'static str, String)],
}

impl FormPostPage<'_> {
    /// The only script that stands in a page of ours.
    pub const AUTO_SUBMIT: &'static str = "document.forms[0].submit()";

    /// The source expression that lets `script-src` run [`Self::AUTO_SUBMIT`] and nothing else: CSP Level 3 §2.3.1, `hash-source`.
    pub const AUTO_SUBMIT_SOURCE: &'static str = "'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='";
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    impl ErrorPage<'static> {
        pub(crate) fn sample() -> Self {
            Self {
                root: "",
                code: "invalid_request",
                message: "The redirect URI is not one that this client has registered.",
                trace_id: "0b6f2c1e9d3a4f58",
                why: None,
            }
        }
    }

    impl FormPostPage<'static> {
        pub(crate) fn sample() -> Self {
            let fields = [("code", "clv_code_abc"), ("state", "a&b"), ("iss", "https://id.example")];
            Self {
                root: "",
                action: "https://app.example/callback?from=claviger&x=1",
                fields: fields.map(|(name, value)| (name, value.to_owned())).to_vec().leak(),
            }
        }
    }

    #[test]
    fn the_error_page_shows_code_message_and_trace() {
        let page = ErrorPage::sample().render().unwrap();
        assert!(page.contains(">invalid_request<"), "{page}");
        assert!(page.contains("not one that this client has registered."), "{page}");
        assert!(page.contains(">0b6f2c1e9d3a4f58<"), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }

    #[test]
    fn the_error_page_escapes_what_it_is_given() {
        let hostile = "\"><img src=x onerror='alert(1)'>";
        let page = ErrorPage { root: "", code: hostile, message: hostile, trace_id: hostile, why: None }.render().unwrap();
        assert!(!page.contains("<img src=x"), "{page}");
        assert_eq!(page.matches("&#60;img src=x").count(), 3, "{page}");
    }

    impl OnwardPage<'static> {
        pub(crate) fn sample() -> Self {
            Self {
                root: "",
                code: "invalid_scope",
                message: "The scope is unknown.",
                client_name: "Looking Glass",
                place: "glass.example",
                location: Some("https://glass.example/cb?error=invalid_scope&state=a"),
                action: "https://glass.example/cb",
                fields: &[],
            }
        }
    }

    #[test]
    fn the_way_on_to_a_stranger_is_named_and_takes_a_click() {
        let page = OnwardPage::sample().render().unwrap();
        assert!(
            page.contains(
                r#"href="https://glass.example/cb?error=invalid_scope&#38;state=a" rel="noreferrer"><span class="address">Continue to glass.example</span></a>"#
            )
        );
        let fields = [("state", "\"><script>".to_owned())];
        let posted = OnwardPage { location: None, fields: &fields, client_name: "<script>", ..OnwardPage::sample() }.render().unwrap();
        assert!(
            posted.contains(r#"<form method="post" action="https://glass.example/cb">"#) && posted.contains(">invalid_scope<"),
            "{posted}"
        );
        assert!(!posted.contains("<script"), "{posted}");
    }

    #[test]
    fn the_form_post_page_posts_every_field_with_and_without_script() {
        let page = FormPostPage::sample().render().unwrap();
        assert!(page.contains(r#"<form method="post" action="https://app.example/callback?from=claviger&#38;x=1">"#), "{page}");
        assert!(page.contains(r#"<input type="hidden" name="code" value="clv_code_abc">"#), "{page}");
        assert!(page.contains(r#"<input type="hidden" name="state" value="a&#38;b">"#), "{page}");
        assert!(page.contains(r#"<input type="hidden" name="iss" value="https://id.example">"#), "{page}");
        assert!(page.contains(r#"id="continue">Continue</button>"#), "{page}");
    }

    #[test]
    fn the_form_post_page_escapes_values_and_action() {
        let fields = [("state", "\"><script>alert(1)</script>".to_owned())];
        let page = FormPostPage { root: "", action: "https://app.example/\"onfocus=\"x", fields: &fields }.render().unwrap();
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(page.contains(r#"value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;""#), "{page}");
        assert!(page.contains(r#"action="https://app.example/&#34;onfocus=&#34;x""#), "{page}");
    }

    #[test]
    fn the_policy_allows_exactly_the_script_on_the_page() {
        let page = FormPostPage::sample().render().unwrap();
        let (_, rest) = page.split_once("<script>").unwrap();
        let (script, _) = rest.split_once("</script>").unwrap();
        assert_eq!(FormPostPage::AUTO_SUBMIT_SOURCE, format!("'sha256-{}'", STANDARD.encode(Sha256::digest(script))));
    }
}
