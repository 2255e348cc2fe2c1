//! The program as a child process, in a folder and on a port of its own. It ends with the test.

use std::fs::{self, File};
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::actors::copy_keys;

/// How long anything may take before the test gives up: far longer than it does, so that a busy machine makes no difference.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where a program runs.
pub struct Site {
    folder: TempDir,
    pub port: u16,
    pub issuer: String,
    pub http: reqwest::Client,
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// A server that runs. It is killed when this is dropped.
pub struct Running {
    child: Child,
    name: String,
}

/// Looks again and again until there is something to see.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Site {
    /// An empty folder.
    pub fn new() -> Self {
        let port = free_port();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { folder: tempfile::tempdir().unwrap(), port, issuer: format!("http://localhost:{port}"), http }
    }

    /// A folder with the configuration of a `serve` on SQLite, and with keys, which take a moment to make.
    pub fn configured() -> Self {
        let site = Self::new();
        copy_keys(&site.path("keys"));
        site.configure("sqlite://claviger.db", "");
        site
    }

    /// Writes `claviger.toml`.
    pub fn configure(&self, database: &str, more: &str) {
        let text = format!(
            "issuer = \"{}\"\n[server]\nlisten = [\"127.0.0.1:{}\"]\n[database]\nurl = \"{database}\"\n{more}",
            self.issuer, self.port
        );
        fs::write(self.path("claviger.toml"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// A command in this folder. Of the environment it gets what every program needs and nothing else.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.folder.path());
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn claviger(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_claviger"));
        command.args(arguments);
        command
    }

    /// Runs `claviger` to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[], "")
    }

    /// Runs `claviger` to its end, with these variables and this text to read.
    pub fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Outcome {
        let (name, mut command) = (unique_name(), self.claviger(arguments));
        command.envs(variables.iter().copied()).stdin(Stdio::piped());
        let mut child = self.spawn(command, &name);
        let mut stdin = child.child.stdin.take().unwrap();
        // A command that has no use for it may be gone already.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let start = Instant::now();
        let status = loop {
            if let Some(status) = child.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "{arguments:?} does not end: {}", self.read(&name, "out"));
            std::thread::sleep(Duration::from_millis(5));
        };
        Outcome { code: status.code(), stdout: self.read(&name, "out"), stderr: self.read(&name, "err") }
    }

    /// Runs `claviger` and expects it to do what it should.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        self.run(arguments).succeeded()
    }

    /// Starts `claviger dev` with its data in the folder `data`.
    pub async fn dev(&self) -> Running {
        self.start(&["dev", "--port", &self.port.to_string(), "--data", "data"]).await
    }

    /// The same, with keys that need not be made first.
    pub async fn dev_with_keys(&self) -> Running {
        fs::create_dir(self.path("data")).unwrap();
        copy_keys(&self.path("data/keys"));
        self.dev().await
    }

    /// Starts `claviger serve` as configured.
    pub async fn serve(&self) -> Running {
        self.start(&["serve", "--config", "claviger.toml"]).await
    }

    /// Starts a server by these arguments.
    pub async fn start(&self, arguments: &[&str]) -> Running {
        let name = unique_name();
        let mut running = self.spawn(self.claviger(arguments), &name);
        eventually("the server to be ready", async || {
            if let Some(status) = running.child.try_wait().unwrap() {
                panic!("{arguments:?} ended with {status}: {}", self.read(&name, "err"));
            }
            let answer = self.http.get(self.url("/health/ready")).send().await.ok()?;
            (answer.status() == 200).then_some(())
        })
        .await;
        running
    }

    fn spawn(&self, mut command: Command, name: &str) -> Running {
        let file = |kind: &str| Stdio::from(File::create(self.path(&format!("{name}.{kind}"))).unwrap());
        Running { child: command.stdout(file("out")).stderr(file("err")).spawn().unwrap(), name: name.to_owned() }
    }

    fn read(&self, name: &str, kind: &str) -> String {
        fs::read_to_string(self.path(&format!("{name}.{kind}"))).unwrap()
    }

    /// What a server has printed so far.
    pub fn stdout(&self, running: &Running) -> String {
        self.read(&running.name, "out")
    }

    /// What a server has logged so far.
    pub fn log(&self, running: &Running) -> String {
        self.read(&running.name, "err")
    }
}

impl Outcome {
    #[track_caller]
    pub fn succeeded(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Asserts that it did nothing and said why, in words.
    #[track_caller]
    pub fn failed(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains('\x1b'), "{self:?}");
        // A server may have warned before.
        let start =
            self.stderr.find("claviger: ").filter(|start| self.stderr[..*start].is_empty() || self.stderr[..*start].ends_with('\n'));
        self.stderr[start.unwrap_or_else(|| panic!("{self:?}"))..].to_owned()
    }
}

impl Running {
    /// Kills it as a power failure would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub fn terminate(&self) {
        self.signal("-TERM");
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        self.signal("-INT");
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Waits for its end.
    pub async fn exit_code(&mut self) -> Option<i32> {
        eventually("the server to end", async || self.child.try_wait().unwrap()).await.code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn unique_name() -> String {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    format!("run-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A port that nobody listens on, below those that the system hands out for outgoing connections, so that none takes it meanwhile.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let offset = u16::try_from(std::process::id() % 311).unwrap() * 38;
    loop {
        let port = FIRST + (offset + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
}
