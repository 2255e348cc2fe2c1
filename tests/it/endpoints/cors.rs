//! Which web origins may read what (W3C Fetch §3.2).

use claviger::protocol::client::{ClientId, Origin};
use reqwest::Method;
use reqwest::header::ORIGIN;

use crate::actors::{Answer, TestServer};

const SPA: &str = "http://localhost:5173";
const OTHER_APP: &str = "https://other.example";
const STRANGERS: [&str; 10] = [
    "https://evil.example",
    "null",
    "http://localhost:5174",
    "https://localhost:5173",
    "http://localhost:5173.evil.example",
    "http://localhost:5173/",
    "http://LOCALHOST:5173",
    "http://evil.example#http://localhost:5173",
    "http://localhost",
    "http://[::1]:5173",
];

/// A server on which a second application, with an origin of its own, is registered.
async fn server_with_other_app() -> TestServer {
    let server = TestServer::start().await;
    server.register("other-app", |client| client.cors_origins = vec![Origin::parse(OTHER_APP).unwrap()]).await;
    server
}

async fn preflight(server: &TestServer, path: &str, origin: &str) -> Answer {
    let request = server.request(Method::OPTIONS, path).header(ORIGIN, origin).header("access-control-request-method", "POST");
    let request = request.header("access-control-request-headers", "authorization,content-type,x-requested-with");
    Answer::of(request.send().await.unwrap()).await
}

#[track_caller]
fn assert_shared_with(answer: &Answer, origin: Option<&str>) {
    assert_eq!(answer.header("access-control-allow-origin"), origin, "{} {}", answer.status, answer.body);
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

#[tokio::test]
async fn a_preflight_admits_the_origins_of_enabled_clients_and_no_others() {
    let server = server_with_other_app().await;
    for (path, methods) in [("/token", "POST"), ("/revoke", "POST"), ("/userinfo", "GET, HEAD, POST"), ("/me", "GET, HEAD")] {
        for origin in [SPA, OTHER_APP] {
            let answer = preflight(&server, path, origin).await;
            assert_eq!(answer.status, 204);
            assert_shared_with(&answer, Some(origin));
            assert_eq!(answer.header("access-control-allow-methods"), Some(methods), "{path}");
            let headers = answer.header("access-control-allow-headers").unwrap().to_lowercase();
            for header in ["authorization", "content-type", "x-requested-with", "dpop", "mcp-protocol-version"] {
                assert!(headers.split(", ").any(|allowed| allowed == header), "{header}: {headers}");
            }
            assert!(answer.header("vary").unwrap().contains("Origin"));
            assert_eq!(answer.body, "");
        }
        for stranger in STRANGERS {
            let answer = preflight(&server, path, stranger).await;
            assert_eq!(answer.status, 403, "{stranger}");
            assert_shared_with(&answer, None);
        }
    }
    server.server.enable_client(&ClientId::parse("other-app").unwrap(), false).await.unwrap().unwrap();
    assert_shared_with(&preflight(&server, "/token", OTHER_APP).await, None);
}

/// One request of `demo-spa`'s sister `demo-password` to every shared endpoint, once granted and once refused.
async fn of_demo_password(server: &TestServer, origin: &str) -> Vec<(&'static str, Answer)> {
    let send = |request: reqwest::RequestBuilder| async { Answer::of(request.header(ORIGIN, origin).send().await.unwrap()).await };
    let post =
        |path: &str, form: &[(&str, &str)]| server.request(Method::POST, path).form(&[&[("client_id", "demo-password")], form].concat());
    let password = |password| [("grant_type", "password"), ("username", "alice"), ("password", password), ("scope", "openid items:read")];
    let granted = send(post("/token", &password("wonderland"))).await;
    let token = granted.json()["access_token"].as_str().unwrap().to_owned();
    let without_openid = server.alices_tokens("items:read").await["access_token"].as_str().unwrap().to_owned();
    vec![
        ("a grant", granted),
        ("a wrong password", send(post("/token", &password("x"))).await),
        ("an unknown grant type", send(post("/token", &[("grant_type", "x")])).await),
        ("an empty revocation", send(post("/revoke", &[])).await),
        ("userinfo", send(server.request(Method::GET, "/userinfo").bearer_auth(&token)).await),
        ("userinfo by form", send(server.request(Method::POST, "/userinfo").form(&[("access_token", &token)])).await),
        ("me", send(server.request(Method::GET, "/me").bearer_auth(&token)).await),
        ("userinfo without openid", send(server.request(Method::GET, "/userinfo").bearer_auth(&without_openid)).await),
        ("me without openid", send(server.request(Method::GET, "/me").bearer_auth(&without_openid)).await),
        ("a revocation", send(post("/revoke", &[("token", &token)])).await),
        ("userinfo after it", send(server.request(Method::GET, "/userinfo").bearer_auth(&token)).await),
    ]
}

#[tokio::test]
async fn an_answer_is_readable_by_the_origins_of_its_own_client_refusals_included() {
    let server = server_with_other_app().await;
    for (what, answer) in of_demo_password(&server, SPA).await {
        assert_eq!(answer.header("access-control-allow-origin"), Some(SPA), "{what}: {} {}", answer.status, answer.body);
        assert_shared_with(&answer, Some(SPA));
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["WWW-Authenticate", "Retry-After", "Trace-Id"] {
            assert!(exposed.contains(header), "{what}: {exposed}");
        }
        assert!(answer.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Origin")), "{what}");
    }
}

#[tokio::test]
async fn no_other_origin_reads_it_registered_elsewhere_or_not() {
    let server = server_with_other_app().await;
    for origin in [OTHER_APP, "https://evil.example", "null", "http://localhost:5173.evil.example"] {
        for (what, answer) in of_demo_password(&server, origin).await {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{what} by {origin}");
            assert!(answer.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("Origin")), "{what}");
        }
    }
}

#[tokio::test]
async fn who_did_not_authenticate_reads_nothing() {
    let server = server_with_other_app().await;
    let token = |client: &'static str| {
        let form = [("grant_type", "client_credentials")];
        let (id, secret) = client.split_once(':').unwrap();
        server.request(Method::POST, "/token").form(&form).basic_auth(id, Some(secret)).header(ORIGIN, OTHER_APP)
    };
    for client in ["other-app:wrong", "nobody:x"] {
        let answer = Answer::of(token(client).send().await.unwrap()).await;
        answer.assert_error(401, "invalid_client");
        assert_shared_with(&answer, None);
    }
    assert_shared_with(&Answer::of(token("other-app:other-app-secret").send().await.unwrap()).await, Some(OTHER_APP));
    for path in ["/userinfo", "/me"] {
        let answer = Answer::of(server.request(Method::GET, path).bearer_auth("x").header(ORIGIN, SPA).send().await.unwrap()).await;
        assert_eq!(answer.status, 401);
        assert_shared_with(&answer, None);
    }
}

#[tokio::test]
async fn public_documents_are_open_to_all() {
    let server = TestServer::start().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        for origin in [SPA, "https://evil.example"] {
            let answer = Answer::of(server.request(Method::GET, path).header(ORIGIN, origin).send().await.unwrap()).await;
            assert_shared_with(&answer, Some("*"));
            assert_shared_with(&preflight(&server, path, origin).await, Some("*"));
        }
        assert_shared_with(&server.get(path).await, Some("*"));
    }
}

#[tokio::test]
async fn pages_and_introspection_are_shared_with_nobody() {
    let server = TestServer::start().await;
    let paths = [
        "/authorize",
        "/login",
        "/consent",
        "/logout",
        "/account",
        "/account/password",
        "/",
        "/introspect",
        "/health/ready",
        "/nowhere",
        "/token/",
    ];
    for path in paths {
        for origin in [SPA, "https://evil.example", "null", &server.issuer] {
            for method in [Method::GET, Method::POST] {
                let answer = Answer::of(server.request(method, path).header(ORIGIN, origin).send().await.unwrap()).await;
                assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{path} {origin}");
            }
            let answer = preflight(&server, path, origin).await;
            assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{path} {origin}");
            assert!(answer.status.is_client_error());
        }
    }
}
