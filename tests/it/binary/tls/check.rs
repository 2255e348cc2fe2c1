//! What `claviger check` and a server that does not start say about a certificate.

use std::fs;

use crate::binary::tls::site::{Authority, Secured};

/// The line about TLS.
fn checked(secured: &Secured) -> (Option<i32>, String) {
    let outcome = secured.site.run(&["check", "--config", "claviger.toml"]);
    let lines: Vec<&str> = outcome.stdout.lines().filter(|line| line.contains("  tls: ")).collect();
    assert!(!outcome.stdout.contains("PRIVATE KEY") && !outcome.stderr.contains("PRIVATE KEY"), "{outcome:?}");
    (outcome.code, lines.join("\n"))
}

#[test]
fn what_is_wrong_with_a_certificate_is_said_with_what_to_do() {
    let secured = Secured::new();
    secured.site.succeed(&["migrate", "--config", "claviger.toml"]);
    let (code, said) = checked(&secured);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("ok       tls: the certificate fits its key and the issuer, until 20"), "{said}");

    for (name, days, expected) in [
        ("localhost", -1, "problem  tls: the certificate has ended at "),
        ("login.example.com", 90, "problem  tls: the certificate is not for localhost, the host of the issuer"),
    ] {
        secured.put(&secured.authority.issue(name, days));
        let (code, said) = checked(&secured);
        assert!(code == Some(1) && said.starts_with(expected), "{code:?} {said}");
    }
    secured.put(&secured.authority.issue("localhost", 13));
    let (code, said) = checked(&secured);
    assert!(code == Some(0) && said.starts_with("warning  tls: the certificate ends at ") && said.contains("\nok       tls: "), "{said}");
    secured.put(&secured.authority.issue("localhost", 15));
    assert!(!checked(&secured).1.contains("warning"));

    let other = Authority::new().issue("localhost", 90);
    let encrypted = other.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    for (certificate, key, expected) in [
        (other.certificate.as_str(), secured.first.key.as_str(), "tls: the certificate in cert.pem is not for the key in key.pem"),
        ("nothing", &other.key, "tls.certificate_file: cert.pem holds no certificate"),
        (&other.certificate, "nothing", "tls.key_file: key.pem holds no private key in PEM form, or one with a passphrase"),
        (&other.certificate, &encrypted, "tls.key_file: key.pem holds no private key in PEM form, or one with a passphrase"),
        (&other.certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "tls.key_file: key.pem holds no key that"),
    ] {
        fs::write(secured.site.path("cert.pem"), certificate).unwrap();
        fs::write(secured.site.path("key.pem"), key).unwrap();
        let (code, said) = checked(&secured);
        assert!(code == Some(1) && said.starts_with("problem  tls: ") && said.contains(expected), "{expected}: {code:?} {said}");
        let said = secured.site.run(&["serve", "--config", "claviger.toml"]).failed();
        assert!(said.contains(expected), "it does not start: {said}");
    }
    fs::remove_file(secured.site.path("cert.pem")).unwrap();
    let (code, said) = checked(&secured);
    assert!(code == Some(1) && said.contains("tls.certificate_file: cert.pem can't be read: "), "{said}");
}

#[test]
fn half_a_pair_and_weak_suites_are_refused() {
    for (settings, expected) in [
        (&[("CLAVIGER_TLS_KEY_FILE", "auto")][..], "tls.key_file: is missing"),
        (&[("CLAVIGER_TLS_CERTIFICATE_FILE", "auto")], "tls.certificate_file: is missing"),
        (&[("CLAVIGER_TLS_MINIMUM_VERSION", "1.1")], "CLAVIGER_TLS_MINIMUM_VERSION: must be one of 1.2, 1.3"),
        (
            &[("CLAVIGER_TLS_CIPHER_SUITES", "TLS_AES_128_GCM_SHA256,TLS_RSA_WITH_AES_128_CBC_SHA")],
            "CLAVIGER_TLS_CIPHER_SUITES: entry 2 must be one of TLS_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256, ",
        ),
        (
            &[("CLAVIGER_TLS_CIPHER_SUITES", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"), ("CLAVIGER_TLS_MINIMUM_VERSION", "1.3")],
            "tls.cipher_suites: has none of TLS 1.3",
        ),
    ] {
        let said = Secured::new().site.run_with(&["check", "--config", "claviger.toml"], settings, "").failed();
        assert!(said.contains(expected), "{expected}: {said}");
    }
}
