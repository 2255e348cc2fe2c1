//! What a client calls its logo: something else, too much, or a way to what only this server reaches (RFC 7591 §5).

use claviger::protocol::client::ClientId;
use claviger::protocol::client_presentation::LogoUri;
use claviger::protocol::web_uri::WebUri;

use crate::actors::{Answer, Browser, KeyHost, Publishes, RelyingParty, TestServer};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

async fn register(server: &TestServer, id: &str, logo: &str) {
    let logo = LogoUri::parse(logo).unwrap();
    server.register(id, |client| client.presentation.logo = Some(logo)).await;
}

#[track_caller]
fn assert_nothing(answer: &Answer, what: &str) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (404, ""), "{what}");
    assert_eq!((answer.header("content-type"), answer.header("cache-control")), (None, Some("no-store")), "{what}");
}

#[tokio::test]
async fn a_logo_is_fetched_once_and_is_what_it_is_whatever_it_is_called() {
    let server = TestServer::start().await;
    for (id, media_type, bytes) in [
        ("png", "image/png", PNG),
        ("jpeg", "image/jpeg", b"\xff\xd8\xff\xe0<script>alert(1)</script>"),
        ("gif", "image/gif", b"GIF89a=1;alert(1)//"),
        ("webp", "image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ] {
        let host = KeyHost::start(Publishes::File("text/html", bytes.to_vec())).await;
        register(&server, id, &host.url).await;
        let path = format!("/client-logo/{id}");
        let many = futures_util::future::join_all((0..20).map(|_| server.get(&path))).await;
        for answer in &many {
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some(media_type)));
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
            assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
            assert!(answer.headers.get("set-cookie").is_none());
        }
        assert_eq!(host.asked(), 1, "those who come together share what one of them fetches");
        server.get(&path).await;
        assert_eq!(host.asked(), 1, "and those who come later, too");
    }
}

#[tokio::test]
async fn what_is_no_picture_or_too_much_of_one_is_nothing() {
    let server = TestServer::start().await;
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>"#.to_vec();
    let large = [PNG, &vec![0; 256 * 1024]].concat();
    for (number, (publishes, why)) in [
        (Publishes::File("image/svg+xml", svg.clone()), "SVG"),
        (Publishes::File("image/png", svg), "SVG under another name"),
        (Publishes::File("image/png", large), "more than 256 KiB"),
        (Publishes::File("image/png", Vec::new()), "empty"),
        (Publishes::NoJson, "a page"),
        (Publishes::Redirect, "a redirection"),
        (Publishes::Megabytes, "megabytes"),
        (Publishes::Nothing, "404"),
    ]
    .into_iter()
    .enumerate()
    {
        let host = KeyHost::start(publishes).await;
        let id = format!("client-{number}");
        register(&server, &id, &host.url).await;
        for _ in 0..3 {
            assert_nothing(&server.get(&format!("/client-logo/{id}")).await, why);
        }
        assert_eq!(host.asked(), 1, "{why}: who had none is not asked again at once");
    }
    let just_right = KeyHost::start(Publishes::File("image/png", [PNG, &vec![0; 256 * 1024 - PNG.len()]].concat())).await;
    register(&server, "large", &just_right.url).await;
    assert_eq!(server.get("/client-logo/large").await.status, 200);
}

#[tokio::test]
async fn nothing_is_fetched_for_strangers_or_from_inside() {
    let server = TestServer::start().await;
    let trap = KeyHost::start(Publishes::File("image/png", PNG.to_vec())).await;
    let port = trap.url.rsplit(':').next().unwrap().to_owned();
    for (number, inside) in [
        format!("http://localhost:{port}"),
        format!("http://[::1]:{port}"),
        format!("https://localhost:{port}"),
        "https://10.0.0.1/logo.png".to_owned(),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://[::ffff:10.0.0.1]/logo.png".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        let id = format!("inside-{number}");
        register(&server, &id, inside).await;
        assert_nothing(&server.get(&format!("/client-logo/{id}")).await, inside);
    }
    register(&server, "disabled", &trap.url).await;
    server.server.enable_client(&ClientId::parse("disabled").unwrap(), false).await.unwrap().unwrap();
    let encoded: String = url::form_urlencoded::byte_serialize(trap.url.as_bytes()).collect();
    for nobody in ["disabled", "nobody", "demo-web", "a%20b", "%00", &encoded, &format!("demo-web?logo_uri={encoded}")] {
        let answer = server.get(&format!("/client-logo/{nobody}")).await;
        assert_eq!(answer.status, 404, "{nobody}");
        assert!(!answer.header("content-type").unwrap_or_default().starts_with("image/"), "{nobody}");
    }
    assert_eq!(trap.asked(), 0);
}

#[tokio::test]
async fn the_pages_name_what_the_client_says_and_load_nothing_from_it() {
    let server = TestServer::start().await;
    let host = KeyHost::start(Publishes::File("image/png", PNG.to_vec())).await;
    let logo = LogoUri::parse(&host.url).unwrap();
    server
        .register("shown", |client| {
            client.presentation.logo = Some(logo);
            client.presentation.policy = Some(WebUri::parse("https://shown.example/privacy?a='&b").unwrap());
            client.presentation.contacts = vec!["please call 0800 and tell us your password".to_owned()];
        })
        .await;
    let shown = RelyingParty::new(&server, "shown:shown-secret", "http://localhost:3000/callback");
    let mut browser = Browser::new(&server);
    let login = browser.open(&shown.authorization_url("openid", "")).await;
    let consent = browser.submit(&login, &[("username", "alice"), ("password", "wonderland")], "login-submit").await;
    for page in [&login, &consent] {
        assert!(page.body.contains(r#"src="/client-logo/shown""#), "{}", page.body);
        assert!(page.body.contains(r#"href="https://shown.example/privacy?a=&#39;&#38;b" target="_blank" rel="noopener noreferrer""#));
        assert!(!page.body.contains(&host.url) && !page.body.contains("0800"), "{}", page.body);
    }
    assert_eq!(host.asked(), 0, "a page does not wait for it");
    let policy = server.get("/login").await;
    let policy = policy.header("content-security-policy").unwrap();
    assert!(policy.contains("img-src 'self'") && !policy.contains("http"), "{policy}");
}
