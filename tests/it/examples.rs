//! The examples start as their READMEs say. `browser::example` starts them by what is read here, and these tests hold it against what the
//! demo clients are registered for.

use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::Table;

/// How a README says that an example in Python is started.
pub struct Documented {
    /// The module and what it is in there.
    pub application: String,
    pub port: u16,
}

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn read(name: &str, file: &str) -> String {
    std::fs::read_to_string(folder(name).join(file)).unwrap_or_else(|error| panic!("examples/{name}/{file}: {error}"))
}

/// The lines of the first block of shell commands in the README.
fn commands(name: &str) -> Vec<String> {
    let readme = read(name, "README.md");
    let start = readme.split_once("## Start it").unwrap_or_else(|| panic!("{name}: no \"Start it\"")).1;
    let block = start.split_once("```sh\n").unwrap().1.split_once("```").unwrap().0;
    block.lines().map(str::to_owned).collect()
}

/// What the README of an example in Python says.
pub fn documented(name: &str) -> Documented {
    let commands = commands(name);
    let [venv, install, start] = commands.as_slice() else { panic!("{name}: {commands:?}") };
    assert_eq!((venv.as_str(), install.as_str()), ("python3 -m venv .venv", ".venv/bin/pip install -r requirements.txt"), "{name}");
    let words: Vec<&str> = start.split(' ').collect();
    let [".venv/bin/uvicorn", application, "--port", port] = words[..] else { panic!("{name}: {start}") };
    Documented { application: application.to_owned(), port: port.parse().unwrap() }
}

/// What a script of the browser application's `package.json` gives to Vite.
pub fn of_script(name: &str) -> Vec<String> {
    let package: Value = serde_json::from_str(&read("spa", "package.json")).unwrap();
    let script = package["scripts"][name].as_str().unwrap_or_else(|| panic!("there is no script {name}"));
    let mut words = script.split(' ');
    assert_eq!(words.next(), Some("vite"), "{script}");
    words.map(str::to_owned).collect()
}

/// A client of the demo data.
fn client(id: &str) -> Table {
    let demo: Table = include_str!("../../examples/demo.toml").parse().unwrap();
    let clients = demo["client"].as_array().unwrap().iter().map(|client| client.as_table().unwrap());
    clients.clone().find(|client| client["client_id"].as_str() == Some(id)).unwrap_or_else(|| panic!("there is no client {id}")).clone()
}

/// Asserts that a list of a client of the demo data has this.
#[track_caller]
fn assert_registered(id: &str, member: &str, uri: &str) {
    let client = client(id);
    let listed = client[member].as_array().unwrap();
    assert!(listed.iter().any(|known| known.as_str() == Some(uri)), "{id} has no {uri} among its {member}: {listed:?}");
}

#[test]
fn the_scripts_of_the_browser_application_are_those_that_its_readme_names() {
    let arguments = ["dev", "build", "preview"].map(|script| of_script(script).join(" "));
    assert_eq!(arguments, ["", "build", "preview"]);
    assert_eq!(commands("spa"), ["npm ci", "npm run dev"]);
    let readme = read("spa", "README.md");
    assert!(readme.contains("`npm run build && npm run preview`"));
    for script in readme.split("npm run ").skip(1) {
        let name: String = script.chars().take_while(char::is_ascii_alphanumeric).collect();
        of_script(&name);
    }
    assert!(folder("spa").join("package-lock.json").exists(), "npm ci needs it");
}

#[test]
fn the_browser_application_is_where_its_clients_are_registered() {
    let configured = read("spa", "vite.config.js");
    let address = configured.lines().find(|line| line.contains("const address = ")).unwrap();
    assert!(address.contains("host: 'localhost', port: 5173, strictPort: true"), "{address}");
    assert!(configured.contains("server: address") && configured.contains("...address"), "for both ways to serve it: {configured}");
    assert!(read("spa", "README.md").contains("Open <http://localhost:5173>"));
    assert!(read("spa", ".env").lines().any(|line| line == "VITE_CLIENT_ID=demo-spa"));
    assert_registered("demo-spa", "redirect_uris", "http://localhost:5173/callback");
    assert_registered("demo-spa", "post_logout_redirect_uris", "http://localhost:5173/");
    assert_registered("demo-spa", "cors_origins", "http://localhost:5173");
    assert_registered("demo-web", "redirect_uris", "http://localhost:5173/backend-callback");
    assert_registered("demo-web", "post_logout_redirect_uris", "http://localhost:5173/");
}

#[test]
fn the_web_application_is_where_its_client_is_registered() {
    let Documented { application, port } = documented("webapp");
    assert_eq!(application, "main:app");
    let base = format!("http://localhost:{port}");
    assert!(read("webapp", "README.md").contains(&format!("Open <{base}>")));
    assert!(read("webapp", "settings.py").contains(&format!("os.environ.get(\"BASE_URL\", \"{base}\")")));
    assert!(read("webapp", "main.py").contains("f\"{BASE_URL}/callback\""));
    assert_registered("demo-web", "redirect_uris", &format!("{base}/callback"));
    assert_registered("demo-web", "post_logout_redirect_uris", &format!("{base}/"));
}

#[test]
fn the_api_is_where_others_look_for_it() {
    let Documented { application, port } = documented("fastapi");
    assert_eq!(application, "main:app");
    let base = format!("http://localhost:{port}");
    assert!(read("fastapi", "README.md").contains(&format!("Open <{base}/docs>")));
    assert!(read("spa", ".env").lines().any(|line| line == format!("VITE_API={base}")));
    let settings = read("fastapi", "settings.py");
    assert!(settings.contains(&format!("\"{base}\"")), "{settings}");
    assert_registered("demo-spa", "redirect_uris", &format!("{base}/docs/oauth2-redirect"));
    let demo: Table = include_str!("../../examples/demo.toml").parse().unwrap();
    assert_eq!(demo["api"][0]["identifier"].as_str(), Some(base.as_str()));
}

#[test]
fn their_settings_default_to_a_server_and_clients_that_are_there() {
    for (name, file) in [("fastapi", "settings.py"), ("webapp", "settings.py"), ("spa", ".env")] {
        let text = read(name, file);
        assert!(text.contains("http://localhost:8080"), "{name}: {text}");
        let readme = read(name, "README.md");
        let table: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `")).collect();
        assert!(table.iter().any(|line| line.contains("`http://localhost:8080`")), "{name}: {table:?}");
    }
    let web = client("demo-web");
    for name in ["fastapi", "webapp"] {
        let settings = read(name, "settings.py");
        for text in [web["client_id"].as_str().unwrap(), web["client_secret"].as_str().unwrap()] {
            assert!(settings.contains(&format!("\"{text}\"")), "{name}: {text}");
        }
    }
}
