//! Why a redirection URI is none of those that are registered: the nearest ones, and the rule that parts them.

use url::Url;

use super::RedirectUri;
use crate::protocol::application_type::ApplicationType;
use crate::protocol::explanation::{Explanation, Fact};

/// The most registered URIs that one is compared with.
const NEAREST: usize = 3;

/// What to do about it.
const ADVICE: &str = "Send one of the registered URIs character by character, or register the one that is meant.";

/// Explains that `presented` is none of the `registered` URIs; `what` names the parameter.
#[must_use]
pub fn explain(what: &'static str, presented: &str, registered: &[RedirectUri], application: ApplicationType) -> Explanation {
    let mut nearest: Vec<&RedirectUri> = registered.iter().collect();
    nearest.sort_by_key(|uri| std::cmp::Reverse(in_common(uri.as_str(), presented)));
    let compare = |uri: &&RedirectUri| {
        let fact = Fact::compared(what, uri.as_str(), presented);
        match rule(uri.as_str(), presented, application) {
            Some(rule) => fact.note(rule),
            None => fact,
        }
    };
    let facts: Vec<Fact> = nearest.iter().take(NEAREST).map(compare).collect();
    if facts.is_empty() {
        return Explanation::of(Fact::of(what).came(presented).note("the client has registered none"))
            .advise("Register one for the client.");
    }
    let rest = registered.len().saturating_sub(NEAREST);
    let more = (rest > 0).then(|| Fact::of(what).note(format!("{rest} more are registered, which differ even more")));
    Explanation::of_all(facts.into_iter().chain(more)).advise(ADVICE)
}

/// How much two texts have in common, from their begin and from their end.
fn in_common(one: &str, other: &str) -> usize {
    let begin = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let end = one.bytes().rev().zip(other.bytes().rev()).take_while(|(one, other)| one == other).count();
    begin + end.min(one.len().min(other.len()) - begin)
}

/// The rule that parts two URIs that are nearly the same.
fn rule(registered: &str, presented: &str, application: ApplicationType) -> Option<&'static str> {
    if registered.eq_ignore_ascii_case(presented) {
        return Some("upper and lower case are different");
    }
    if registered.trim_end_matches('/') == presented.trim_end_matches('/') {
        return Some("a slash at the end counts");
    }
    if registered == presented.trim() {
        return Some("white space around it counts");
    }
    let (mine, theirs) = (Url::parse(registered).ok()?, Url::parse(presented).ok()?);
    if mine == theirs {
        return Some("another spelling of the same URI is another URI");
    }
    if mine.scheme() != theirs.scheme() {
        return Some("the scheme counts: http and https are different");
    }
    let is_local = |url: &Url| matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if mine.host_str() != theirs.host_str() {
        return Some(if is_local(&mine) && is_local(&theirs) {
            "localhost, 127.0.0.1 and [::1] are different hosts"
        } else {
            "the host counts"
        });
    }
    if mine.port() != theirs.port() {
        let by_name = mine.host_str() == Some("localhost") && application == ApplicationType::Web;
        return Some(if by_name && mine.path() == theirs.path() && mine.query() == theirs.query() {
            "the port counts; only 127.0.0.1 and [::1] stand for all their ports (RFC 8252 section 7.3), and localhost for a native application"
        } else {
            "the port counts unless the host is a loopback address (RFC 8252 section 7.3)"
        });
    }
    if mine.path() == theirs.path() && mine.query() != theirs.query() {
        return Some("the query counts; what an application wants to remember belongs into state");
    }
    theirs.fragment().is_some().then_some("it must have no fragment (#...)")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(presented: &str, registered: &[&str]) -> Vec<Fact> {
        let registered: Vec<_> = registered.iter().map(|uri| RedirectUri::register(uri, ApplicationType::Web).unwrap()).collect();
        explain("redirect_uri", presented, &registered, ApplicationType::Web).facts
    }

    #[test]
    fn the_rule_that_parts_them_is_named() {
        for (registered, presented, rule) in [
            ("https://app.example/cb", "https://app.example/cb/", "a slash at the end"),
            ("https://app.example/cb", "https://app.example/CB", "upper and lower case"),
            ("https://app.example/cb", "http://app.example/cb", "the scheme counts"),
            ("https://app.example/cb", "https://app.example:443/cb", "another spelling"),
            ("https://app.example/cb", "https://app.example:8443/cb", "the port counts unless"),
            ("https://app.example/cb", "https://app.example/cb?next=1", "the query counts"),
            ("https://app.example/cb", "https://app.example.evil.example/cb", "the host counts"),
            ("http://localhost:3000/cb", "http://localhost:3001/cb", "only 127.0.0.1 and [::1] stand for all their ports"),
            ("http://localhost:3000/cb", "http://127.0.0.1:3000/cb", "are different hosts"),
            ("https://app.example/cb", "https://app.example/cb ", "white space"),
            ("https://app.example/cb", "https://app.example/cb#x", "no fragment"),
        ] {
            let facts = explained(presented, &[registered]);
            assert!(facts.first().and_then(Fact::rule).is_some_and(|note| note.contains(rule)), "{presented}: {facts:?}");
        }
    }

    #[test]
    fn the_nearest_registered_ones_are_compared() {
        let registered = [
            "https://other.example/x",
            "https://app.example/callback",
            "https://app.example/cb",
            "https://z.example/",
            "https://y.example/",
        ];
        let facts = explained("https://app.example/calback", &registered);
        let first = facts.first().unwrap();
        assert_eq!((first.what_was_expected(), first.differs_at()), (Some("https://app.example/callback"), Some(23)));
        assert_eq!(facts.len(), 4);
        assert_eq!(facts.last().and_then(Fact::rule), Some("2 more are registered, which differ even more"));
        assert_eq!(explained("https://app.example/", &[]).first().and_then(Fact::rule), Some("the client has registered none"));
    }
}
