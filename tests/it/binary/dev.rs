//! `claviger dev`: zero configuration, on this machine only, and everything that it prints works.

use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;

use crate::actors::{Answer, Browser};
use crate::binary::program::Site;

/// Runs a line as a shell would, and returns the JSON that it prints and the status of each of its requests.
fn run_line(site: &Site, line: &str) -> (serde_json::Value, String) {
    let output = site.command("sh").args(["-c", line]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{line}: {stderr}");
    (serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{line}: {error}: {stdout}{stderr}")), stderr)
}

#[tokio::test]
async fn every_line_that_it_prints_works() {
    let site = Site::new();
    let running = site.dev().await;
    // curl says each status beside its output, which stays as it is.
    std::fs::write(site.path(".curlrc"), "silent\nshow-error\nwrite-out = \"%{stderr}%{http_code}\\n\"\n").unwrap();
    let printed = site.stdout(&running);
    for words in [
        &site.issuer,
        "/.well-known/openid-configuration",
        "/docs",
        "alice / wonderland",
        "bob / builder",
        "demo-web / demo-web-secret",
        "items:read",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    assert!(!printed.contains('\x1b'), "{printed}");
    assert_eq!(site.http.get(site.url("/docs")).send().await.unwrap().status(), 200);

    let recipes: Vec<Vec<&str>> = printed
        .split("\n\n")
        .filter(|part| part.contains("curl"))
        .map(|part| part.lines().filter_map(|line| line.strip_prefix("  ")).collect())
        .collect();
    let [password, machine, refresh, code] = recipes.as_slice() else { panic!("{recipes:?}") };
    for (recipe, requests, kind) in [(password, 1, "person"), (machine, 1, "machine"), (refresh, 2, "person")] {
        let (tokens, statuses) = run_line(&site, &recipe.join("\n"));
        assert_eq!(statuses, "200\n".repeat(requests), "{recipe:?}");
        assert!(tokens["access_token"].is_string(), "{tokens}");
        assert_eq!(tokens["refresh_token"].is_string(), kind == "person", "{tokens}");
    }

    let [url, redeem] = code.as_slice() else { panic!("{code:?}") };
    let mut browser = Browser::at(&site.issuer, &site.http);
    let back = browser.log_in_and_consent(url).await;
    let (tokens, statuses) = run_line(&site, &redeem.replace("CODE", &back.code()));
    assert_eq!(statuses, "200\n");
    let answer =
        Answer::of(site.http.get(site.url("/userinfo")).bearer_auth(tokens["access_token"].as_str().unwrap()).send().await.unwrap());
    assert_eq!(answer.await.json()["name"], "Alice Liddell");
}

#[tokio::test]
async fn another_name_is_refused() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let port = site.port;
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "localhost".to_owned(), format!("localhost:{}", port - 1)] {
        for path in ["/", "/login", "/.well-known/openid-configuration", "/token"] {
            let answer = Answer::of(site.http.get(site.url(path)).header("host", &host).send().await.unwrap()).await;
            assert_eq!(answer.status, 421, "{host} {path}");
            assert_eq!((answer.header("location"), answer.header("set-cookie")), (None, None));
            assert!(!answer.body.contains("evil"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn by_address_a_page_leads_to_the_issuer_and_nothing_else_answers() {
    let site = Site::new();
    let _running = site.dev_with_keys().await;
    let address = format!("http://127.0.0.1:{}", site.port);
    for path in ["/", "/login", "/account", "/authorize?client_id=demo-web&state=a%20b"] {
        let answer = Answer::of(site.http.get(format!("{address}{path}")).send().await.unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, Some(site.url(path).as_str())));
    }
    let form = [("grant_type", "client_credentials")];
    let request = site.http.post(format!("{address}/token")).basic_auth("demo-m2m", Some("demo-m2m-secret")).form(&form);
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.status, 421);
    assert!(!answer.body.contains("access_token"), "{}", answer.body);
    let answer = Answer::of(site.http.post(format!("{address}/login")).form(&[("username", "alice")]).send().await.unwrap()).await;
    assert_eq!(answer.status, 421);
}

#[tokio::test]
async fn nobody_else_can_reach_it_or_read_its_data() {
    let site = Site::new();
    let _running = site.dev().await;
    // As the kernel has it: `local_address` is the address and the port in hexadecimal, state 0A listens.
    let mut listening = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in std::fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let Some((address, port)) = fields[1].split_once(':')
                && fields[3] == "0A"
                && u16::from_str_radix(port, 16) == Ok(site.port)
            {
                listening.push(address.to_owned());
            }
        }
    }
    let loopback = ["0100007F", "00000000000000000000000001000000"];
    assert!(listening.contains(&loopback[0].to_owned()), "{listening:?}");
    assert!(listening.iter().all(|address| loopback.contains(&address.as_str())), "{listening:?}");

    for (name, mode) in [("data", 0o700), ("data/claviger.db", 0o600), ("data/keys", 0o700), ("data/keys/keyring.json", 0o600)] {
        assert_eq!(std::fs::metadata(site.path(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn a_taken_port_is_reported_with_the_flag_to_use() {
    let site = Site::new();
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, site.port)).unwrap();
    let said = site.run(&["dev", "--port", &site.port.to_string(), "--data", "data"]).failed();
    assert!(said.contains(&format!("port {} is taken", site.port)), "{said}");
    assert!(said.contains(&format!("claviger dev --port {}", site.port + 1)), "{said}");
}

#[test]
fn without_a_command_it_is_dev_on_port_8080() {
    let site = Site::new();
    // Whether we get it or somebody else has it: it is taken.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 8080));
    let said = site.run(&[]).failed();
    assert!(said.contains("port 8080 is taken") && said.contains("claviger dev --port 8081"), "{said}");
}

#[test]
fn a_folder_that_cannot_be_had_is_reported_with_the_flag_to_use() {
    let site = Site::new();
    std::fs::write(site.path("file"), "").unwrap();
    let said = site.run(&["dev", "--port", &site.port.to_string(), "--data", "file/data"]).failed();
    assert!(said.contains("file/data") && said.contains("--data DIR"), "{said}");
}
