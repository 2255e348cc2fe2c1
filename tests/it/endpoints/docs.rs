//! The documentation: there only where the operator wants it, kept in by its policy, and small on the wire.

use std::io::Read;

use claviger::{http, pages};
use flate2::read::GzDecoder;
use reqwest::Method;

use crate::actors::{Answer, TestServer};

const PAGE: &str = "/docs";
const RETURN: &str = "/docs/oauth2-redirect.html";

fn paths() -> impl Iterator<Item = &'static str> {
    http::DOCS_METHODS.iter().chain(&pages::docs::METHODS).map(|(path, _)| *path)
}

/// The addresses that a page loads or links to.
fn addresses(page: &str) -> Vec<&str> {
    let starts = ["src=\"", "href=\""];
    starts.iter().flat_map(|start| page.split(start).skip(1)).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn there_is_none_unless_the_operator_wants_it() {
    let server = TestServer::start().await;
    for path in paths() {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let answer = Answer::of(server.request(method.clone(), path).send().await.unwrap()).await;
            assert_eq!(answer.status, 404, "{method} {path}");
            assert_eq!(answer.header("allow"), None);
        }
    }
    assert!(!server.get("/").await.body.contains("/docs"));

    let server = TestServer::start_documented().await;
    assert!(server.get("/").await.body.contains("href=\"/docs\""));
    for path in paths() {
        assert_eq!(server.get(path).await.status, 200, "{path}");
        let refused = server.post(path, None, &[]).await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, Some("GET, HEAD")), "{path}");
    }
}

#[tokio::test]
async fn its_pages_run_scripts_of_ours_alone_and_keep_their_opener() {
    let server = TestServer::start_documented().await;
    let policies = [
        (
            PAGE,
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
        (RETURN, "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'self'"),
    ];
    for (path, policy) in policies {
        let answer = server.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        assert_eq!(answer.header("content-security-policy"), Some(policy));
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("cross-origin-opener-policy"), None, "a pop-up has to find the window that opened it");
        assert_eq!(answer.header("set-cookie"), None);
        for address in addresses(&answer.body).into_iter().filter(|address| !address.starts_with('#')) {
            assert!(address.starts_with('/'), "{path} leads to {address}");
            assert_eq!(server.get(address).await.status, 200, "{path} leads to {address}");
        }
    }
    let page = server.get(PAGE).await.body;
    assert!(page.contains("data-client-id=\"claviger-docs\""), "{page}");
    assert!(page.contains(&format!("data-redirect-url=\"{}\"", server.url(RETURN))), "{page}");
}

#[tokio::test]
async fn the_page_that_a_sign_in_returns_to_shows_nothing_of_the_answer() {
    let server = TestServer::start_documented().await;
    let answer = server.get(&format!("{RETURN}?code=c0de&state=%3Cscript%3E&error_description=%3Cimg%20src=x%3E")).await;
    assert_eq!(answer.body, server.get(RETURN).await.body);
}

#[tokio::test]
async fn swagger_ui_stays_packed_for_whoever_can_unpack_it() {
    let server = TestServer::start_documented().await;
    let page = server.get(PAGE).await.body;
    let packed: Vec<_> =
        addresses(&page).into_iter().filter(|address| address.contains("/swagger-ui.") || address.contains("bundle")).collect();
    assert_eq!(packed.len(), 2, "{page}");
    for path in packed {
        let plain = server.request(Method::GET, path).header("accept-encoding", "identity").send().await.unwrap();
        let small = server.request(Method::GET, path).header("accept-encoding", "gzip, br").send().await.unwrap();
        assert_eq!(plain.headers().get("content-encoding"), None);
        assert_eq!(small.headers()["content-encoding"], "gzip");
        for answer in [&plain, &small] {
            let expected = if path.contains("bundle") { "text/javascript; charset=utf-8" } else { "text/css; charset=utf-8" };
            assert_eq!(answer.headers()["content-type"], expected);
            assert_eq!(answer.headers()["vary"], "Accept-Encoding");
            assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        }
        let (plain, small) = (plain.bytes().await.unwrap(), small.bytes().await.unwrap());
        let mut unpacked = Vec::new();
        GzDecoder::new(&*small).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == plain && small.len() * 3 < plain.len(), "{path}: {} {}", small.len(), plain.len());
    }
}

#[tokio::test]
async fn the_licences_come_with_it() {
    let server = TestServer::start_documented().await;
    let page = server.get(PAGE).await.body;
    let path = addresses(&page).into_iter().find(|address| address.ends_with("LICENSE.txt")).unwrap();
    let text = server.get(path).await.body;
    assert!(text.contains("SmartBear") && text.contains("Apache License") && text.contains("MIT"), "{text}");
}
