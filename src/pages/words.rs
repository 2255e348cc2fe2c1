//! Values in words, for people.

use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::flow::providers::{NoEntry, Turned};
use crate::protocol::claims::StandardClaims;
use crate::protocol::time::Timestamp;

/// The standard claims and what to call them, in the order of the account page.
const LABELS: [(&str, &str); 18] = [
    ("name", "Name"),
    ("given_name", "Given name"),
    ("middle_name", "Middle name"),
    ("family_name", "Family name"),
    ("nickname", "Nickname"),
    ("preferred_username", "Preferred username"),
    ("email", "E-mail"),
    ("email_verified", "E-mail verified"),
    ("phone_number", "Telephone"),
    ("phone_number_verified", "Telephone verified"),
    ("address", "Address"),
    ("birthdate", "Birthday"),
    ("gender", "Gender"),
    ("locale", "Language"),
    ("zoneinfo", "Time zone"),
    ("website", "Website"),
    ("profile", "Profile page"),
    ("picture", "Picture"),
];

/// A moment, with its time zone.
pub(super) fn moment(at: Timestamp) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    OffsetDateTime::from_unix_timestamp(at.seconds()).ok().and_then(|at| at.format(&format).ok()).unwrap_or_default()
}

/// What is known about a person, each value with its label.
pub(super) fn claims(claims: &StandardClaims) -> Vec<(&'static str, String)> {
    let Ok(Value::Object(all)) = serde_json::to_value(claims) else { return Vec::new() };
    LABELS.iter().filter_map(|(claim, label)| Some((*label, value(all.get(*claim)?)))).collect()
}

fn value(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Object(address) => address
            .get("formatted")
            .and_then(Value::as_str)
            .map_or_else(|| address.values().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"), str::to_owned),
        other => other.to_string(),
    }
}

/// Why somebody who came by another provider was not let in, and what they can do.
pub(super) fn turned(turned: &Turned) -> String {
    let label = &turned.label;
    match turned.why {
        NoEntry::Off => "You can't sign in that way at the moment. Please choose another one.".to_owned(),
        NoEntry::Denied => format!("{label} says that you turned back. You can try again, or sign in another way."),
        NoEntry::Unreachable => format!("{label} can't be reached at the moment. Please try again later, or sign in another way."),
        NoEntry::Failed => format!("{label} did not answer as it should. Please try again, or sign in another way."),
        NoEntry::NotFresh => {
            format!("{label} does not show that you signed in there a moment ago, as the application asks. Please sign in another way.")
        }
        NoEntry::NoAccount => {
            format!(
                "Nobody here is linked to your account at {label}. Sign in another way first; then you can link it on your account page."
            )
        }
        NoEntry::NotAllowed => format!("Your account at {label} has no verified e-mail address that is allowed here."),
        NoEntry::Disabled => "This account can't sign in here.".to_owned(),
        NoEntry::Taken => format!("Your account at {label} is linked to another account here already."),
        NoEntry::TooMany(seconds) => {
            format!("Too many people are on their way to {label} from where you are. Please try again in {} minutes.", seconds.div_ceil(60))
        }
        NoEntry::OtherPerson => "You signed out, or in as somebody else, meanwhile. Nothing was linked.".to_owned(),
    }
}

/// A browser and its system, as far as its `User-Agent` gives them away.
pub(super) fn browser(user_agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name);
    // The order matters: most browsers also name those that they resemble.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => "An unknown browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_called_by_its_own_name() {
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let edge =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        assert_eq!(browser(firefox), "Firefox on Linux");
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(browser(safari), "Safari on iPhone");
        assert_eq!(browser("\"><script>"), "An unknown browser");
    }

    #[test]
    fn a_moment_carries_its_time_zone() {
        assert_eq!(moment(Timestamp::from_seconds(1_795_000_000)), "18 November 2026, 11:06 UTC");
    }

    #[test]
    fn every_standard_claim_that_has_a_value_has_a_label() {
        let Ok(Value::Object(all)) =
            serde_json::to_value(StandardClaims { name: Some("A".into()), email_verified: Some(true), ..StandardClaims::default() })
        else {
            panic!("claims are an object")
        };
        assert_eq!(all.len(), 2);
        let known = StandardClaims { name: Some("A".into()), email_verified: Some(true), ..StandardClaims::default() };
        assert_eq!(claims(&known), [("Name", "A".to_owned()), ("E-mail verified", "yes".to_owned())]);
    }
}
