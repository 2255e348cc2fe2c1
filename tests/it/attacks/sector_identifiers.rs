//! A client that claims to be of another's sector, or that has this server ask where it should not (OpenID Connect Registration §5, §9.4).

use reqwest::Method;
use serde_json::{Value, json};

use crate::actors::{Answer, KeyHost, Publishes, TestServer};

const ONE: &str = "https://one.example/callback";
const TWO: &str = "https://two.example/callback";

fn client(id: &str, uris: &[&str], sector: Option<&str>) -> Value {
    let mut new = json!({"client_id": id, "client_name": id, "redirect_uris": uris, "subject_type": "pairwise"});
    if let Some(sector) = sector {
        new["sector_identifier_uri"] = json!(sector);
    }
    new
}

async fn ask(server: &TestServer, method: Method, path: &str, body: &Value) -> Answer {
    let form = [
        ("grant_type", "password"),
        ("client_id", "claviger-docs"),
        ("username", "alice"),
        ("password", "wonderland"),
        ("scope", "clients:read clients:write"),
    ];
    let token = server.token(None, &form).await.json()["access_token"].as_str().unwrap().to_owned();
    let request = server.request(method, path).bearer_auth(token).header("if-match", "*");
    Answer::of(request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()).await
}

/// Why a client is not registered: it is about its sector, and nothing else.
async fn refusal(server: &TestServer, new: &Value) -> String {
    let answer = ask(server, Method::POST, "/api/v1/clients", new).await;
    assert_eq!(answer.status, 422, "{new}: {}", answer.body);
    let errors = answer.json()["errors"].clone();
    assert_eq!((errors.as_array().map(Vec::len), &errors[0]["field"]), (Some(1), &json!("sector_identifier_uri")), "{new}: {errors}");
    errors[0].to_string()
}

/// Conformance: 46
#[tokio::test]
async fn a_client_is_of_a_sector_that_lists_all_that_it_registers() {
    let server = TestServer::start().await;
    let host = KeyHost::start(Publishes::Keys(json!([ONE]))).await;
    assert!(refusal(&server, &client("a", &[ONE, TWO], None)).await.contains("several hosts"));
    assert!(refusal(&server, &client("a", &[ONE, TWO], Some(&host.url))).await.contains(TWO));
    for (published, why) in [
        (Publishes::Keys(json!({"redirect_uris": [ONE]})), "JSON array"),
        (Publishes::Keys(json!([ONE, 1])), "JSON array"),
        (Publishes::NoJson, "JSON array"),
        (Publishes::Redirect, "redirection"),
        (Publishes::Megabytes, "more than is read"),
        (Publishes::Nothing, "status 404"),
    ] {
        host.publishes(published.clone());
        let why_not = refusal(&server, &client("a", &[ONE], Some(&host.url))).await;
        assert!(why_not.contains(why) && !why_not.contains("secret words"), "{published:?}: {why_not}");
    }
    // It is looked at for clients whose subjects are public, too: they may become pairwise later.
    let mut public = client("a", &[ONE], Some(&host.url));
    public["subject_type"] = json!("public");
    refusal(&server, &public).await;

    host.publishes(Publishes::Keys(json!([ONE])));
    let made = ask(&server, Method::POST, "/api/v1/clients", &client("a", &[ONE], Some(&host.url))).await;
    assert_eq!((made.status.as_u16(), &made.json()["sector_identifier_uri"]), (201, &json!(host.url)), "{}", made.body);
    let path = "/api/v1/clients/a";
    let added = ask(&server, Method::PATCH, path, &json!({"redirect_uris": [ONE, TWO]})).await;
    assert_eq!(added.status, 422, "{}", added.body);
    let left = ask(&server, Method::PATCH, path, &json!({"redirect_uris": [ONE, TWO], "sector_identifier_uri": null})).await;
    assert_eq!(left.status, 422, "{}", left.body);
    // Who changes something else is not kept waiting by a place that is away.
    host.publishes(Publishes::Nothing);
    let renamed = ask(&server, Method::PATCH, path, &json!({"client_name": "Renamed"})).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
}

/// Conformance: 46
#[tokio::test]
async fn no_sector_makes_this_server_ask_inside() {
    let server = TestServer::start().await;
    let trap = KeyHost::start(Publishes::Keys(json!([ONE]))).await;
    let port = trap.url.rsplit(':').next().unwrap().to_owned();
    for inside in [
        format!("http://localhost:{port}"),
        format!("http://[::1]:{port}"),
        format!("https://localhost:{port}"),
        format!("https://[::ffff:127.0.0.1]:{port}"),
        "https://10.0.0.1/x".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[fd00::1]/".to_owned(),
        "http://one.example/x".to_owned(),
        "ftp://one.example/x".to_owned(),
        "https://user@one.example/x".to_owned(),
        "file:///etc/passwd".to_owned(),
    ] {
        refusal(&server, &client("a", &[ONE], Some(&inside))).await;
    }
    assert_eq!(trap.asked(), 0);
}
