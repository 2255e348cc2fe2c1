//! `claviger keys`: a running server picks a rotation up by itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::binary::program::{Site, eventually};

async fn published(site: &Site) -> Vec<String> {
    let keys = site.get("/.well-known/jwks.json").await.json();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn kid_of(jwt: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(jwt.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<serde_json::Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_rotation_is_picked_up_by_the_running_server() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let before = published(&site).await;
    let machine = "demo-m2m:demo-m2m-secret";
    let old = site.machine_token(machine).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(kid_of(&old), before[0]);

    let said = site.succeed(&["keys", "rotate", "--data", "data"]);
    assert!(said.starts_with(&format!("{} signs with RS256 from now on.", before[1])), "{said}");
    assert!(said.contains(&format!("{} is retired", before[0])), "{said}");
    let after = eventually("the new keys to be published", async || Some(published(&site).await).filter(|keys| keys.len() == 3)).await;
    assert_eq!((&after[0], &after[2]), (&before[1], &before[0]));
    let new = site.machine_token(machine).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(kid_of(&new), before[1]);
    assert!(site.is_active(&old).await && site.is_active(&new).await);

    let listed = site.succeed(&["keys", "list", "--data", "data"]);
    let states: Vec<(&str, &str)> =
        listed.lines().map(|line| (line.split("  ").next().unwrap(), line.split("RS256").nth(1).unwrap().trim())).collect();
    assert_eq!(states[0], (after[0].as_str(), "active: signs"));
    assert_eq!(states[1], (after[1].as_str(), "next: published, does not sign yet"));
    assert!(states[2].0 == after[2] && states[2].1.starts_with("retired: published until 20"), "{listed}");
}

#[tokio::test]
async fn a_key_of_ones_own_becomes_the_next_one() {
    let (site, elsewhere) = (Site::new(), Site::new());
    // A key from somewhere else, as its owner has it.
    let keys = elsewhere.path("keys");
    claviger::signing::KeyFolder::open_or_create(
        &keys,
        claviger::signing::KeySize::Rsa2048,
        &claviger::random::Random::system(),
        claviger::clock::Clock::system().now(),
    )
    .unwrap();
    let pem =
        std::fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.extension().is_some_and(|e| e == "pem"));
    let pem = pem.unwrap();
    let kid = pem.file_stem().unwrap().to_str().unwrap().to_owned();

    let unstarted = Site::new();
    unstarted.configure("sqlite://claviger.db", "");
    let add = |file: &str| unstarted.run(&["keys", "add", file, "--config", "claviger.toml"]);
    add("no-such-file.pem").failed();
    assert!(!unstarted.path("keys").exists());
    assert!(add(pem.to_str().unwrap()).succeeded().starts_with(&format!("{kid} is the next key for RS256")), "before the first start");

    let _running = site.dev_with_keys().await;
    let said = site.succeed(&["keys", "add", pem.to_str().unwrap(), "--data", "data"]);
    assert!(said.starts_with(&format!("{kid} is the next key for RS256")), "{said}");
    eventually("it to be published", async || published(&site).await.contains(&kid).then_some(())).await;
    site.succeed(&["keys", "rotate", "--data", "data"]);
    eventually("it to sign", async || (published(&site).await[0] == kid).then_some(())).await;

    let shown = site.succeed(&["keys", "show", &kid, "--data", "data"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["kid"], &shown["kty"]), (&kid.as_str().into(), &"RSA".into()));
    assert!(shown.get("d").is_none() && shown.get("p").is_none(), "the public half only: {shown}");
    let said = site.run(&["keys", "add", "no-such-file.pem", "--data", "data"]).failed();
    assert!(said.contains("no-such-file.pem can't be read"), "{said}");
    std::fs::write(site.path("note.txt"), "hello").unwrap();
    let said = site.run(&["keys", "add", "note.txt", "--data", "data"]).failed();
    assert!(said.contains("PEM") && !said.contains("hello"), "{said}");
}

#[tokio::test]
async fn a_disabled_key_is_believed_no_more() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let before = published(&site).await;
    let machine = "demo-m2m:demo-m2m-secret";
    let old = site.machine_token(machine).await.json()["access_token"].as_str().unwrap().to_owned();
    assert!(site.is_active(&old).await);

    site.succeed(&["keys", "disable", &before[0], "--data", "data"]);
    let after = eventually("the key to be gone", async || Some(published(&site).await).filter(|keys| !keys.contains(&before[0]))).await;
    assert_eq!((after.len(), &after[0]), (2, &before[1]));
    assert!(!site.is_active(&old).await);
    let new = site.machine_token(machine).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(kid_of(&new), before[1]);
    // An identifier may begin with a hyphen.
    for gone in [before[0].clone(), format!("-h{}", "A".repeat(41)), format!("-{}", "A".repeat(42)), format!("--{}", "A".repeat(41))] {
        for data in [[gone.as_str(), "--data", "data"], ["--data", "data", gone.as_str()]] {
            let disabled = site.run(&[&["keys", "disable"][..], &data].concat()).failed();
            assert!(disabled.contains("claviger keys list"), "{disabled}");
            assert!(site.run(&[&["keys", "show"][..], &data].concat()).failed().contains(&gone));
        }
    }
}

#[tokio::test]
async fn keys_of_another_algorithm_are_made_when_a_client_registers_for_it_and_stay() {
    let site = Site::new();
    let running = site.dev_with_keys().await;
    let before = published(&site).await;
    site.succeed(&[
        "clients",
        "add",
        "shop",
        "--name",
        "Shop",
        "--redirect-uri",
        "https://shop.example/cb",
        "--scope",
        "openid",
        "--id-token-alg",
        "ES256",
        "--userinfo-alg",
        "EdDSA",
        "--data",
        "data",
    ]);
    let shown = site.succeed(&["clients", "show", "shop", "--data", "data"]);
    assert!(shown.contains("ES256") && shown.contains("EdDSA"), "{shown}");
    let after = eventually("the new keys to be published", async || Some(published(&site).await).filter(|keys| keys.len() == 6)).await;
    assert_eq!(after[..2], before);

    let said = site.succeed(&["keys", "rotate", "--algorithm", "EdDSA", "--data", "data"]);
    assert!(said.starts_with(&format!("{} signs with EdDSA from now on.", after[5])), "{said}");
    let listed = site.succeed(&["keys", "list", "--data", "data"]);
    assert_eq!((listed.matches("RS256").count(), listed.matches("ES256").count(), listed.matches("EdDSA").count()), (2, 2, 3), "{listed}");
    let shown: serde_json::Value = serde_json::from_str(&site.succeed(&["keys", "show", &after[2], "--data", "data"])).unwrap();
    assert_eq!((&shown["kty"], &shown["crv"], &shown["alg"]), (&"EC".into(), &"P-256".into(), &"ES256".into()));
    assert!(shown.get("d").is_none(), "the public half only: {shown}");
    let said = site.succeed(&["keys", "rotate", "--algorithm", "PS256", "--data", "data"]);
    assert!(said.starts_with("PS256 had no keys. The first one signs from now on"), "{said}");
    assert_eq!(site.succeed(&["keys", "list", "--data", "data"]).matches("PS256").count(), 2);
    let said = site.succeed(&["keys", "disable", &after[2], "--data", "data"]);
    assert!(said.contains(&format!("{} signs with ES256 from now on.", after[3])), "{said}");

    let kept = eventually("the last change", async || Some(published(&site).await).filter(|keys| !keys.contains(&after[2]))).await;
    drop(running);
    let _running = site.dev().await;
    assert_eq!(published(&site).await, kept, "they survive a restart");
    let said = site.succeed(&["keys", "rotate", "--data", "data"]);
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        assert!(said.contains(&format!("signs with {algorithm} from now on")), "{said}");
    }
}
