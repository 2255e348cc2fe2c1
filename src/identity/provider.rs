//! Another identity provider that people may come from, as the operator declares it: in the configuration, in the file of `claviger apply`
//! or by the management API.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::identity::profile::VERIFIED;
use crate::protocol::issuer::is_loopback;
use crate::protocol::problem::Problem;
use crate::protocol::role::{ROLE_RULE, is_role};
use crate::protocol::scope::ScopeToken;

/// The name of a provider, which stands in URLs: 1 to 32 of `a-z`, `0-9` and `-`, a letter or digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(String);

/// The text is no name of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 32 of the characters a-z 0-9 -, a letter or digit first")]
pub struct InvalidProviderName;

impl ProviderName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, InvalidProviderName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (1..=32).contains(&text.len()) && text.bytes().all(|byte| plain(byte) || byte == b'-') && !text.starts_with('-');
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidProviderName) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ProviderName {
    type Error = InvalidProviderName;

    fn try_from(text: String) -> Result<Self, InvalidProviderName> {
        Self::parse(&text)
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> Self {
        name.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// GitHub: OAuth 2 and an API of its own.
    Github,
    /// Google: OpenID Connect.
    Google,
    /// Microsoft Entra ID, one tenant of it: OpenID Connect.
    Microsoft,
    /// Any OpenID Provider that publishes its metadata (OpenID Connect Discovery).
    Oidc,
}

/// A provider, but for the secret that we have there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// What it is called in URLs and in the claim `idp`. It can't be changed.
    pub name: ProviderName,
    /// What it speaks.
    pub kind: ProviderKind,
    /// What people read on its button.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The issuer of an `oidc` provider; for `github`, the URL of a GitHub Enterprise Server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The tenant of a `microsoft` provider: its directory's identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What we are called there.
    pub client_id: String,
    /// What we ask for there; if empty, what the kind needs for a profile with an e-mail address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Our claims by theirs, besides or instead of those of the kind. An empty text takes one out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims: BTreeMap<String, String>,
    /// If there are any: only people with a verified e-mail address in one of these domains may come.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed_email_domains: BTreeSet<String>,
    /// Whether somebody who comes for the first time gets an account. At GitHub and Google, somebody is everybody.
    #[serde(default)]
    pub create_accounts: bool,
    /// The roles of an account that is made then.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
    /// Hosts of the provider that may be on this machine or in a private network.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed_private_hosts: BTreeSet<String>,
    /// Whether people can come from there.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// The claims that an OpenID Provider calls as we do (OpenID Connect Core §5.1).
const STANDARD: [&str; 18] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
    "address",
];

/// The claim that is not filled in unless it is declared: the username here stands for it, which is nobody else's.
const OURS: &str = "preferred_username";

/// The tenant that stands for personal accounts at Microsoft, the endpoint `consumers` by another name.
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

const MICROSOFT_DOES_NOT_SAY: &str =
    "would let nobody in: Microsoft does not say which addresses are verified; the tenant is the line, unless claims maps email_verified";

/// What GitHub calls them.
const AT_GITHUB: [(&str, &str); 7] = [
    ("name", "name"),
    ("nickname", "login"),
    ("profile", "html_url"),
    ("picture", "avatar_url"),
    ("website", "blog"),
    ("email", "email"),
    ("email_verified", "email_verified"),
];

impl Provider {
    /// What people read on its button.
    #[must_use]
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or(match self.kind {
            ProviderKind::Github => "GitHub",
            ProviderKind::Google => "Google",
            ProviderKind::Microsoft => "Microsoft",
            ProviderKind::Oidc => self.name.as_str(),
        })
    }

    /// Its issuer, which with the subject names a person there. GitHub has none of the specification's: its address stands for it.
    #[must_use]
    pub fn issuer(&self) -> Cow<'_, str> {
        let given = self.issuer.as_deref().unwrap_or_default();
        match self.kind {
            ProviderKind::Github if given.is_empty() => "https://github.com".into(),
            ProviderKind::Google => "https://accounts.google.com".into(),
            ProviderKind::Microsoft => {
                format!("https://login.microsoftonline.com/{}/v2.0", self.tenant.as_deref().unwrap_or_default()).into()
            }
            ProviderKind::Github | ProviderKind::Oidc => given.into(),
        }
    }

    /// What we ask for there.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        match self.kind {
            _ if !self.scopes.is_empty() => self.scopes.iter().map(String::as_str).collect(),
            ProviderKind::Github => vec!["read:user", "user:email"],
            ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::Oidc => vec!["openid", "profile", "email"],
        }
    }

    /// Our claims, each with what it is called there.
    #[must_use]
    pub fn claims(&self) -> BTreeMap<&str, &str> {
        let mut claims: BTreeMap<&str, &str> = match self.kind {
            ProviderKind::Github => AT_GITHUB.into_iter().collect(),
            ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::Oidc => {
                STANDARD.into_iter().filter(|name| *name != OURS).map(|name| (name, name)).collect()
            }
        };
        claims.extend(self.claims.iter().map(|(ours, theirs)| (ours.as_str(), theirs.as_str())));
        // Of another address than its own, what the provider says about one says nothing.
        for (address, verified) in VERIFIED {
            if claims.get(address) != Some(&address) && !self.claims.contains_key(verified) {
                claims.remove(verified);
            }
        }
        claims.retain(|_, theirs| !theirs.is_empty());
        claims
    }

    /// Everything that is wrong with it by itself.
    pub fn check(&self) -> Result<(), Vec<Problem>> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, reason: String| problems.push(Problem::new(field, reason));
        if self.display_name.as_ref().is_some_and(|name| !is_label(name)) {
            wrong("display_name", "must have 1 to 64 characters, none of them a control character".to_owned());
        }
        if !(1..=256).contains(&self.client_id.len()) || !self.client_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            wrong("client_id", "must be what the provider calls this server: 1 to 256 characters without spaces".to_owned());
        }
        if let Err(problem) = self.check_issuer() {
            wrong("issuer", problem.to_owned());
        }
        if let Err(problem) = self.check_tenant() {
            wrong("tenant", problem.to_owned());
        }
        for scope in self.scopes.iter().filter(|scope| ScopeToken::parse(scope).is_err()) {
            wrong("scopes", format!("{scope:?} is no scope"));
        }
        if self.kind != ProviderKind::Github && !self.scopes.is_empty() && !self.scopes.iter().any(|scope| scope == "openid") {
            wrong("scopes", "must have openid among them".to_owned());
        }
        for ours in self.claims.keys().filter(|ours| !STANDARD.contains(&ours.as_str())) {
            wrong("claims", format!("{ours:?} is no claim about people that is kept here; there are {}", STANDARD.join(", ")));
        }
        for domain in self.allowed_email_domains.iter().filter(|domain| !is_domain(domain)) {
            wrong("allowed_email_domains", format!("{domain:?} must be a domain in lower case, such as example.com"));
        }
        if self.kind == ProviderKind::Microsoft && !self.allowed_email_domains.is_empty() && !self.claims.contains_key("email_verified") {
            wrong("allowed_email_domains", MICROSOFT_DOES_NOT_SAY.to_owned());
        }
        for role in self.roles.iter().filter(|role| !is_role(role)) {
            wrong("roles", format!("{role:?} {ROLE_RULE}"));
        }
        for host in self.allowed_private_hosts.iter().filter(|host| !is_host(host)) {
            wrong("allowed_private_hosts", format!("{host:?} must be the name or the address of one host, without scheme and port"));
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn check_issuer(&self) -> Result<(), &'static str> {
        let Some(issuer) = &self.issuer else {
            return if self.kind == ProviderKind::Oidc { Err("is missing: the URL that the provider calls itself by") } else { Ok(()) };
        };
        if matches!(self.kind, ProviderKind::Google | ProviderKind::Microsoft) {
            return Err("follows from the kind; leave it out");
        }
        // Whoever is signed in at any tenant would come with an issuer of their own choice.
        if issuer.contains('{') || issuer.contains("login.microsoftonline.com") {
            return Err("must be of one provider: for Microsoft, write kind = \"microsoft\" and the tenant");
        }
        let url = Url::parse(issuer).map_err(|_| "must be a URL such as https://idp.example.com")?;
        if self.kind == ProviderKind::Github && issuer.ends_with('/') {
            return Err("must be without the slash at its end");
        }
        let decorated = url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some();
        match url.scheme() {
            _ if url.host().is_none() || decorated => Err("must be a URL with a host, without query, fragment, user and password"),
            "https" => Ok(()),
            "http" if is_loopback(&url) && url.host_str().is_some_and(|host| self.allowed_private_hosts.contains(host)) => Ok(()),
            "http" if is_loopback(&url) => Err("is on this machine without https: name its host in allowed_private_hosts, too"),
            _ => Err("must begin with https://"),
        }
    }

    fn check_tenant(&self) -> Result<(), &'static str> {
        match (&self.tenant, self.kind) {
            (None, ProviderKind::Microsoft) => Err("is missing: the directory's identifier, as the Entra admin centre shows it"),
            (Some(tenant), ProviderKind::Microsoft) if matches!(tenant.as_str(), "common" | "organizations" | "consumers") => {
                Err("must be one tenant's identifier: at an endpoint that all share, anybody's tenant could say who somebody is")
            }
            (Some(tenant), ProviderKind::Microsoft) if uuid::Uuid::try_parse(tenant).is_err() || tenant.len() != 36 => {
                Err("must be the directory's identifier, such as 0f5b4b3c-7f0e-4c5b-8f3a-2f1f0c1d2e3f; its tokens carry no other name")
            }
            (Some(tenant), ProviderKind::Microsoft) if tenant.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Err("must be in lower case, as its tokens have it")
            }
            (Some(tenant), ProviderKind::Microsoft) if tenant == PERSONAL => {
                Err("is the tenant of everybody's personal accounts: anybody could come")
            }
            (Some(_), ProviderKind::Microsoft) | (None, _) => Ok(()),
            (Some(_), _) => Err("is for kind = \"microsoft\" alone"),
        }
    }
}

fn is_label(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control) && !text.trim().is_empty()
}

fn is_domain(text: &str) -> bool {
    matches!(Host::parse(text), Ok(Host::Domain(name)) if name == text && name.contains('.'))
}

fn is_host(text: &str) -> bool {
    Host::parse(text).is_ok_and(|host| host.to_string() == text)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn provider(text: &str) -> Provider {
        serde_json::from_str(text).unwrap()
    }

    fn problems(text: &str) -> Vec<String> {
        provider(text).check().err().unwrap_or_default().into_iter().map(|problem| problem.field).collect()
    }

    #[test]
    fn a_name_fits_into_a_url() {
        for good in ["github", "work-2", "0"] {
            assert_eq!(ProviderName::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a/b", "a b", "a%2f", "\u{e9}", &"a".repeat(33)] {
            assert!(ProviderName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn each_kind_needs_no_more_than_it_must() {
        assert!(problems(r#"{"name":"github","kind":"github","client_id":"a"}"#).is_empty());
        assert!(problems(r#"{"name":"google","kind":"google","client_id":"a"}"#).is_empty());
        let microsoft = r#"{"name":"m","kind":"microsoft","client_id":"a","tenant":"0f5b4b3c-7f0e-4c5b-8f3a-2f1f0c1d2e3f"}"#;
        assert!(problems(microsoft).is_empty());
        assert_eq!(provider(microsoft).issuer(), "https://login.microsoftonline.com/0f5b4b3c-7f0e-4c5b-8f3a-2f1f0c1d2e3f/v2.0");
        assert!(problems(r#"{"name":"x","kind":"oidc","client_id":"a","issuer":"https://idp.example/realms/x/"}"#).is_empty());
    }

    #[test]
    fn a_shared_endpoint_is_no_provider() {
        for tenant in ["common", "organizations", "consumers", "contoso.onmicrosoft.com", "{tenantid}"] {
            let text = format!(r#"{{"name":"m","kind":"microsoft","client_id":"a","tenant":"{tenant}"}}"#);
            assert_eq!(problems(&text), ["tenant"], "{tenant}");
        }
        assert_eq!(problems(r#"{"name":"m","kind":"microsoft","client_id":"a"}"#), ["tenant"]);
        for issuer in ["https://login.microsoftonline.com/common/v2.0", "https://idp.example/{tenantid}"] {
            assert_eq!(problems(&format!(r#"{{"name":"m","kind":"oidc","client_id":"a","issuer":"{issuer}"}}"#)), ["issuer"], "{issuer}");
        }
    }

    #[test]
    fn what_can_never_work_is_refused() {
        let microsoft =
            |tenant: &str, more: &str| problems(&format!(r#"{{"name":"m","kind":"microsoft","client_id":"a","tenant":"{tenant}"{more}}}"#));
        assert_eq!(microsoft("0F5B4B3C-7F0E-4C5B-8F3A-2F1F0C1D2E3F", ""), ["tenant"]);
        assert_eq!(microsoft("9188040d-6c67-4c5b-b112-36a304b66dad", ""), ["tenant"]);
        let (tenant, domains) = ("0f5b4b3c-7f0e-4c5b-8f3a-2f1f0c1d2e3f", r#","allowed_email_domains":["x.example"]"#);
        assert_eq!(microsoft(tenant, domains), ["allowed_email_domains"]);
        assert!(microsoft(tenant, &format!(r#"{domains},"claims":{{"email_verified":"xms_edov"}}"#)).is_empty());
        assert_eq!(problems(r#"{"name":"g","kind":"github","client_id":"a","issuer":"https://github.example/"}"#), ["issuer"]);
    }

    #[test]
    fn http_is_for_a_host_of_this_machine_that_is_named() {
        let with = |issuer: &str, hosts: &str| {
            problems(&format!(r#"{{"name":"x","kind":"oidc","client_id":"a","issuer":"{issuer}","allowed_private_hosts":[{hosts}]}}"#))
        };
        assert!(with("http://localhost:1234", r#""localhost""#).is_empty());
        assert_eq!(with("http://localhost:1234", ""), ["issuer"]);
        assert_eq!(with("http://10.0.0.1", r#""10.0.0.1""#), ["issuer"]);
        assert_eq!(with("https://10.0.0.1", r#""https://10.0.0.1""#), ["allowed_private_hosts"]);
        assert_eq!(with("https://a:b@idp.example", ""), ["issuer"]);
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let text = r#"{"name":"x","kind":"oidc","client_id":"a b","display_name":"\u0007","scopes":["profile"],"claims":{"sub":"id"},
                       "allowed_email_domains":["@x.example"],"roles":["no role"]}"#;
        assert_eq!(problems(text), ["display_name", "client_id", "issuer", "scopes", "claims", "allowed_email_domains", "roles"]);
    }

    #[test]
    fn claims_are_those_of_the_kind_but_for_what_is_declared() {
        let github = provider(r#"{"name":"g","kind":"github","client_id":"a","claims":{"website":"","given_name":"company"}}"#);
        let claims = github.claims();
        assert_eq!((claims.get("nickname"), claims.get("given_name"), claims.get("website")), (Some(&"login"), Some(&"company"), None));
    }
}
