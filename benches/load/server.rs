//! The release binary, installed in a folder of its own and started as an operator would.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::Outcome;
use crate::client::Form;
use crate::cores::on;

const BINARY: &str = env!("CARGO_BIN_EXE_claviger");
const PASSWORD: &str = "correct horse battery staple";
/// A server that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(10);

/// The size of the binary, in megabytes.
pub(crate) fn binary() -> Outcome<f64> {
    Ok(f64::from(u32::try_from(fs::metadata(BINARY)?.len())?) / 1e6)
}

/// A configuration, a migrated database, an API, a machine, an application and a person.
pub(crate) struct Installation {
    folder: TempDir,
    address: SocketAddr,
    machine_secret: String,
    application_secret: String,
}

impl Installation {
    pub(crate) fn new() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let (path, port) = (folder.path().display(), address.port());
        let config = format!(
            "issuer = \"http://localhost:{port}\"\n[server]\nlisten = [\"{address}\"]\n[database]\nurl = \"sqlite://{path}/claviger.db\"\n\
             [keys]\nfolder = \"{path}/keys\"\n"
        );
        fs::write(folder.path().join("claviger.toml"), config)?;
        let mut installation = Self { folder, address, machine_secret: String::new(), application_secret: String::new() };
        installation.run(&["migrate"])?;
        installation.run(&["apis", "add", "https://api.example.com", "--name", "Orders", "--scope", "orders:read=see your orders"])?;
        installation.run(&["users", "add", "alice"])?;
        installation.machine_secret = installation.add_client("machine", &["--grant", "client_credentials"])?;
        installation.application_secret =
            installation.add_client("application", &["--first-party", "--grant", "password", "--grant", "refresh_token"])?;
        Ok(installation)
    }

    /// How the machine asks for a token.
    pub(crate) fn machine(&self) -> Outcome<Form> {
        Form::new(self.address, "machine", &self.machine_secret, &[("grant_type", "client_credentials")])
    }

    /// How the application logs the person in.
    pub(crate) fn person(&self) -> Outcome<Form> {
        let fields = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)];
        Form::new(self.address, "application", &self.application_secret, &fields)
    }

    /// Starts the server on the cores and waits until it is ready.
    pub(crate) fn start(&self, cores: &[usize]) -> Outcome<Server> {
        let (config, log) = (self.config(), File::create(self.folder.path().join("server.log"))?);
        let (start, child) = on(cores, || {
            let mut serve = Command::new(BINARY);
            serve.arg("serve").arg("--config").arg(config).stdin(Stdio::null()).stderr(log);
            Ok((Instant::now(), serve.spawn()?))
        })?;
        let mut server = Server { child, ready_after: Duration::ZERO };
        while !is_ready(self.address) {
            if start.elapsed() > PATIENCE || server.child.try_wait()?.is_some() {
                return Err("the server does not get ready".into());
            }
            thread::sleep(Duration::from_micros(100));
        }
        server.ready_after = start.elapsed();
        Ok(server)
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("claviger.toml")
    }

    fn add_client(&self, id: &str, more: &[&str]) -> Outcome<String> {
        let arguments = [&["clients", "add", id, "--name", id, "--scope", "orders:read"], more].concat();
        let output = self.run(&arguments)?;
        Ok(output.split_whitespace().last().unwrap_or_default().to_owned())
    }

    /// Runs a command of the binary, with the password on its standard input, and returns what it says.
    fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let mut command = Command::new(BINARY);
        command.args(arguments).arg("--config").arg(self.config()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        // Dropped at once, which ends it. A command that reads nothing may be gone already.
        let _ = child.stdin.take().map(|mut stdin| writeln!(stdin, "{PASSWORD}"));
        let output = child.wait_with_output()?;
        if !output.status.success() {
            return Err(format!("claviger {} failed", arguments.join(" ")).into());
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// A running server. It ends when this is dropped.
pub(crate) struct Server {
    child: Child,
    ready_after: Duration,
}

impl Server {
    /// The time from its start to its first answer that said that it is ready.
    pub(crate) const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Resident memory in megabytes.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("there is no VmRSS")?;
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kibibytes * 1024.0 / 1e6)
    }

    /// Tells it to stop, and waits.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After `stop` there is nothing left to end, and nothing is.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(stream, "GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok::<_, std::io::Error>(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}
