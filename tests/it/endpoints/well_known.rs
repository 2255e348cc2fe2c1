//! Where the well-known documents are: at every place that RFC 8414 and OpenID Connect Discovery define for the issuer, and nowhere else.

use reqwest::{Method, StatusCode};
use url::Url;

use crate::actors::{Answer, TestServer};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// What is answered at a path of the host, whatever the issuer's is.
async fn ask(server: &TestServer, method: Method, path: &str) -> Answer {
    let origin = Url::parse(&server.issuer).unwrap().origin().ascii_serialization();
    let request = server.http.request(method, format!("{origin}{path}")).header("origin", "https://elsewhere.example");
    Answer::of(request.send().await.unwrap()).await
}

async fn assert_places(server: &TestServer, there: &[String], elsewhere: &[String]) {
    for place in there {
        let answer = ask(server, Method::GET, place).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, Some("application/json")), "{place}");
        assert_eq!(answer.json()["issuer"], server.issuer, "{place}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{place}");
        let other = ask(server, Method::POST, place).await;
        assert_eq!((other.status.as_u16(), other.header("allow")), (405, Some("GET, HEAD")), "{place}");
    }
    for place in elsewhere {
        let answer = ask(server, Method::GET, place).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{place}");
        answer.assert_error(404, "not_found");
    }
}

fn places(list: &[&str]) -> Vec<String> {
    list.iter().map(|place| place.replace("{openid}", OPENID).replace("{oauth}", OAUTH)).collect()
}

/// Conformance: 1, 2
#[tokio::test]
async fn without_a_path_each_document_has_one_place() {
    let elsewhere = [
        "{openid}/",
        "{oauth}/",
        "{openid}/tenant",
        "{oauth}/tenant",
        "/tenant{openid}",
        "/tenant{oauth}",
        "{openid}.json",
        "/.well-known",
        "/.well-known/",
        "/.WELL-KNOWN/openid-configuration",
        "/.well-known/OpenID-configuration",
        "/{openid}",
        "/.well-known/jwks.json/",
    ];
    assert_places(&TestServer::start().await, &places(&["{openid}", "{oauth}"]), &places(&elsewhere)).await;
}

/// Conformance: 1, 2
#[tokio::test]
async fn with_a_path_it_comes_before_or_after_the_well_known_part_as_each_specification_says() {
    let there = ["/a/b{openid}", "{openid}/a/b", "{oauth}/a/b"];
    let elsewhere = [
        "{openid}",
        "{oauth}",
        "/a/b{oauth}",
        "/a/b{openid}/",
        "{openid}/a/b/",
        "{oauth}/a/b/",
        "{openid}/a",
        "{oauth}/a",
        "/a{openid}/b",
        "/a{oauth}/b",
        "{openid}/a/c",
        "{oauth}/a/bc",
        "{oauth}/c/a/b",
        "{oauth}/a/b/a/b",
        "{oauth}//a/b",
        "/a/b/a/b{openid}",
        "/a/b{openid}/a/b",
        "/a/c{openid}",
        "/A/b{openid}",
        "//a/b{openid}",
        "/%61/b{openid}",
        "/a%2Fb{openid}",
        "/a/b/%2ewell-known/openid-configuration",
        "/.well-known/jwks.json",
        "/.well-known/jwks.json/a/b",
    ];
    let server = TestServer::start_below("/a/b").await;
    assert_places(&server, &places(&there), &places(&elsewhere)).await;
    let keys = server.get("/.well-known/jwks.json").await;
    assert_eq!((keys.status.as_u16(), keys.header("access-control-allow-origin")), (200, Some("*")));
    assert_eq!(server.get(OPENID).await.json()["jwks_uri"], server.url("/.well-known/jwks.json"));
}

/// What is not below the issuer is not the server's: in whatever form the answer is wanted, it is the usual one.
#[tokio::test]
async fn nothing_is_answered_outside_of_the_issuers_path() {
    let server = TestServer::start_below("/tenant").await;
    for path in ["/", "/token", "/login", "/tenants", "/tenantlogin", "/health/live", "/docs", "/assets/claviger.css"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            ask(&server, method, path).await.assert_error(404, "not_found");
        }
    }
    let origin = server.issuer.strip_suffix("/tenant").unwrap();
    let page = Answer::of(server.http.get(format!("{origin}/login")).header("accept", "text/html").send().await.unwrap()).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("not_found") && page.body.contains(page.trace_id()), "{}", page.body);
    assert!(page.body.contains("href=\"/tenant/assets/claviger.css\""), "{}", page.body);
    let problem = server.get("/api/v1/nowhere").await;
    assert_eq!((problem.status.as_u16(), problem.header("content-type")), (404, Some("application/problem+json")));
}
