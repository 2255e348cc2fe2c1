//! On a developer's machine, whoever is refused is shown why; elsewhere nobody is.

use crate::actors::{Browser, RelyingParty, TestServer};

const BAD: &str = "/authorize?client_id=demo-web&response_type=code&redirect_uri=http://localhost:3000/calback%22%3E%3Cscript%3E";

#[tokio::test]
async fn the_error_page_shows_why_below_its_terse_words() {
    let server = TestServer::start_showing_why().await;
    let answer = server.get(BAD).await;
    answer.assert_error_page("invalid_request");
    for words in [
        "The address to return to is not registered for this application.",
        "Shown because this is a development server.",
        "<code>http://localhost:3000/callback</code>",
        "http://localhost:3000/cal<mark>b</mark>ack&#34;&#62;&#60;script&#62;",
        "character 26",
    ] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    assert_eq!(answer.header("content-security-policy").map(|policy| policy.contains("default-src 'none'")), Some(true));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn an_error_for_a_machine_leads_to_a_page_that_shows_why() {
    let server = TestServer::start_showing_why().await;
    let answer = server.token(Some("demo-m2m:another-secret"), &[("grant_type", "client_credentials")]).await;
    let error = answer.json();
    assert_eq!((answer.status.as_u16(), error["error"].as_str()), (401, Some("invalid_client")));
    assert_eq!(error.as_object().unwrap().keys().collect::<Vec<_>>(), ["error", "error_description", "error_uri"]);
    assert_eq!(error["error_uri"].as_str().unwrap(), server.url(&format!("/why/{}", answer.trace_id())));
    assert!(answer.header("www-authenticate").is_some());

    let mut browser = Browser::new(&server);
    let page = browser.open(error["error_uri"].as_str().unwrap()).await;
    assert_eq!(page.status, 200);
    for words in ["POST /token was refused: invalid_client (status 401)", "the one that is alive", "demo-m2m", answer.trace_id()] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("another-secret") && !page.body.contains("<script"), "{}", page.body);
    let userinfo = server.get("/userinfo").await;
    assert!(userinfo.json()["error_uri"].is_string(), "{}", userinfo.body);
}

#[tokio::test]
async fn an_error_on_its_way_to_the_client_leads_there_too() {
    let server = TestServer::start_showing_why().await;
    let web = RelyingParty::demo_web(&server);
    let mut browser = Browser::new(&server);
    for mode in ["query", "fragment"] {
        let back = browser.open(&web.authorization_url("openid", &format!("prompt=none&response_mode={mode}"))).await;
        let (error, uri) = (back.parameter("error"), back.parameter("error_uri"));
        assert_eq!((error.as_deref(), uri), (Some("login_required"), Some(server.url(&format!("/why/{}", back.trace_id)))));
        assert_eq!(back.parameter("state").as_deref(), Some("state-1"));
    }
}

#[tokio::test]
async fn what_succeeds_is_the_same_as_elsewhere() {
    let server = TestServer::start_showing_why().await;
    let web = RelyingParty::demo_web(&server);
    let tokens = web.sign_in(&mut Browser::new(&server), "openid items:read nonsense").await;
    assert_eq!(tokens.text("scope"), "items:read openid");
    assert!(tokens.0.get("error_uri").is_none());
    assert_eq!(server.post("/introspect", Some("demo-api:demo-api-secret"), &[("token", "x")]).await.body, r#"{"active":false}"#);
}

#[tokio::test]
async fn an_odd_or_unknown_trace_id_is_answered_kindly() {
    let server = TestServer::start_showing_why().await;
    let mut browser = Browser::new(&server);
    for (id, words) in [
        ("x", "A trace id is 32 hexadecimal digits"),
        ("%3Cscript%3E", "A trace id is 32 hexadecimal digits"),
        ("%00", "A trace id is 32 hexadecimal digits"),
        ("0af7651916cd43dd8448eb211c80319c", "Nothing is known about this request"),
    ] {
        let answer = server.request(reqwest::Method::GET, &format!("/why/{id}")).header("accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), 404, "{id}");
        let body = answer.text().await.unwrap();
        assert!(body.contains(words) && !body.contains("<script"), "{id}: {body}");
    }
    assert_eq!(browser.open("/why/x").await.status, 404);
    let posted = server.post("/why/0af7651916cd43dd8448eb211c80319c", None, &[]).await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn elsewhere_there_is_no_such_page_and_no_such_words() {
    let server = TestServer::start().await;
    let page = server.get(BAD).await;
    page.assert_error_page("invalid_request");
    assert!(!page.body.contains("callback") && !page.body.contains("development"), "{}", page.body);
    let error = server.token(None, &[]).await;
    error.assert_error(401, "invalid_client");
    assert!(!error.body.contains("error_uri"), "{}", error.body);
    for trace_id in [page.trace_id(), error.trace_id()] {
        assert_eq!(server.get(&format!("/why/{trace_id}")).await.status, 404);
    }
}
