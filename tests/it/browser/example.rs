//! The examples, started as their users start them, on ports of their own. Each ends with the test.

use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::binary::program::{eventually, free_port};
use crate::examples::{documented, folder, of_script};

/// The settings of the programs in Python, which have their defaults here.
const SETTINGS: [&str; 9] =
    ["AUDIENCE", "FRONTEND", "BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "API_ID", "API_SECRET", "API_KEY_IN_QUERY", "COOKIE_SECRET"];

pub struct Example {
    process: Child,
    pub port: u16,
    /// What was built for it.
    _built: Option<TempDir>,
}

impl Example {
    /// `examples/fastapi`.
    pub fn fastapi(issuer: &str) -> Self {
        Self::uvicorn("fastapi", issuer)
    }

    /// `examples/webapp`.
    pub fn webapp(issuer: &str) -> Self {
        Self::uvicorn("webapp", issuer)
    }

    /// `examples/spa`, built and then served, as `npm run build` and `npm run preview` do.
    pub async fn spa(issuer: &str) -> Self {
        let built = tempfile::tempdir().unwrap();
        let place = built.path().to_str().unwrap();
        let output = vite(issuer, "build").args(["--emptyOutDir", "--outDir", place]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Self::serve(vite(issuer, "preview").args(["--outDir", place]), Some(built)).await
    }

    /// `examples/spa`, as `npm run dev` serves it: from its source.
    pub async fn spa_from_source(issuer: &str) -> Self {
        Self::serve(&mut vite(issuer, "dev"), None).await
    }

    /// The same, with a button for another provider that the server has.
    pub async fn spa_with_provider(issuer: &str, provider: &str) -> Self {
        Self::serve(vite(issuer, "dev").env("VITE_PROVIDER", provider), None).await
    }

    fn uvicorn(name: &str, issuer: &str) -> Self {
        let python = std::env::var("CLAVIGER_TEST_PYTHON").unwrap_or_else(|_| {
            panic!("CLAVIGER_TEST_PYTHON names no Python that has the examples' requirements: run scripts/test, which installs one")
        });
        // It gets a socket that listens already, so that nobody takes the port meanwhile and the first request waits for it.
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut command = Command::new(python);
        command
            .args(["-B", "-m", "uvicorn", &documented(name).application, "--fd", "0", "--log-level", "warning"])
            .current_dir(folder(name));
        for setting in SETTINGS {
            command.env_remove(setting);
        }
        let process = command.env("ISSUER", issuer).stdin(Stdio::from(OwnedFd::from(listener))).spawn().unwrap();
        Self { process, port, _built: None }
    }

    async fn serve(command: &mut Command, built: Option<TempDir>) -> Self {
        let port = free_port();
        let process = command.args(["--host", "127.0.0.1", "--port", &port.to_string()]).spawn().unwrap();
        let mut example = Self { process, port, _built: built };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        eventually("Vite to be ready", async || {
            let ended = example.process.try_wait().unwrap();
            assert!(ended.is_none(), "Vite ended with {ended:?}: its output stands above");
            let answer = http.get(format!("http://127.0.0.1:{port}/")).send().await.ok()?;
            (answer.status() == 200).then_some(())
        })
        .await;
        example
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a script of `package.json` runs; npm in between would leave it running when it is killed itself.
fn vite(issuer: &str, script: &str) -> Command {
    let folder = folder("spa");
    let program = folder.join("node_modules/.bin/vite");
    assert!(program.exists(), "{} is missing: run npm ci in examples/spa, or scripts/test, which installs it", program.display());
    let mut command = Command::new(program);
    command.args(of_script(script)).args(["--logLevel", "warn", "--clearScreen", "false"]).current_dir(folder).stdin(Stdio::piped());
    for setting in ["VITE_CLIENT_ID", "VITE_API", "VITE_PROVIDER"] {
        command.env_remove(setting);
    }
    command.env("VITE_ISSUER", issuer);
    command
}
