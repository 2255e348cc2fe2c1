//! The first to see a request: it gives it an id, finds out which address asks, and answers even when a handler panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use ipnet::IpNet;
use poem::http::{HeaderValue, StatusCode};
use poem::{Endpoint, Middleware, Request, Response, Result};
use tracing::Instrument;

use super::client_address::ClientAddress;
use super::refusal::{Refused, Wanted, write_error_page};
use super::why::Why;
use crate::protocol::explanation::{Asked, shown};
use crate::protocol::issuer::Issuer;
use crate::random::Random;

pub use crate::protocol::trace_id::TraceId;

/// The header that carries the trace id of an answer.
pub const TRACE_ID: &str = "trace-id";

/// The middleware. Handlers below it find a [`TraceId`] and a [`ClientAddress`] among the request's data, everything that
/// they log carries the trace id, and every answer has it in its `Trace-Id` header.
#[derive(Clone)]
pub struct Trace {
    issuer: Issuer,
    random: Random,
    trusted_proxies: Arc<[IpNet]>,
    why: Option<Why>,
}

impl Trace {
    /// Traces what reaches the server that `issuer` names, with ids from `random`; only `trusted_proxies` may say for whom they ask.
    #[must_use]
    pub fn new(issuer: Issuer, random: Random, trusted_proxies: &[IpNet]) -> Self {
        Self { issuer, random, trusted_proxies: trusted_proxies.into(), why: None }
    }

    /// The same, and tells why requests are refused.
    #[must_use]
    pub fn telling(self, why: Why) -> Self {
        Self { why: Some(why), ..self }
    }
}

impl<E: Endpoint> Middleware<E> for Trace {
    type Output = Traced<E>;

    fn transform(&self, inner: E) -> Self::Output {
        Traced { inner, trace: self.clone() }
    }
}

/// An endpoint below [`Trace`].
pub struct Traced<E> {
    inner: E,
    trace: Trace,
}

impl<E: Endpoint> Endpoint for Traced<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let trace_id = TraceId::new(self.trace.random.bytes());
        let client = ClientAddress::of(&request, &self.trace.trusted_proxies);
        // The query is left out: it may carry codes, states and hints. Of the path, what looks like a secret is.
        let span = tracing::info_span!(
            "request",
            trace_id = trace_id.as_str(),
            method = shown(request.method().as_str()),
            path = shown(request.uri().path()),
            client = %client,
        );
        request.set_data(trace_id.clone());
        request.set_data(client);
        let mut answer = self.answer(request, &trace_id).instrument(span).await;
        if let Ok(value) = HeaderValue::try_from(trace_id.as_str()) {
            answer.headers_mut().insert(TRACE_ID, value);
        }
        Ok(answer)
    }
}

impl<E: Endpoint> Traced<E> {
    async fn answer(&self, request: Request, trace_id: &TraceId) -> Response {
        let path = request.uri().path();
        let wanted = Wanted::by(self.trace.issuer.own_path(path).unwrap_or(path), request.headers());
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let answer = AssertUnwindSafe(self.inner.get_response(request)).catch_unwind().await;
        // The panic itself has been logged by `panics::log`, which knows where it happened.
        let mut answer = answer.unwrap_or_else(|_| Refused::of(StatusCode::INTERNAL_SERVER_ERROR).answer(wanted, Some(trace_id)));
        if let Some(why) = &self.trace.why {
            let asked = || Asked { trace_id: trace_id.clone(), method: method.to_string(), path: uri.path().to_owned() };
            why.tell(asked, &mut answer).await;
        }
        write_error_page(&mut answer, &self.trace.issuer, trace_id, None);
        tracing::debug!(status = answer.status().as_u16(), "answered");
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::endpoint::make_sync;
    use poem::http::Uri;
    use poem::{EndpointExt, Route, get};
    use std::collections::HashSet;
    use std::io;
    use std::sync::{Mutex, PoisonError};
    use tracing::Level;
    use tracing::instrument::WithSubscriber;
    use tracing_subscriber::fmt::MakeWriter;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Written {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn app() -> impl Endpoint {
        let seen = |request: Request| {
            assert!(request.data::<ClientAddress>().is_some());
            request.data::<TraceId>().map(ToString::to_string).unwrap_or_default()
        };
        Route::new()
            .at("/seen", get(make_sync(seen)))
            .at("/panics", get(make_sync(|_| -> Response { panic!("a secret") })))
            .with(Trace::new(Issuer::parse("https://login.example.com").unwrap(), Random::seeded(7), &[]))
    }

    async fn ask(app: &impl Endpoint, method: &str, uri: &'static str) -> (u16, String, String) {
        let request = Request::builder().method(method.parse().unwrap()).uri(Uri::from_static(uri)).finish();
        let answer = app.get_response(request).await;
        let trace_id = answer.header(TRACE_ID).unwrap().to_owned();
        (answer.status().as_u16(), trace_id, answer.into_body().into_string().await.unwrap())
    }

    #[tokio::test]
    async fn every_answer_has_a_trace_id_of_its_own() {
        let app = app();
        let mut ids = HashSet::new();
        for (method, uri, expected) in [("GET", "/seen", 200), ("GET", "/nowhere", 404), ("POST", "/seen", 405), ("GET", "/panics", 500)] {
            let (status, trace_id, body) = ask(&app, method, uri).await;
            assert_eq!(status, expected, "{method} {uri}");
            assert!(trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{trace_id}");
            assert!(uri != "/seen" || status != 200 || body == trace_id, "the handler sees the id that the answer carries");
            assert!(!body.contains("secret"), "{body}");
            ids.insert(trace_id);
        }
        assert_eq!(ids.len(), 4);
    }

    #[tokio::test]
    async fn the_log_has_the_path_and_the_trace_id_but_not_the_query() {
        let written = Written::default();
        let log = tracing_subscriber::fmt().with_max_level(Level::DEBUG).with_ansi(false).with_writer(written.clone()).finish();
        let (_, trace_id, _) = async { ask(&app(), "GET", "/seen?code=hunter2").await }.with_subscriber(log).await;
        let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert!(log.contains("/seen") && log.contains(&trace_id) && log.contains("status=200"), "{log}");
        assert!(!log.contains("hunter2"), "{log}");
    }
}
