//! Asking for tokens over connections that are kept: as fast as the answers come, or at an even pace.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::try_join_all;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant as Tick, interval_at, timeout};
use url::form_urlencoded::Serializer;

use crate::Outcome;
use crate::figures::{milliseconds, per_second};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that share an even pace.
const PACED: u32 = 4;

/// A token request, to be sent again and again.
pub(crate) struct Form {
    address: SocketAddr,
    request: Request<Full<Bytes>>,
}

impl Form {
    /// The request of a client that authenticates by `client_secret_basic`.
    pub(crate) fn new(address: SocketAddr, client: &str, secret: &str, fields: &[(&str, &str)]) -> Outcome<Self> {
        let body = Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post("/token")
            .header(HOST, address.to_string())
            .header(AUTHORIZATION, format!("Basic {}", STANDARD.encode(format!("{client}:{secret}"))))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Full::new(Bytes::from(body)))?;
        Ok(Self { address, request })
    }
}

/// Answers a second, when as many connections ask again as soon as they have an answer.
pub(crate) async fn saturate(form: &Form, connections: usize, time: Duration) -> Outcome<f64> {
    let mut connections = connect(form, connections).await?;
    let start = Instant::now();
    let counts = connections.iter_mut().map(|connection| async move {
        let mut count = 0;
        while start.elapsed() < time {
            connection.ask(form).await?;
            count += 1;
        }
        Outcome::Ok(count)
    });
    let counts = tokio::select! {
        counts = try_join_all(counts) => counts?,
        never = watch() => match never {},
    };
    Ok(per_second(counts.iter().sum(), start.elapsed()))
}

/// Keeps the generator's core awake: to wake a sleeping one for each answer would cost the server several percent of its own.
async fn watch() -> Infallible {
    loop {
        yield_now().await;
    }
}

/// Milliseconds until each answer, when so many are asked for in a second. They count from when it was due, whatever held it up.
pub(crate) async fn paced(form: &Form, each_second: u32, time: Duration) -> Outcome<Vec<f64>> {
    let mut connections = connect(form, PACED as usize).await?;
    let times = connections.iter_mut().zip(0..).map(|(connection, number)| async move {
        let step = Duration::from_secs(1) / each_second;
        let first = Tick::now() + step * number;
        let mut due = interval_at(first, step * PACED);
        let mut times = Vec::new();
        while first.elapsed() < time {
            let due = due.tick().await;
            connection.ask(form).await?;
            times.push(milliseconds(due.elapsed()));
        }
        Outcome::Ok(times)
    });
    Ok(try_join_all(times).await?.concat())
}

/// Opens connections and asks once on each, so that what is measured finds everything warm.
async fn connect(form: &Form, count: usize) -> Outcome<Vec<Connection>> {
    try_join_all((0..count).map(|_| async {
        let (sender, driver) = handshake(TokioIo::new(TcpStream::connect(form.address).await?)).await?;
        tokio::spawn(driver);
        let mut connection = Connection(sender);
        connection.ask(form).await?;
        Ok(connection)
    }))
    .await
}

struct Connection(SendRequest<Full<Bytes>>);

impl Connection {
    async fn ask(&mut self, form: &Form) -> Outcome<()> {
        let answer = async {
            self.0.ready().await?;
            let answer = self.0.send_request(form.request.clone()).await?;
            let status = answer.status();
            Outcome::Ok((status, answer.into_body().collect().await?.to_bytes()))
        };
        match timeout(PATIENCE, answer).await?? {
            (StatusCode::OK, _) => Ok(()),
            (status, body) => Err(format!("the server answered {status}: {}", String::from_utf8_lossy(&body)).into()),
        }
    }
}
