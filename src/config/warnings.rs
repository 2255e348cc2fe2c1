//! What makes a server less secure than it could be, said loudly when it starts.

use url::Url;

use super::Config;
use super::database::DatabaseUrl;
use super::registration::{ErrorsBy, Registration};
use crate::identity::password_cost::Argon2Cost;
use crate::identity::provider::ProviderKind;
use crate::protocol::client::{GrantType, PkceRule, RefreshTokenRotation};
use crate::protocol::registration::Access;

/// The sentences for `config`.
pub(super) fn of(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    if !config.issuer.is_https() {
        warnings.push(
            "issuer is http: what is sent can be read and cookies are not Secure; for trying things out on one machine only".to_owned(),
        );
    }
    let speaks_tls = config.tls.files().is_some();
    if speaks_tls && !config.issuer.is_https() {
        warnings.push(
            "tls is set, but the issuer is http: whoever follows an address of this server speaks plain HTTP to it and gets no answer; begin \
             the issuer with https://"
                .to_owned(),
        );
    }
    if config.issuer.is_https() && !speaks_tls && config.server.trusted_proxies.is_empty() {
        warnings.push(
            "server.trusted_proxies is empty: behind a proxy everybody seems to come from its address, so a hundred failed sign-ins of anyone \
             slow down all; name the proxy, or, where there is none, let this server speak TLS itself ([tls])"
                .to_owned(),
        );
    }
    for network in config.server.trusted_proxies.iter().filter(|network| network.prefix_len() < 8) {
        warnings.push(format!("server.trusted_proxies has {network}: whoever connects from there may claim any address"));
    }
    let is_plain = !(speaks_tls && config.issuer.is_https());
    if is_plain && config.server.listen.iter().any(|address| !address.ip().is_loopback()) {
        let advice = if config.issuer.is_https() {
            "server.listen is open to other machines and speaks plain HTTP: make sure that only your TLS proxy can reach it, or \
             let it speak TLS itself ([tls])"
        } else {
            "server.listen is open to other machines, while an http issuer is for this one alone: listen on 127.0.0.1, or, in a container, \
             publish the port on 127.0.0.1"
        };
        warnings.push(advice.to_owned());
    }
    if config.password.cost().is_ok_and(Argon2Cost::is_below_floor) {
        warnings.push(
            "password: these Argon2id parameters are weaker than OWASP's least (19456 KiB with 2 iterations, or 47104 KiB with 1)"
                .to_owned(),
        );
    }
    if config.login.account_failures > 100 {
        warnings.push("login.account_failures is above 100, the most that NIST SP 800-63B allows".to_owned());
    }
    if config.api_keys.in_query {
        warnings.push(
            "api_keys.in_query is on: keys in URLs end up in the logs of proxies and in browsers' histories; only for what can send no header"
                .to_owned(),
        );
    }
    warnings.extend(of_registration(&config.registration));
    if crosses_the_network_in_the_clear(&config.database.url) {
        warnings.push(
            "database.url does not insist on TLS: add sslmode=verify-full, or whoever is in between can read the database".to_owned(),
        );
    }
    for known in config.providers.iter().map(|known| &known.provider) {
        let is_for_everybody = matches!(known.kind, ProviderKind::Github | ProviderKind::Google) && known.allowed_email_domains.is_empty();
        if known.create_accounts && known.enabled && is_for_everybody {
            warnings.push(format!(
                "provider {}: create_accounts gives everybody in the world who has an account there one here; allowed_email_domains would \
                 draw a line",
                known.name
            ));
        }
    }
    warnings
}

/// Those about clients that register themselves.
fn of_registration(registration: &Registration) -> Vec<String> {
    const LEGACY: [GrantType; 2] = [GrantType::Password, GrantType::Implicit];
    if registration.policy == Access::Off {
        return Vec::new();
    }
    let told = [
        (
            registration.policy == Access::Open,
            "registration.policy is open: everybody in the world can register an application under any name and ask people to sign in to it; \
             initial_access_token would draw a line",
        ),
        (
            registration.errors == ErrorsBy::Redirect,
            "registration.errors is redirect: whoever registers an application can lead people from here to anywhere",
        ),
        (
            registration.pkce == PkceRule::Optional,
            "registration.pkce is optional: an application that registered itself may go without what keeps a stolen code from being used",
        ),
        (
            registration.refresh_token_rotation == RefreshTokenRotation::Off,
            "registration.refresh_token_rotation is off: the theft of a refresh token does not show, where an application has a secret",
        ),
        (
            LEGACY.iter().any(|legacy| registration.grant_types.contains(legacy)),
            "registration.grant_types has password or implicit, which RFC 9700 advises against, for applications that nobody has looked at",
        ),
    ];
    told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, sentence)| sentence.to_owned()).collect()
}

/// Whether a PostgreSQL server on another machine may be spoken to without TLS, or without knowing that it is the right one.
fn crosses_the_network_in_the_clear(database: &DatabaseUrl) -> bool {
    let Ok(url) = Url::parse(database.reveal()) else { return false };
    let option = |names: [&str; 2]| url.query_pairs().filter(|(name, _)| names.contains(&name.as_ref())).last().map(|(_, value)| value);
    let host = option(["host", "hostaddr"]).unwrap_or_else(|| url.host_str().unwrap_or_default().into());
    let local =
        host.is_empty() || host.starts_with('/') || host.starts_with("%2F") || ["localhost", "127.0.0.1", "[::1]", "::1"].contains(&&*host);
    let sslmode = option(["sslmode", "ssl-mode"]);
    !database.is_sqlite() && !local && !sslmode.is_some_and(|mode| ["require", "verify-ca", "verify-full"].contains(&&*mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(settings: &[(&str, &str)]) -> String {
        let sound = [("CLAVIGER_ISSUER", "https://login.example.com"), ("CLAVIGER_SERVER_TRUSTED_PROXIES", "10.0.0.1")];
        let settings = sound.iter().filter(|(name, _)| !settings.iter().any(|(other, _)| name == other)).chain(settings);
        let environment = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(None, environment).unwrap().warnings().join("\n")
    }

    #[test]
    fn a_sound_configuration_has_no_warnings() {
        assert_eq!(warnings(&[]), "");
        assert_eq!(warnings(&[("CLAVIGER_DATABASE_URL", "postgres://u:p@db.example/c?sslmode=verify-full")]), "");
        assert_eq!(warnings(&[("CLAVIGER_DATABASE_URL", "postgres://u:p@localhost/c")]), "");
        assert_eq!(warnings(&[("CLAVIGER_DATABASE_URL", "postgres:///c?host=/run/postgresql")]), "");
        assert_eq!(warnings(&[("CLAVIGER_PASSWORD_MEMORY_KIB", "47104"), ("CLAVIGER_PASSWORD_ITERATIONS", "1")]), "");
    }

    #[test]
    fn tls_of_its_own_needs_no_proxy_and_an_https_issuer() {
        let tls =
            [("CLAVIGER_TLS_CERTIFICATE_FILE", "a.pem"), ("CLAVIGER_TLS_KEY_FILE", "b.pem"), ("CLAVIGER_SERVER_LISTEN", "0.0.0.0:443")];
        let with = |more: &[(&'static str, &'static str)]| warnings(&[&tls[..], more].concat());
        assert_eq!(with(&[("CLAVIGER_SERVER_TRUSTED_PROXIES", "")]), "");
        assert_eq!(with(&[]), "", "a proxy may speak TLS to it");
        let said = with(&[("CLAVIGER_ISSUER", "http://localhost:8080")]);
        assert!(said.contains("tls is set, but the issuer is http"), "{said}");
    }

    #[test]
    fn what_weakens_clients_that_register_themselves_is_said_where_they_may() {
        for (name, value) in [
            ("CLAVIGER_REGISTRATION_ERRORS", "redirect"),
            ("CLAVIGER_REGISTRATION_PKCE", "optional"),
            ("CLAVIGER_REGISTRATION_REFRESH_TOKEN_ROTATION", "off"),
            ("CLAVIGER_REGISTRATION_GRANT_TYPES", "authorization_code, password"),
            ("CLAVIGER_REGISTRATION_GRANT_TYPES", "authorization_code, implicit"),
        ] {
            let setting = name.strip_prefix("CLAVIGER_REGISTRATION_").unwrap().to_lowercase();
            let said = warnings(&[(name, value), ("CLAVIGER_REGISTRATION_POLICY", "initial_access_token")]);
            assert!(said.starts_with(&format!("registration.{setting} ")) && said.lines().count() == 1, "{name}={value}: {said}");
            assert_eq!(warnings(&[(name, value)]), "");
        }
    }

    #[test]
    fn whatever_weakens_the_server_is_said() {
        for (name, value, expected) in [
            ("CLAVIGER_ISSUER", "http://localhost:8080", "issuer is http"),
            ("CLAVIGER_SERVER_TRUSTED_PROXIES", "", "server.trusted_proxies is empty"),
            ("CLAVIGER_SERVER_TRUSTED_PROXIES", "0.0.0.0/0", "server.trusted_proxies has 0.0.0.0/0"),
            ("CLAVIGER_SERVER_TRUSTED_PROXIES", "::/0", "server.trusted_proxies has ::/0"),
            ("CLAVIGER_SERVER_LISTEN", "0.0.0.0:8080", "server.listen is open"),
            ("CLAVIGER_PASSWORD_ITERATIONS", "1", "password: "),
            ("CLAVIGER_LOGIN_ACCOUNT_FAILURES", "100", ""),
            ("CLAVIGER_API_KEYS_IN_QUERY", "true", "api_keys.in_query is on"),
            ("CLAVIGER_API_KEYS_IN_QUERY", "false", ""),
            ("CLAVIGER_REGISTRATION_POLICY", "open", "registration.policy is open"),
            ("CLAVIGER_REGISTRATION_POLICY", "initial_access_token", ""),
            ("CLAVIGER_DATABASE_URL", "postgres://u:hunter2@db.example/c?sslmode=prefer", "database.url does not insist on TLS"),
        ] {
            let said = warnings(&[(name, value)]);
            assert!(said.starts_with(expected) && said.lines().count() == usize::from(!expected.is_empty()), "{name}={value}: {said}");
        }
        let of_a_container = warnings(&[("CLAVIGER_ISSUER", "http://localhost:8080"), ("CLAVIGER_SERVER_LISTEN", "0.0.0.0:8080")]);
        assert!(of_a_container.contains("issuer is http") && of_a_container.contains("publish the port on 127.0.0.1"), "{of_a_container}");
        let failures = [("CLAVIGER_LOGIN_ACCOUNT_FAILURES", "101"), ("CLAVIGER_LOGIN_ADDRESS_FAILURES", "101")];
        assert!(warnings(&failures).starts_with("login.account_failures is above 100"));
    }
}
