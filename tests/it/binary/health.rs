//! `claviger health`: the exit status and the sentence that whoever keeps the server running goes by.

use std::io::{Read, Write};
use std::net::TcpListener;

use tokio::runtime::Handle;

use crate::binary::program::Site;
use crate::database::Database;

const HEALTH: [&str; 3] = ["health", "--config", "claviger.toml"];

#[tokio::test]
async fn a_server_that_is_ready_is_found_wherever_it_listens() {
    let site = Site::configured();
    site.configure("sqlite://claviger.db", "migrate_on_start = true\n");
    let _running = site.serve().await;
    assert_eq!(site.succeed(&HEALTH), "The server is ready.\n");
    // What a container listens on; nobody but this machine is asked.
    for listen in [format!("0.0.0.0:{}", site.port), format!("[::]:{}", site.port), format!("[::1]:{0},127.0.0.1:{0}", site.port)] {
        let said = site.run_with(&HEALTH, &[("CLAVIGER_SERVER_LISTEN", &listen)], "").succeeded();
        assert_eq!(said, "The server is ready.\n", "{listen}");
    }
}

#[tokio::test]
async fn a_server_is_found_below_the_path_of_its_issuer() {
    let mut site = Site::configured();
    site.issuer.push_str("/tenant");
    site.configure("sqlite://claviger.db", "migrate_on_start = true\n");
    let _running = site.serve().await;
    assert_eq!(site.succeed(&HEALTH), "The server is ready.\n");
}

#[tokio::test]
async fn the_server_of_a_developer_is_found_on_its_port() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    assert_eq!(site.succeed(&["health", "--data", "data"]), "The server is ready.\n");
}

#[test]
fn where_nobody_listens_it_asks_whether_the_server_runs() {
    let site = Site::configured();
    let said = site.run(&HEALTH).failed();
    assert_eq!(said, format!("claviger: nobody listens at 127.0.0.1:{}. Is the server running?\n", site.port));
    assert!(!site.path("claviger.db").exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_a_server_that_lost_its_database_is_not_ready() {
    let story = |database: Database| async move {
        let here = Handle::current();
        tokio::task::spawn_blocking(move || here.block_on(from_ready_to_not_ready(&database))).await.unwrap();
    };
    Database::postgres().await.lend(story).await;
}

async fn from_ready_to_not_ready(database: &Database) {
    let site = Site::configured();
    site.configure(&database.url, "");
    let _running = site.serve().await;
    site.succeed(&HEALTH);
    database.remove().await;
    let said = site.run(&HEALTH).failed();
    assert!(said.contains("the server runs, but it is not ready: its database does not answer"), "{said}");
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for() {
    let site = Site::configured();
    let _silent = TcpListener::bind(("127.0.0.1", site.port)).unwrap();
    let said = site.run(&HEALTH).failed();
    assert!(said.contains(&format!("did not answer at 127.0.0.1:{} within 3 s", site.port)), "{said}");
}

#[test]
fn another_program_on_the_port_is_not_taken_for_the_server() {
    let site = Site::configured();
    let other = TcpListener::bind(("127.0.0.1", site.port)).unwrap();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        let mut request = [0; 1024];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    let said = site.run(&HEALTH).failed();
    assert!(said.contains("does not seem to be Claviger: it says 404 Not Found"), "{said}");
    let request = asked.join().unwrap();
    assert!(request.starts_with("GET /health/ready HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("host: localhost:{}\r\n", site.port)), "{request}");
}
