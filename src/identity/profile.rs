//! What another provider says about a person, and what becomes of it here.

use serde_json::{Map, Value};
use url::Url;

use crate::identity::provider::{Provider, ProviderKind};
use crate::identity::user::Username;
use crate::protocol::claims::StandardClaims;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;

/// Domains of which Google gives out the addresses itself.
const GOOGLES_OWN: [&str; 2] = ["gmail.com", "googlemail.com"];

/// The most that is kept of a profile, as bytes of JSON.
pub const LONGEST_PROFILE: usize = 16 * 1024;

/// A person as another provider knows them. Provider, issuer and subject name them there; an e-mail address never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider, as it is called here.
    pub provider: String,
    /// Its issuer: another one under the same name is another provider.
    pub issuer: String,
    /// What it calls the person.
    pub subject: String,
    /// Whose account here it opens.
    pub user: Subject,
    /// What it said about them when they last came.
    pub profile: Map<String, Value>,
    /// The claims of the account that it filled in, each with what it put there.
    pub filled: Map<String, Value>,
    /// When it was linked to the account.
    pub linked_at: Timestamp,
    /// When they last came from there.
    pub last_used_at: Timestamp,
}

impl Identity {
    /// What to call it beside its provider: the name by which its owner knows it.
    #[must_use]
    pub fn label(&self) -> &str {
        let text = |claim: &str| self.profile.get(claim).and_then(Value::as_str);
        text("login").or_else(|| text("preferred_username")).or_else(|| text("email")).or_else(|| text("name")).unwrap_or(&self.subject)
    }
}

/// The claims that a profile gives an account, as the provider's declaration maps them. What does not fit a claim is left out, and
/// `email_verified` is only said when the provider says it.
#[must_use]
pub fn claims_of(profile: &Map<String, Value>, provider: &Provider) -> Map<String, Value> {
    let fits = |(ours, theirs): (&str, &str)| {
        let value = profile.get(theirs).filter(|value| !value.is_null() && value.as_str() != Some(""))?;
        // Some providers put it in words.
        let value = match value.as_str() {
            Some(word @ ("true" | "false")) if VERIFIED.iter().any(|(_, verified)| *verified == ours) => Value::Bool(word == "true"),
            _ => value.clone(),
        };
        // People write there what they like, and others make links of it.
        if LINKS.contains(&ours) && !value.as_str().is_some_and(is_web_address) {
            return None;
        }
        let claim = Map::from_iter([(ours.to_owned(), value.clone())]);
        serde_json::from_value::<StandardClaims>(Value::Object(claim)).ok()?;
        Some((ours.to_owned(), value))
    };
    let mut claims: Map<String, Value> = provider.claims().into_iter().filter_map(fits).collect();
    for (claim, verified) in VERIFIED {
        if !claims.contains_key(claim) {
            claims.remove(verified);
        }
    }
    claims
}

fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// What a provider says at two places, the first of which comes first. Whether an address is verified is only taken from where the address
/// itself is said.
#[must_use]
pub fn merged(first: Map<String, Value>, mut second: Map<String, Value>) -> Map<String, Value> {
    let mut profile = first;
    for (address, verified) in VERIFIED {
        match profile.get(address) {
            Some(said) if second.get(address) != Some(said) => drop(second.remove(verified)),
            None if second.contains_key(address) => drop(profile.remove(verified)),
            _ => {}
        }
    }
    for (claim, value) in second {
        profile.entry(claim).or_insert(value);
    }
    profile
}

/// The claims that are addresses of pages (OpenID Connect Core §5.1).
const LINKS: [&str; 3] = ["profile", "picture", "website"];

/// What is verified, and the claim that says so.
pub const VERIFIED: [(&str, &str); 2] = [("email", "email_verified"), ("phone_number", "phone_number_verified")];

/// The account's claims after a sign-in, and which of them the provider filled in. It fills what is empty and renews what it put there
/// itself; what anybody else has written stays, and stays theirs.
#[must_use]
pub fn refreshed(current: &StandardClaims, filled: &Map<String, Value>, said: &Map<String, Value>) -> (StandardClaims, Map<String, Value>) {
    let Ok(Value::Object(mut claims)) = serde_json::to_value(current) else { return (current.clone(), filled.clone()) };
    let is_ours = |claims: &Map<String, Value>, claim: &str| claims.get(claim).is_none_or(|value| filled.get(claim) == Some(value));
    let mut ours = Map::new();
    let names: Vec<String> = said.keys().chain(filled.keys().filter(|claim| !said.contains_key(*claim))).cloned().collect();
    // Whether an address is verified goes with the address: of another one, it says nothing.
    let goes_with = |claim: &str| VERIFIED.into_iter().find(|(_, verified)| *verified == claim).map(|(address, _)| address);
    let before = claims.clone();
    for claim in names {
        let leading = goes_with(&claim).unwrap_or(claim.as_str());
        if !is_ours(&before, leading) || !is_ours(&before, &claim) {
            continue;
        }
        if let Some(value) = said.get(&claim) {
            claims.insert(claim.clone(), value.clone());
            ours.insert(claim, value.clone());
        } else {
            claims.remove(&claim);
        }
    }
    // An address that came without a word about it is not verified, whatever was said of the one before.
    for (address, verified) in VERIFIED {
        if ours.contains_key(address) && !ours.contains_key(verified) && before.get(address) != claims.get(address) {
            claims.remove(verified);
        }
    }
    serde_json::from_value(Value::Object(claims)).map_or_else(|_| (current.clone(), filled.clone()), |claims| (claims, ours))
}

/// A username to try for a new account, the best first: what the person is called there, made fit, with the provider behind it. Without
/// that, whoever came first could take the name that somebody else is going to be given here. Numbers set it apart from one that is taken.
pub fn usernames(profile: &Map<String, Value>, provider: &Provider) -> impl Iterator<Item = Username> {
    let text = |claim: &str| profile.get(claim).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("login").or_else(|| text("preferred_username")).or_else(|| text("email")).or_else(|| text("name"));
    let name = name.map_or("", |name| name.split('@').next().unwrap_or_default());
    let plain = |character: char| {
        let fits = character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-');
        if fits { character.to_ascii_lowercase() } else { '-' }
    };
    let fit: String = name.chars().take(60).map(plain).collect();
    let fit = fit.trim_matches(['-', '.', '_']);
    let base = format!("{}-{}", if fit.is_empty() { "somebody" } else { fit }, provider.name);
    let numbered = move |number: u32| Username::parse(&if number == 1 { base.clone() } else { format!("{base}-{number}") }).ok();
    (1..).map_while(numbered)
}

/// Whether somebody with this profile may come, where only some domains' people may: by an e-mail address that the provider has verified.
#[must_use]
pub fn may_come(profile: &Map<String, Value>, provider: &Provider) -> bool {
    if provider.allowed_email_domains.is_empty() {
        return true;
    }
    let claims = claims_of(profile, provider);
    let is_verified = claims.get("email_verified").and_then(Value::as_bool) == Some(true);
    let domain =
        claims.get("email").and_then(Value::as_str).and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain.to_lowercase());
    // Anybody can have an account at Google with an address of another domain, and keep it when the address is theirs no more. Whose people
    // are an organisation's, `hd` says.
    let is_theirs = |domain: &str| {
        let organisation = profile.get("hd").and_then(Value::as_str).map(str::to_lowercase);
        provider.kind != ProviderKind::Google || GOOGLES_OWN.contains(&domain) || organisation.as_deref() == Some(domain)
    };
    is_verified && domain.is_some_and(|domain| provider.allowed_email_domains.contains(&domain) && is_theirs(&domain))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::identity::provider::tests::provider;

    fn map(value: Value) -> Map<String, Value> {
        if let Value::Object(map) = value { map } else { panic!("{value}") }
    }

    fn claims(value: Value) -> StandardClaims {
        serde_json::from_value(value).unwrap()
    }

    fn oidc(more: &str) -> Provider {
        provider(&format!(r#"{{"name":"work","kind":"oidc","client_id":"a","issuer":"https://idp.example"{more}}}"#))
    }

    #[test]
    fn a_profile_gives_the_claims_that_it_has_and_that_fit() {
        let profile =
            map(json!({"sub": "1", "name": "Alice", "email": "a@b.example", "email_verified": "yes", "address": 3, "nickname": "",
                                 "given_name": null, "picture": ["x"], "locale": "en"}));
        let expected = map(json!({"name": "Alice", "email": "a@b.example", "locale": "en"}));
        assert_eq!(claims_of(&profile, &oidc("")), expected);
        let links = map(json!({"website": "javascript:alert(1)", "picture": "data:text/html,x", "profile": "https://alice.example/"}));
        assert_eq!(claims_of(&links, &oidc("")), map(json!({"profile": "https://alice.example/"})), "who reads claims makes links of them");
        let alone = map(json!({"email_verified": true}));
        assert_eq!(claims_of(&alone, &oidc("")), Map::new(), "verified, but what?");
    }

    #[test]
    fn an_address_is_verified_only_by_a_word_about_itself() {
        let profile = map(json!({"upn": "boss@corp.example", "email": "mallory@evil.example", "email_verified": true}));
        let remapped = oidc(r#","claims":{"email":"upn"}"#);
        assert_eq!(claims_of(&profile, &remapped), map(json!({"email": "boss@corp.example"})));
        let said_so = oidc(r#","claims":{"email":"upn","email_verified":"email_verified"}"#);
        assert_eq!(claims_of(&profile, &said_so).get("email_verified"), Some(&json!(true)), "the operator says that it is about it");
        let joined = |first: Value, second: Value| Value::Object(merged(map(first), map(second)));
        let (one, two) = (json!({"email": "a@x.example"}), json!({"email": "b@x.example", "email_verified": true}));
        assert_eq!(joined(one.clone(), two), one);
        assert_eq!(joined(one.clone(), json!({"email_verified": true})), one);
        let both = json!({"email": "a@x.example", "email_verified": true});
        assert_eq!(joined(one.clone(), both.clone()), both);
        assert_eq!(joined(json!({"email_verified": true}), one.clone()), one);
    }

    #[test]
    fn verified_in_words_is_verified() {
        let said = |word: &str| claims_of(&map(json!({"email": "a@b.example", "email_verified": word})), &oidc(""));
        assert_eq!(said("true").get("email_verified"), Some(&json!(true)));
        assert_eq!(said("false").get("email_verified"), Some(&json!(false)));
        assert_eq!(said("True!").get("email_verified"), None);
    }

    #[test]
    fn a_profile_fills_what_is_empty_and_renews_only_what_it_filled() {
        let first = map(json!({"name": "Alice", "email": "a@one.example", "email_verified": true}));
        let (now, filled) = refreshed(&claims(json!({"name": "By hand"})), &Map::new(), &first);
        assert_eq!(now, claims(json!({"name": "By hand", "email": "a@one.example", "email_verified": true})));
        assert_eq!(filled, map(json!({"email": "a@one.example", "email_verified": true})));
        let second = map(json!({"name": "Alicia", "email": "a@two.example"}));
        let (now, filled) = refreshed(&now, &filled, &second);
        assert_eq!(now, claims(json!({"name": "By hand", "email": "a@two.example"})), "nobody says that the new address is verified");
        let (now, filled) = refreshed(&now, &filled, &Map::new());
        assert_eq!((now, filled), (claims(json!({"name": "By hand"})), Map::new()), "what is not said any more goes");
    }

    #[test]
    fn an_address_by_hand_is_never_called_verified_by_a_provider() {
        let said = map(json!({"email": "a@idp.example", "email_verified": true}));
        let by_hand = claims(json!({"email": "a@hand.example"}));
        assert_eq!(refreshed(&by_hand, &Map::new(), &said), (by_hand.clone(), Map::new()));
        // It was filled in, and then somebody wrote another one over it.
        assert_eq!(refreshed(&by_hand, &map(json!({"email": "a@idp.example", "email_verified": true})), &said).0, by_hand);
    }

    #[test]
    fn a_username_is_made_fit_and_numbered() {
        let first = |profile: Value| usernames(&map(profile), &oidc("")).take(2).map(|name| name.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(first(json!({"login": "Octo Cat!", "email": "x@y.example"})), "octo-cat-work octo-cat-work-2");
        assert_eq!(first(json!({"email": "Alice.L@y.example"})), "alice.l-work alice.l-work-2");
        assert_eq!(first(json!({"preferred_username": "\u{202e}\u{0}"})), "somebody-work somebody-work-2");
        assert_eq!(first(json!({})), "somebody-work somebody-work-2");
    }

    #[test]
    fn only_a_verified_address_of_an_allowed_domain_lets_somebody_in() {
        let only = oidc(r#","allowed_email_domains":["example.com"]"#);
        let may = |profile: Value| may_come(&map(profile), &only);
        assert!(may(json!({"email": "a@Example.com", "email_verified": true})));
        for refused in [
            json!({"email": "a@example.com"}),
            json!({"email": "a@example.com", "email_verified": false}),
            json!({"email": "a@evil.example", "email_verified": true}),
            json!({"email": "a@example.com@evil.example", "email_verified": true}),
            json!({"email": "a@sub.example.com", "email_verified": true}),
            json!({}),
        ] {
            assert!(!may(refused.clone()), "{refused}");
        }
        assert!(may_come(&Map::new(), &oidc("")));
        let google = provider(r#"{"name":"google","kind":"google","client_id":"a","allowed_email_domains":["example.com","gmail.com"]}"#);
        let may = |more: Value| may_come(&merged(map(more), map(json!({"email": "a@example.com", "email_verified": true}))), &google);
        assert!(may(json!({"hd": "example.com"})) && may(json!({"hd": "Example.com"})));
        assert!(!may(json!({})), "anybody can have an account with such an address");
        assert!(!may(json!({"hd": "evil.example"})));
        assert!(may(json!({"email": "a@gmail.com", "email_verified": true})));
    }
}
