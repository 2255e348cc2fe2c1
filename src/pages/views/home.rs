//! `/`: what this server is, or who is signed in.

use askama::Template;

/// `/`: what this server is, or who is signed in.
#[derive(Template)]
#[template(path = "home.html", config = ".askama.toml")]
pub struct HomePage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The issuer, as in tokens.
    pub issuer: &'a str,
    /// Who is signed in, if anybody is.
    pub name: Option<&'a str>,
    /// Whether there is documentation to link to.
    pub documented: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::views::assert_has;

    impl HomePage<'static> {
        pub(crate) fn sample() -> Self {
            Self { root: "", issuer: "https://id.example", name: Some("Alice Liddell"), documented: true }
        }
    }

    #[test]
    fn home_says_who_is_signed_in_and_links_on() {
        let page = HomePage::sample().render().unwrap();
        assert_has(&page, &["You are signed in as <b><bdi>Alice Liddell</bdi></b>", r#"href="/account""#, r#"href="/logout""#]);
        assert!(!page.contains(r#"href="/login""#), "{page}");
    }

    #[test]
    fn home_links_to_the_documentation_where_there_is_some() {
        let home = |documented| HomePage { documented, ..HomePage::sample() }.render().unwrap();
        assert!(home(true).contains(r#"href="/docs""#));
        assert!(!home(false).contains("/docs"));
    }

    #[test]
    fn home_says_what_this_is_to_a_stranger() {
        let page = HomePage { name: None, ..HomePage::sample() }.render().unwrap();
        assert_has(
            &page,
            &["https://id.example", r#"href="/login""#, r#"href="/.well-known/openid-configuration""#, r#"href="/.well-known/jwks.json""#],
        );
        assert!(!page.contains("/account"), "{page}");
    }
}
