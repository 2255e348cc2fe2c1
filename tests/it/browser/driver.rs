//! chromedriver, which starts a Chromium and steers it. Each test has its own, with a home of its own, and both end with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::thread::available_parallelism;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Browsers at a time: each keeps a core busy.
static SEATS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(available_parallelism().map_or(2, usize::from).min(8)));

/// How often chromedriver is started anew because its port is taken.
const ATTEMPTS: usize = 20;

pub struct Driver {
    process: Child,
    /// Kept open: chromedriver may have more to say.
    _stdout: BufReader<ChildStdout>,
    pub port: u16,
    /// Profiles and whatever else they write.
    _home: TempDir,
    _seat: SemaphorePermit<'static>,
}

impl Driver {
    pub async fn start() -> Self {
        let seat = SEATS.acquire().await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let (process, stdout, port) = (0..ATTEMPTS).find_map(|_| launch(&home)).expect("chromedriver finds a port");
        Self { process, _stdout: stdout, port, _home: home, _seat: seat }
    }

    /// Has it end the browser and itself. Killed, it would leave the browser behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(connection, "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.port)?;
        connection.read_to_end(&mut Vec::new()).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.shut_down().is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Starts chromedriver; `None` if the port that it tried is taken. It has the system choose one for IPv6, and wants that same one for IPv4.
fn launch(home: &TempDir) -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").env("HOME", home.path()).env("TMPDIR", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_CACHE_HOME");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap_or_else(|error| {
        panic!("chromedriver does not start ({error}): install Debian's chromium and chromium-driver, or run scripts/test, which does")
    });
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut said = String::new();
    while stdout.read_line(&mut said).is_ok_and(|read| read > 0) {
        if let Some((_, port)) = said.trim_end().trim_end_matches('.').rsplit_once("started successfully on port ") {
            return Some((process, stdout, port.parse().unwrap()));
        }
    }
    process.wait().unwrap();
    assert!(said.contains("port not available"), "chromedriver did not start: {said}");
    None
}
