//! `/docs`: the API, explained and ready to try, and the page that a sign-in there returns to.

use askama::Template;

/// `/docs`: the API, explained and ready to try.
#[derive(Template)]
#[template(path = "docs.html", config = ".askama.toml")]
pub struct DocsPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The client by which people get their tokens there.
    pub client_id: &'a str,
    /// What is asked for unless they choose otherwise.
    pub scopes: &'a str,
    /// Where a sign-in returns to: [`DocsReturnPage`].
    pub redirect_url: &'a str,
    /// The address of Swagger UI.
    pub bundle: &'a str,
    /// The address of its style sheet.
    pub style: &'a str,
    /// The address of its licences.
    pub licenses: &'a str,
}

/// `/docs/oauth2-redirect.html`: hands the answer to the documentation's window, by a script, and closes.
#[derive(Template)]
#[template(path = "docs_return.html", config = ".askama.toml")]
pub struct DocsReturnPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The issuer, whose answers alone count (RFC 9207).
    pub issuer: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every script stands in a file of its own, as the policy of these pages demands.
    #[track_caller]
    fn assert_scripts_are_files(page: &str, count: usize) {
        assert_eq!(page.matches("<script src=\"/docs/").count(), count, "{page}");
        assert_eq!(page.matches("<script").count(), count, "{page}");
        assert!(!page.contains("style=") && !page.contains(" on"), "{page}");
    }

    #[test]
    fn the_page_tells_its_script_what_depends_on_the_server() {
        let page = DocsPage {
            root: "",
            client_id: "docs\"><script>",
            scopes: "openid profile",
            redirect_url: "https://id.example/docs/oauth2-redirect.html",
            bundle: "/docs/swagger-ui-bundle.js",
            style: "/docs/swagger-ui.css",
            licenses: "/docs/LICENSE.txt",
        };
        let page = page.render().unwrap();
        assert!(page.contains("data-client-id=\"docs&#34;&#62;&#60;script&#62;\" data-scopes=\"openid profile\""), "{page}");
        assert!(page.contains("data-redirect-url=\"https://id.example/docs/oauth2-redirect.html\""), "{page}");
        assert_scripts_are_files(&page, 2);
    }

    #[test]
    fn the_page_that_a_sign_in_returns_to_says_what_to_do_when_it_stays_open() {
        let page = DocsReturnPage { root: "", issuer: "https://id.example" }.render().unwrap();
        assert!(page.contains("id=\"result\"") && page.contains("href=\"/docs\""), "{page}");
        assert_scripts_are_files(&page, 1);
    }
}
