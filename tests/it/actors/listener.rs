//! A client's server that is told, by its back channel or by a page in a frame, that a session is over.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use claviger::protocol::client_logout::LogoutUri;
use poem::endpoint::make;
use poem::http::StatusCode;
use poem::listener::TcpAcceptor;
use poem::{EndpointExt, Request, Response, Route};

use crate::actors::claims;
use serde_json::Value;

/// How long a message may take: far longer than it does.
const PATIENCE: Duration = Duration::from_mins(1);

/// What it answers.
#[derive(Clone, Debug)]
pub enum Answers {
    /// With this status, and nothing else.
    Status(u16),
    /// With a redirection to this URL.
    Redirect(String),
    /// Not at all.
    Never,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: String,
    /// With its query.
    pub path: String,
    pub media_type: String,
    pub has_credentials: bool,
    pub body: String,
}

impl Heard {
    /// The logout token, which is all that there is.
    #[track_caller]
    pub fn token(&self) -> &str {
        let token = self.body.strip_prefix("logout_token=").unwrap_or_else(|| panic!("{self:?}"));
        assert!(!token.contains('&'), "{self:?}");
        token
    }

    pub fn claims(&self) -> Value {
        claims(self.token())
    }
}

pub struct Listener {
    pub url: String,
    state: Arc<Mutex<(VecDeque<Answers>, Vec<Heard>)>>,
}

impl Listener {
    /// One that answers like this, one message after the other, and then always with 200.
    pub async fn start(answers: impl IntoIterator<Item = Answers>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://127.0.0.1:{}/told", listener.local_addr().unwrap().port());
        let state = Arc::new(Mutex::new((answers.into_iter().collect::<VecDeque<_>>(), Vec::new())));
        let told = Arc::clone(&state);
        let answer = make(move |mut request: Request| {
            let told = Arc::clone(&told);
            async move {
                let body = request.take_body().into_string().await.unwrap();
                let header = |name: &str| request.header(name).unwrap_or_default().to_owned();
                let heard = Heard {
                    method: request.method().to_string(),
                    path: request.uri().to_string(),
                    media_type: header("content-type"),
                    has_credentials: !header("cookie").is_empty() || !header("authorization").is_empty(),
                    body,
                };
                let answer = {
                    let mut told = told.lock().unwrap();
                    told.1.push(heard);
                    told.0.pop_front()
                };
                match answer {
                    None => Response::builder().finish(),
                    Some(Answers::Status(status)) => Response::builder().status(StatusCode::from_u16(status).unwrap()).finish(),
                    Some(Answers::Redirect(to)) => Response::builder().status(StatusCode::FOUND).header("location", to).finish(),
                    Some(Answers::Never) => std::future::pending().await,
                }
            }
        });
        let routes = Route::new().at("/*any", answer.boxed());
        tokio::spawn(poem::Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap()).run(routes));
        Self { url, state }
    }

    /// Its address, as a client registers it.
    pub fn uri(&self) -> Option<LogoutUri> {
        LogoutUri::parse(&self.url).ok()
    }

    /// What it was told so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.state.lock().unwrap().1.clone()
    }

    /// Waits until it was told as often as this.
    pub async fn hears(&self, times: usize) -> Vec<Heard> {
        let start = Instant::now();
        while self.heard().len() < times {
            assert!(start.elapsed() < PATIENCE, "waited in vain to be told {times} times: {:?}", self.heard());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.heard()
    }
}
