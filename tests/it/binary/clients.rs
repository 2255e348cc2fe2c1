//! `claviger clients` and what a running server makes of it.

use crate::binary::program::{Site, eventually};

const DATA: [&str; 2] = ["--data", "data"];

fn clients(site: &Site, arguments: &[&str]) -> String {
    site.succeed(&[&["clients"], arguments, &DATA].concat())
}

fn secret_in(said: &str) -> String {
    let secret = said.trim().rsplit(' ').next().unwrap();
    assert!(secret.starts_with("clv_cs_") && secret.len() > 40, "{said}");
    secret.to_owned()
}

/// A secret that was made by another process works once the server has noticed, which takes a second or so.
async fn becomes(site: &Site, client: &str, status: u16) {
    eventually(&format!("a token request to be answered {status}"), async || {
        (site.machine_token(client).await.status == status).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_shown_once_and_works() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let said = clients(&site, &["add", "importer", "--name", "Importer", "--grant", "client_credentials", "--scope", "items:read"]);
    assert!(said.starts_with("Registered importer.\nIts secret, shown this once: "), "{said}");
    let secret = secret_in(&said);
    becomes(&site, &format!("importer:{secret}"), 200).await;

    let shown = clients(&site, &["show", "importer"]);
    for (name, value) in [("id", "importer"), ("name", "Importer"), ("grant_types", "client_credentials"), ("allowed_scope", "items:read")]
    {
        assert!(shown.lines().any(|line| line.starts_with(name) && line.ends_with(value)), "{name}: {shown}");
    }
    assert!(shown.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["secrets", "1"]), "{shown}");
    let hash = claviger::protocol::token::TokenHash::of(&secret);
    for text in [shown, clients(&site, &["list"]), site.log(&running)] {
        assert!(!text.contains(&secret) && !text.contains(hash.as_str()) && !text.contains("clv_cs_"), "{text}");
    }
}

/// Whatever is registered otherwise than by default.
#[test]
fn everything_that_is_registered_is_shown() {
    let site = Site::migrated();
    let said = [
        ("token_endpoint_auth_signing_alg", "\"ES256\"", "ES256"),
        ("assertion_audience", "\"issuer_or_token_endpoint\"", "issuer_or_token_endpoint"),
        ("request_object_signing_alg", "\"PS256\"", "PS256"),
        ("request_uris", "[\"https://app.example/one\", \"https://app.example/two\"]", "https://app.example/one https://app.example/two"),
        ("require_signed_request_object", "true", "true"),
        ("require_auth_time", "true", "true"),
        ("frontchannel_logout_session_required", "true", "true"),
        ("backchannel_logout_session_required", "true", "true"),
        ("roles", "[\"importer\"]", "importer"),
        ("claims", "[{ claim = \"tenant\", from = \"constant\", value = 7 }]", "tenant"),
    ];
    let members: Vec<String> = said.iter().map(|(name, value, _)| format!("{name} = {value}")).collect();
    let client = "[[client]]\nclient_id = \"app\"\nclient_name = \"App\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\n\
        jwks_uri = \"https://app.example/jwks.json\"\nredirect_uris = [\"https://app.example/callback\"]\n\
        grant_types = [\"authorization_code\", \"client_credentials\"]\nscope = \"openid\"\n";
    site.apply(&format!("{client}{}", members.join("\n")), &[]).succeeded();
    let shown = site.succeed(&["clients", "show", "app", "--config", "claviger.toml"]);
    for (name, _, value) in said {
        let row = shown.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim);
        assert_eq!(row, Some(value), "{name}: {shown}");
    }
}

#[tokio::test]
async fn a_client_with_keys_gets_no_secret() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let add = |id: &'static str, more: &[&str]| {
        let signing = ["add", id, "--name", id, "--grant", "client_credentials", "--auth-method", "private_key_jwt"];
        site.run(&[&["clients"][..], &signing, more, &DATA].concat())
    };
    let write = |name: &str, text: &str| std::fs::write(site.path(name), text).unwrap();
    write("keys.json", r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#);
    assert_eq!(add("here", &["--jwks", "keys.json"]).succeeded(), "Registered here.\n");
    assert_eq!(add("there", &["--jwks-uri", "https://there.example/jwks.json"]).succeeded(), "Registered there.\n");
    for (id, keys) in [("here", "one"), ("there", "https://there.example/jwks.json")] {
        let shown = clients(&site, &["show", id]);
        assert!(shown.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["keys", keys]), "{shown}");
    }
    assert!(add("other", &[]).failed().contains("jwks"));
    write(
        "private.json",
        r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "d": "hunter2"}]}"#,
    );
    let said = add("other", &["--jwks", "private.json"]).failed();
    assert!(said.contains("jwks: keys[0]: ") && !said.contains("hunter2"), "{said}");
    assert!(add("other", &["--jwks", "nothing.json"]).failed().contains("nothing.json can't be read"));
    let said = site.run(&["clients", "rotate-secret", "here", "--data", "data"]).failed();
    assert!(said.contains("by its keys"), "{said}");
}

#[tokio::test]
async fn a_new_secret_leaves_the_old_one_alive_and_the_next_does_not() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let first = "demo-m2m:demo-m2m-secret".to_owned();
    becomes(&site, &first, 200).await;
    let second = format!("demo-m2m:{}", secret_in(&clients(&site, &["rotate-secret", "demo-m2m"])));
    becomes(&site, &second, 200).await;
    assert_eq!(site.machine_token(&first).await.status, 200, "two are alive");
    let third = format!("demo-m2m:{}", secret_in(&clients(&site, &["rotate-secret", "demo-m2m"])));
    becomes(&site, &third, 200).await;
    assert_eq!(site.machine_token(&second).await.status, 200);
    site.machine_token(&first).await.assert_error(401, "invalid_client");

    let said = site.run(&["clients", "rotate-secret", "demo-spa", "--data", "data"]).failed();
    assert!(said.contains("the client is public"), "{said}");
}

#[tokio::test]
async fn a_disabled_client_gets_nothing_and_what_it_got_is_inactive() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let machine = "demo-m2m:demo-m2m-secret";
    let token = site.machine_token(machine).await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(site.is_active(&token).await);

    assert_eq!(clients(&site, &["disable", "demo-m2m"]), "Disabled demo-m2m.\n");
    assert!(!site.is_active(&token).await, "at once");
    becomes(&site, machine, 401).await;
    site.machine_token(machine).await.assert_error(401, "invalid_client");
    assert!(clients(&site, &["list"]).lines().any(|line| line.starts_with("demo-m2m ") && line.ends_with("disabled")));

    assert_eq!(clients(&site, &["enable", "demo-m2m"]), "Enabled demo-m2m.\n");
    becomes(&site, machine, 200).await;
    clients(&site, &["delete", "demo-m2m"]);
    assert!(!site.is_active(&token).await);
    becomes(&site, machine, 401).await;
}

#[tokio::test]
async fn what_contradicts_itself_is_refused_with_all_reasons() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let refused = |arguments: &[&str]| site.run(&[&["clients"], arguments, &DATA].concat()).failed();
    let said = refused(&[
        "add",
        "bad",
        "--name",
        "",
        "--auth-method",
        "none",
        "--pkce-optional",
        "--grant",
        "client_credentials",
        "--refresh-token-rotation",
        "off",
    ]);
    assert!(
        said.contains("client_name: ")
            && said.contains("grant_types: ")
            && said.contains("pkce: ")
            && said.contains("refresh_token_rotation: "),
        "{said}"
    );
    assert!(refused(&["add", "demo-web", "--name", "Twice", "--redirect-uri", "https://a.example/cb"]).contains("demo-web exists already"));
    let insecure = refused(&["add", "bad", "--name", "Bad", "--redirect-uri", "http://shop.example.com/cb"]);
    assert!(insecure.contains("redirect_uris[0]") && insecure.contains("must use https"), "{insecure}");
    assert!(refused(&["show", "bad"]).contains("`claviger clients list` shows them"));
    assert!(refused(&["disable", "bad"]).contains("there is no client bad"));
    let word = site.run(&["clients", "add", "bad", "--name", "Bad", "--grant", "magic", "--data", "data"]);
    assert_eq!(word.code, Some(1), "{word:?}");
    assert!(word.stderr.contains("--grant"), "{word:?}");
}

#[test]
fn a_command_without_a_server_says_how_to_get_one() {
    let site = Site::new();
    let said = site.run(&["clients", "list"]).failed();
    assert!(said.contains("there is no folder .claviger") && said.contains("claviger dev") && said.contains("--config"), "{said}");
    assert!(!site.path(".claviger").exists(), "asking makes none");
    for both in [["clients", "list", "--data", "a", "--config", "b"], ["clients", "--config", "b", "list", "--data", "a"]] {
        let said = site.run(&both).failed();
        assert!(said.contains("--config and --data name two servers"), "{said}");
    }
}
