//! `/account`: what is known about the person, and what they can end or change.

use std::fmt;

use askama::Template;

use crate::pages::views::{ProviderButton, write_too_many};

/// `/account`: what is known about the person, and what they can end or change.
#[derive(Template)]
#[template(path = "account.html", config = ".askama.toml")]
pub struct AccountPage<'a> {
    /// What all our addresses begin with: the path of the issuer.
    pub root: &'a str,
    /// The CSRF token of every form on the page.
    pub csrf: &'a str,
    /// What to call the person.
    pub name: &'a str,
    /// What the person signs in with.
    pub username: &'a str,
    /// Every standard claim that has a value.
    pub claims: &'a [ClaimLine<'a>],
    /// The roles.
    pub roles: &'a [String],
    /// The live sessions, this one first.
    pub sessions: &'a [SessionLine],
    /// The clients that hold a consent.
    pub apps: &'a [AppLine],
    /// The API keys, and what a new one may be for.
    pub keys: &'a KeysPart,
    /// Whether the person has to sign in again before they can make one.
    pub sign_in_first: bool,
    /// The key that was just made, shown this once.
    pub made_key: Option<&'a str>,
    /// Why no key was made, as a sentence.
    pub key_problem: Option<&'a str>,
    /// What a new password must be like, as one sentence.
    pub password_rule: &'a str,
    /// What has just been done.
    pub notice: Option<AccountNotice>,
    /// Why the password was not changed.
    pub password_problem: Option<PasswordProblem<'a>>,
    /// Who the person is at other providers.
    pub identities: &'a [IdentityLine],
    /// The providers that could be linked.
    pub providers: &'a [ProviderButton],
    /// Whether the person has a password.
    pub has_password: bool,
    /// Why a provider was not linked or unlinked.
    pub provider_problem: Option<&'a str>,
}

/// A person at another provider.
pub struct IdentityLine {
    /// The provider's name, for the form.
    pub provider: String,
    /// What people call the provider.
    pub label: String,
    /// What the provider calls the person, for the form.
    pub subject: String,
    /// What the person is known by there.
    pub known_as: String,
    /// A moment in words.
    pub linked: String,
    /// A moment in words.
    pub last_used: String,
    /// Whether the person can come that way.
    pub usable: bool,
    /// Whether it is the last way in, which stays.
    pub last: bool,
}

/// A claim about the person.
pub struct ClaimLine<'a> {
    /// In words, such as `Given name`.
    pub label: &'a str,
    /// As an ID token would carry it.
    pub value: String,
}

/// A browser in which the person is signed in.
pub struct SessionLine {
    /// Names the session in the form; must not be the secret in the cookie.
    pub handle: String,
    /// Such as `Firefox on Linux`.
    pub browser: String,
    /// The client address of the last request.
    pub address: String,
    /// A moment in words, with its time zone.
    pub signed_in: String,
    /// A moment in words, with its time zone.
    pub last_used: String,
    /// Whether this is the session that asks.
    pub current: bool,
}

/// A client that the person has allowed to act for them.
pub struct AppLine {
    /// The client's id.
    pub client_id: String,
    /// The client's name.
    pub name: String,
    /// The names of the scopes that were allowed.
    pub scopes: Vec<String>,
    /// A moment in words.
    pub since: String,
}

/// The person's API keys.
pub struct KeysPart {
    /// Those that there are.
    pub lines: Vec<KeyLine>,
    /// What a new one may be for.
    pub scopes: Vec<KeyScope>,
    /// When a new one may end.
    pub ends: Vec<KeyEnd>,
    /// The name of a new one, as far as it was typed.
    pub name: String,
}

impl KeysPart {
    /// Whether a name was typed and nothing chosen that the key is for.
    fn lacks_scope(&self) -> bool {
        !self.name.trim().is_empty() && !self.scopes.iter().any(|scope| scope.chosen)
    }
}

/// An API key.
pub struct KeyLine {
    /// Names the key in the form; opens nothing.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// A moment in words.
    pub made: String,
    /// A moment in words; none when it has no end.
    pub expires: Option<String>,
    /// Whether it has ended.
    pub expired: bool,
    /// A moment in words; none when it was never used.
    pub last_used: Option<String>,
    /// The address of the last use.
    pub last_used_from: Option<String>,
}

/// Something that a key may be for.
pub struct KeyScope {
    /// The scope word.
    pub name: String,
    /// What it allows.
    pub description: String,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// When a key may end.
pub struct KeyEnd {
    /// Days from now; 0 stands for no end.
    pub days: u16,
    /// The same in words.
    pub label: &'static str,
    /// Whether it is chosen already.
    pub chosen: bool,
}

/// What has just been done on the account page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountNotice {
    /// A session was ended.
    SessionEnded,
    /// A client's consent and tokens were taken back.
    AppRemoved,
    /// Who the person is at a provider was linked.
    ProviderLinked,
    /// It was unlinked.
    ProviderUnlinked,
    /// An API key was revoked.
    KeyRevoked,
    /// The password is new; other sessions and refresh tokens have ended.
    PasswordChanged,
}

impl fmt::Display for AccountNotice {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::SessionEnded => "The session has ended.",
            Self::KeyRevoked => "The key is revoked. What it was used for has no access any more.",
            Self::AppRemoved => "The application has to ask you again. What it still holds ends within minutes.",
            Self::ProviderLinked => "It is linked: from now on you can sign in that way, too.",
            Self::ProviderUnlinked => "It is unlinked: you can't sign in that way any more.",
            Self::PasswordChanged => {
                "Your password is changed. Your other sessions have ended, and applications have to ask you to sign in again."
            }
        })
    }
}

/// Why the password was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem<'a> {
    /// The current password did not match.
    CurrentNotRight,
    /// The two new ones differ.
    RepeatDiffers,
    /// Too many passwords are being checked at this moment.
    Busy,
    /// The policy refuses the new one: why, as a sentence.
    Refused(&'a str),
    /// The current password was wrong too often.
    TooMany {
        /// When to try again, in minutes from now, rounded up.
        minutes: u64,
    },
}

impl fmt::Display for PasswordProblem<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CurrentNotRight => out.write_str("The current password is not right."),
            Self::RepeatDiffers => out.write_str("The two new passwords are not the same."),
            Self::Busy => out.write_str("The server is busy. Please try again in a moment."),
            Self::Refused(why) => out.write_str(why),
            Self::TooMany { minutes } => write_too_many(out, *minutes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::views::assert_has;

    impl AccountPage<'static> {
        pub(crate) fn sample() -> Self {
            let claim = |label, value: &str| ClaimLine { label, value: value.to_owned() };
            let session = |handle: &str, browser: &str, address: &str, current| SessionLine {
                handle: handle.to_owned(),
                browser: browser.to_owned(),
                address: address.to_owned(),
                signed_in: "21 November 2026, 08:12 UTC".to_owned(),
                last_used: "21 November 2026, 14:03 UTC".to_owned(),
                current,
            };
            let claims = vec![
                claim("Name", "Alice Liddell"),
                claim("Email", "alice@wonderland.example"),
                claim("Website", "https://wonderland.example/people/alice"),
                claim("Birthdate", "1852-05-04"),
                claim("Time zone", "Europe/London"),
                claim("Address", "Christ Church\nOxford\nOX1 1DP"),
            ];
            let sessions = vec![
                session("s-1", "Firefox on Linux", "203.0.113.7", true),
                session("s-2", "Safari on iPhone", "2001:db8:85a3:0:0:8a2e:370:7334", false),
            ];
            let apps = vec![AppLine {
                client_id: "demo-web".to_owned(),
                name: "Looking Glass".to_owned(),
                scopes: ["openid", "profile", "email", "items:read", "offline_access"].map(str::to_owned).to_vec(),
                since: "19 November 2026".to_owned(),
            }];
            Self {
                root: "",
                csrf: "csrf-1",
                name: "Alice Liddell",
                username: "alice",
                claims: claims.leak(),
                roles: vec!["admin".to_owned()].leak(),
                sessions: sessions.leak(),
                apps: apps.leak(),
                keys: Box::leak(Box::new(KeysPart {
                    lines: vec![KeyLine {
                        id: "k-1".to_owned(),
                        name: "Nightly backup".to_owned(),
                        scopes: vec!["items:read".to_owned()],
                        made: "1 November 2026, 09:00 UTC".to_owned(),
                        expires: Some("1 December 2026, 09:00 UTC".to_owned()),
                        expired: false,
                        last_used: Some("21 November 2026, 02:00 UTC".to_owned()),
                        last_used_from: Some("203.0.113.9".to_owned()),
                    }],
                    scopes: vec![KeyScope { name: "items:read".to_owned(), description: "see your items".to_owned(), chosen: false }],
                    ends: vec![KeyEnd { days: 30, label: "in 30 days", chosen: true }],
                    name: String::new(),
                })),
                sign_in_first: false,
                made_key: None,
                key_problem: None,
                password_rule: "At least 12 characters.",
                notice: None,
                password_problem: None,
                identities: &[],
                providers: &[],
                has_password: true,
                provider_problem: None,
            }
        }
    }

    #[test]
    fn account_lists_who_the_person_is_elsewhere_and_keeps_the_last_way_in() {
        let line = |provider: &str, last| IdentityLine {
            provider: provider.to_owned(),
            label: "GitHub".to_owned(),
            subject: "583231".to_owned(),
            known_as: "octocat".to_owned(),
            linked: "1 November 2026".to_owned(),
            last_used: "2 November 2026".to_owned(),
            usable: true,
            last,
        };
        let providers = [ProviderButton { name: "work".to_owned(), label: "Our company".to_owned() }];
        let page = |last, has_password| {
            let identities = [line("github", last)];
            let sample = AccountPage::sample();
            AccountPage {
                identities: &identities,
                providers: &providers,
                has_password,
                provider_problem: Some("It did not work."),
                ..sample
            }
            .render()
            .unwrap()
        };
        let unlink = [r#"action="/account/providers/unlink""#, r#"name="subject" value="583231""#];
        assert_has(&page(false, true), &unlink);
        assert_has(&page(false, true), &[r#"action="/account/providers/link""#, "octocat", r#"role="alert">It did not work.</p>"#]);
        let last = page(true, false);
        assert_has(&last, &["only way into your account", "This account has no password"]);
        assert!(!last.contains(unlink[0]) && !last.contains(r#"action="/account/password""#), "{last}");
        assert!(!AccountPage::sample().render().unwrap().contains("providers-heading"));
    }

    #[test]
    fn account_shows_profile_sessions_and_apps() {
        let page = AccountPage::sample().render().unwrap();
        assert_has(
            &page,
            &[
                "<dt>Email</dt><dd><bdi>alice@wonderland.example</bdi></dd>",
                ">admin</span>",
                r#"action="/account/sessions/revoke""#,
                r#"name="session" value="s-2""#,
                "2001:db8:85a3:0:0:8a2e:370:7334",
                r#"action="/account/apps/revoke""#,
                r#"name="client_id" value="demo-web""#,
                r#"action="/account/keys/revoke""#,
                r#"name="key" value="k-1""#,
                "from 203.0.113.9",
                r#"name="scope:items:read""#,
                r#"action="/account/password""#,
                r#"name="current_password""#,
                r#"name="new_password""#,
                r#"name="new_password_repeat""#,
                "At least 12 characters.",
                r#"href="/logout""#,
            ],
        );
        assert_eq!(page.matches("this one").count(), 1, "{page}");
        assert_eq!(page.matches("<form ").count(), page.matches(r#"name="csrf" value="csrf-1""#).count(), "{page}");
    }

    #[test]
    fn account_of_somebody_new_reads_well() {
        let page = AccountPage { claims: &[], roles: &[], apps: &[], ..AccountPage::sample() }.render().unwrap();
        assert_has(&page, &["<dt>Roles</dt><dd>none</dd>", "None. An application appears here"]);
    }

    #[test]
    fn account_says_what_was_done_and_what_was_not() {
        let done = AccountPage { notice: Some(AccountNotice::PasswordChanged), ..AccountPage::sample() }.render().unwrap();
        assert_has(&done, &[r#"role="status">Your password is changed."#]);
        let refused = |problem| AccountPage { password_problem: Some(problem), ..AccountPage::sample() }.render().unwrap();
        assert_has(&refused(PasswordProblem::CurrentNotRight), &[r#"role="alert">The current password is not right.</p>"#]);
        assert_has(&refused(PasswordProblem::RepeatDiffers), &["The two new passwords are not the same.</p>"]);
        assert_has(&refused(PasswordProblem::Refused("It is too short.")), &["It is too short.</p>"]);
        assert_has(&refused(PasswordProblem::TooMany { minutes: 3 }), &["Please try again in 3 minutes.</p>"]);
    }
}
