//! Redirection URIs, of which the first line is registered and the second one presented, by itself and put behind the host of the first:
//! what is registered is plain and means itself, and what means it differs in the port of this machine at most.
#![no_main]

use claviger_fuzz::protocol::application_type::ApplicationType;
use claviger_fuzz::protocol::issuer::is_loopback;
use claviger_fuzz::protocol::redirect_uri::RedirectUri;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|lines: &str| {
    let (text, presented) = lines.split_once('\n').unwrap_or((lines, lines));
    for application in [ApplicationType::Web, ApplicationType::Native] {
        let Ok(registered) = RedirectUri::register(text, application) else { continue };
        assert_eq!(registered.as_str(), text);
        assert!(registered.matches(text, application), "{text}");
        let mine = Url::parse(text).expect("what is registered is a URL");
        assert!(mine.fragment().is_none() && mine.username().is_empty() && mine.password().is_none(), "{text}");
        if mine.scheme() == "http" {
            assert!(is_loopback(&mine), "{text}");
            assert!(registered.stays_on_the_machine(), "{text}");
        } else if application == ApplicationType::Web {
            assert_eq!(mine.scheme(), "https", "{text}");
            assert!(!registered.stays_on_the_machine(), "{text}");
        }
        for presented in [presented, &spliced(text, presented)] {
            if registered.matches(presented, application) && presented != text {
                let mut theirs = Url::parse(presented).expect("what means a registered one is a URL");
                assert_eq!(mine.scheme(), "http", "{text} {presented}");
                theirs.set_port(mine.port()).expect("it has a host");
                assert_eq!(theirs, mine, "{text} {presented}");
            }
        }
    }
});

/// The URI with more behind its host and port.
fn spliced(uri: &str, more: &str) -> String {
    let host = uri.find("://").map_or(0, |scheme| scheme + 3);
    let end = uri[host..].find(['/', '?']).map_or(uri.len(), |length| host + length);
    format!("{}{more}{}", &uri[..end], &uri[end..])
}
