//! What each page for people is made of, and nothing about how it is found out.
//!
//! Plain text goes in and is escaped by the template engine. The names and ids in the templates are a promise to robots that
//! drive these pages: change none without need.

mod account;
mod client;
mod consent;
mod docs;
mod home;
mod login;
mod logout;

use std::fmt;

pub use account::{
    AccountNotice, AccountPage, AppLine, ClaimLine, IdentityLine, KeyEnd, KeyLine, KeyScope, KeysPart, PasswordProblem, SessionLine,
};
pub use client::{ClientAbout, ClientLink};
pub use consent::{ConsentPage, ReturnTo, ScopeLine};
pub use docs::{DocsPage, DocsReturnPage};
pub use home::HomePage;
pub use login::{LoginAlert, LoginPage, ProviderButton};
pub use logout::{CheckSessionPage, LogoutPage, SignedOutPage, ToldPage};

fn write_too_many(out: &mut fmt::Formatter<'_>, minutes: u64) -> fmt::Result {
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    write!(out, "Too many attempts. Please try again in {minutes} {unit}.")
}

#[cfg(test)]
#[track_caller]
fn assert_has(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} should be in {page}");
    }
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("style="), "{page}");
}

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    const HOSTILE: &str = "\"'><script>alert(1)</script>";

    const fn hostile_logout() -> LogoutPage<'static> {
        let some = Some(HOSTILE);
        LogoutPage {
            root: "",
            csrf: HOSTILE,
            name: some,
            client_name: some,
            id_token_hint: some,
            post_logout_redirect_uri: some,
            state: some,
            client_id: some,
        }
    }

    #[test]
    fn hostile_text_stays_text_on_every_page() {
        let hostile = || HOSTILE.to_owned();
        let claims = [ClaimLine { label: "Name", value: hostile() }];
        let sessions = [SessionLine {
            handle: hostile(),
            browser: hostile(),
            address: hostile(),
            signed_in: hostile(),
            last_used: hostile(),
            current: false,
        }];
        let apps = [AppLine { client_id: hostile(), name: hostile(), scopes: vec![hostile()], since: hostile() }];
        let scopes = [ScopeLine { name: HOSTILE, description: HOSTILE }];
        let some = Some(HOSTILE);
        let providers = [ProviderButton { name: hostile(), label: hostile() }];
        let identities = [IdentityLine {
            provider: hostile(),
            label: hostile(),
            subject: hostile(),
            known_as: hostile(),
            linked: hostile(),
            last_used: hostile(),
            usable: false,
            last: false,
        }];
        let key = KeyLine {
            id: hostile(),
            name: hostile(),
            scopes: vec![hostile()],
            made: hostile(),
            expires: Some(hostile()),
            expired: true,
            last_used: Some(hostile()),
            last_used_from: Some(hostile()),
        };
        let scope = KeyScope { name: hostile(), description: hostile(), chosen: true };
        let keys = KeysPart { lines: vec![key], scopes: vec![scope], ends: Vec::new(), name: hostile() };
        let about = || ClientAbout {
            logo: Some(hostile()),
            links: vec![ClientLink { id: "client-uri", label: "Website", url: HOSTILE }],
            registered_itself: true,
        };
        let pages = [
            HomePage { root: "", issuer: HOSTILE, name: None, documented: true }.render(),
            HomePage { root: "", issuer: HOSTILE, name: some, documented: true }.render(),
            LoginPage {
                root: "",
                csrf: HOSTILE,
                continue_query: HOSTILE,
                client_name: some,
                about: about(),
                username: HOSTILE,
                alert: Some(LoginAlert::Provider(HOSTILE)),
                providers: &providers,
                again: true,
                has_password: true,
            }
            .render(),
            ConsentPage {
                root: "",
                csrf: HOSTILE,
                continue_query: HOSTILE,
                client_name: HOSTILE,
                about: about(),
                name: HOSTILE,
                scopes: &scopes,
                return_to: ReturnTo::App(HOSTILE),
            }
            .render(),
            hostile_logout().render(),
            AccountPage {
                root: "",
                csrf: HOSTILE,
                name: HOSTILE,
                username: HOSTILE,
                claims: &claims,
                roles: &[hostile()],
                sessions: &sessions,
                apps: &apps,
                keys: &keys,
                sign_in_first: false,
                made_key: some,
                key_problem: some,
                password_rule: HOSTILE,
                notice: None,
                password_problem: Some(PasswordProblem::Refused(HOSTILE)),
                identities: &identities,
                providers: &providers,
                has_password: true,
                provider_problem: some,
            }
            .render(),
        ];
        for page in pages {
            let page = page.unwrap();
            assert!(page.contains("&#34;&#39;&#62;&#60;script&#62;"), "{page}");
            assert!(!page.contains("<script") && !page.contains("\"'>"), "{page}");
        }
    }
}
