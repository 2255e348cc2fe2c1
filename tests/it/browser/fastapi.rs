//! The FastAPI example's own documentation page, with the program and the example as their users start them.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::chromium::Chromium;
use super::swagger::Swagger;
use crate::binary::program::Site;

/// Where the example is for the browser, and what it is registered as.
const ADDRESS: &str = "localhost:8000";

/// The example, which ends with the test.
struct Example {
    process: Child,
    port: u16,
}

impl Example {
    fn start(issuer: &str) -> Self {
        let python = std::env::var("CLAVIGER_TEST_PYTHON").unwrap_or_else(|_| {
            panic!("CLAVIGER_TEST_PYTHON names no Python that has the example's requirements: run scripts/test, which installs one")
        });
        // It gets a socket that listens already, so that nobody takes the port meanwhile and the first request waits for it.
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let process = Command::new(python)
            .args(["-B", "-m", "uvicorn", "main:app", "--fd", "0", "--log-level", "warning"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fastapi"))
            .env("ISSUER", issuer)
            .env_remove("AUDIENCE")
            .stdin(Stdio::from(OwnedFd::from(listener)))
            .spawn()
            .unwrap();
        Self { process, port }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn its_authorize_button_works_by_code() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::start(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    browser.excuse("/items - Failed to load resource: the server responded with a status of 401");
    let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
    assert_eq!(page.execute("list_items_items_get").await, "401");

    page.authorize_by_code(async |browser| {
        browser.sees("Sign in\nto continue to Demo browser application").await;
        browser.sign_in("alice", "wonderland").await;
        browser.sees("You then return to localhost:8000").await;
        browser.press("Allow").await;
    })
    .await;
    assert_eq!(page.execute("list_items_items_get").await, "200");
    browser.sees("lantern").await;
    browser.close().await;
}

#[tokio::test]
async fn its_authorize_button_works_by_password() {
    let site = Site::new();
    let _server = site.dev_with_keys().await;
    let example = Example::start(&site.issuer);
    let browser = Chromium::start_with(&[(ADDRESS, example.port)]).await;
    let page = Swagger::open(&browser, "http://localhost:8000/docs").await;
    page.authorize_by_password("demo-password", "alice", "wonderland").await;
    assert_eq!(page.execute("list_items_items_get").await, "200");
    browser.sees("lantern").await;
    assert_eq!(page.execute("me_me_get").await, "200");
    browser.sees("\"client_id\": \"demo-password\"").await;
    browser.close().await;
}
