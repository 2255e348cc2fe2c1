//! Which pages of other origins may read our answers (W3C Fetch §3.2).
//!
//! Documents that everybody may read are open to every origin. What browser applications call is open to the origins that their client
//! registered: a preflight can't tell which client will ask, so it admits the origin of any enabled client; the answer itself is
//! readable by the origins of the client that it is for, and only the endpoint knows that one: it says so through [`CorsAnswer`].
//! Nothing else is shared, pages least of all, and cookies never count.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Endpoint, Middleware, Request, Response, Result};

use super::refusal::Refused;
use super::why::explained;
use crate::protocol::explanation::{Explanation, Fact};

const ALLOWED_HEADERS: &str = "Authorization, Content-Type, Accept, DPoP, MCP-Protocol-Version, X-Requested-With";
const EXPOSED_HEADERS: &str = "WWW-Authenticate, Retry-After, Trace-Id";
const PREFLIGHT_VARIES: &str = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
/// What to do about an origin that nobody registered.
const ADVICE: &str = "If the web application is known, add its origin to the client's cors_origins.";
const MAX_AGE_SECONDS: &str = "3600";

/// What other origins may do with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// Who may.
    pub with: SharedWith,
    /// The methods, as they stand in `Access-Control-Allow-Methods`.
    pub methods: &'static str,
}

/// Who may read the answers of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedWith {
    /// Every origin.
    Everyone,
    /// The origins of the client that an answer is for.
    ItsClient,
}

/// The paths that are shared; a path that is not named here is not.
#[must_use]
pub fn shared(path: &str) -> Option<Shared> {
    let its_client = |methods| Some(Shared { with: SharedWith::ItsClient, methods });
    match path {
        "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server" | "/.well-known/jwks.json" => {
            Some(Shared { with: SharedWith::Everyone, methods: "GET, HEAD" })
        }
        "/token" | "/revoke" => its_client("POST"),
        "/userinfo" => its_client("GET, HEAD, POST"),
        "/me" => its_client("GET, HEAD"),
        _ => None,
    }
}

/// How an endpoint says that the origin which asks belongs to the client that the answer is for. It is among the request's data.
#[derive(Clone, Debug)]
pub struct CorsAnswer {
    origin: Option<HeaderValue>,
    allowed: Arc<AtomicBool>,
}

impl CorsAnswer {
    /// Lets the origin that asks read the answer, refusals included, if it is one of `registered`. Call this once the client is known
    /// for certain, never for a client that a request merely names in something that was not verified.
    pub fn allow_among<'a>(&self, registered: impl IntoIterator<Item = &'a str>) {
        let Some(origin) = &self.origin else { return };
        if registered.into_iter().any(|registered| registered.as_bytes() == origin.as_bytes()) {
            self.allowed.store(true, Ordering::Relaxed);
        }
    }
}

/// The middleware. `L` looks an origin up among those that enabled clients registered; what it can't find out is `false`.
#[derive(Clone)]
pub struct Cors<L> {
    is_registered: L,
}

impl<L> Cors<L> {
    /// Shares our paths with the origins that `is_registered` knows.
    pub const fn new(is_registered: L) -> Self {
        Self { is_registered }
    }
}

impl<E, L, F> Middleware<E> for Cors<L>
where
    E: Endpoint,
    L: Fn(String) -> F + Clone + Send + Sync,
    F: Future<Output = bool> + Send,
{
    type Output = CorsEndpoint<E, L>;

    fn transform(&self, inner: E) -> Self::Output {
        CorsEndpoint { inner, cors: self.clone() }
    }
}

/// An endpoint below [`Cors`].
pub struct CorsEndpoint<E, L> {
    inner: E,
    cors: Cors<L>,
}

impl<E, L, F> Endpoint for CorsEndpoint<E, L>
where
    E: Endpoint,
    L: Fn(String) -> F + Send + Sync,
    F: Future<Output = bool> + Send,
{
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let origin = single_origin(request.headers());
        let answer = CorsAnswer { origin, allowed: Arc::new(AtomicBool::new(false)) };
        request.set_data(answer.clone());
        let Some(shared) = shared(request.uri().path()) else {
            return Ok(self.inner.get_response(request).await);
        };
        if *request.method() == Method::OPTIONS && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD) {
            return Ok(self.preflight(shared, answer.origin).await);
        }
        let mut response = self.inner.get_response(request).await;
        let allowed = match shared.with {
            SharedWith::Everyone => Some(HeaderValue::from_static("*")),
            SharedWith::ItsClient => {
                response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
                answer.origin.filter(|_| answer.allowed.load(Ordering::Relaxed))
            }
        };
        if let Some(allowed) = allowed {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
        }
        Ok(response)
    }
}

impl<E, L, F> CorsEndpoint<E, L>
where
    L: Fn(String) -> F,
    F: Future<Output = bool>,
{
    async fn preflight(&self, shared: Shared, origin: Option<HeaderValue>) -> Response {
        let came = origin.as_ref().map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
        let allowed = match (shared.with, origin) {
            (SharedWith::Everyone, Some(_)) => Some(HeaderValue::from_static("*")),
            (SharedWith::ItsClient, Some(origin)) => {
                let text = origin.to_str().map(str::to_owned).unwrap_or_default();
                (self.cors.is_registered)(text).await.then_some(origin)
            }
            (_, None) => None,
        };
        let Some(allowed) = allowed else {
            let description = "No client has registered this origin.";
            let refused = Refused { description, ..Refused::of(StatusCode::FORBIDDEN) };
            let mut answer = refused.json();
            answer.headers_mut().insert(VARY, HeaderValue::from_static(PREFLIGHT_VARIES));
            let fact = Fact::of("Origin").expected("an origin in the cors_origins of an enabled client").came_if_any(came);
            let explanation = Explanation::of(fact.note("scheme, host and port count, and there is no slash at the end"));
            return explained(answer, refused.report("a preflight from an origin that no client registered", explanation.advise(ADVICE)));
        };
        let mut answer = Response::builder().status(StatusCode::NO_CONTENT).finish();
        let headers = answer.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(shared.methods));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE_SECONDS));
        headers.insert(VARY, HeaderValue::from_static(PREFLIGHT_VARIES));
        answer
    }
}

/// The origin that asks. `null` is everybody's, and two are nobody's.
fn single_origin(request: &HeaderMap) -> Option<HeaderValue> {
    let mut origins = request.get_all(ORIGIN).iter();
    let origin = origins.next().filter(|origin| !origin.is_empty() && origin.as_bytes() != b"null")?;
    origins.next().is_none().then(|| origin.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::endpoint::make_sync;
    use poem::{EndpointExt, Request};

    const APP: &str = "https://app.example";
    const OTHER_APP: &str = "https://other.example";

    /// Two clients are enabled; the one that asks is known to be the first.
    async fn ask(method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let handler = make_sync(|request: Request| {
            request.data::<CorsAnswer>().unwrap().allow_among([APP]);
            StatusCode::BAD_REQUEST
        });
        let is_registered = |origin: String| async move { [APP, OTHER_APP].contains(&origin.as_str()) };
        let app = handler.with(Cors::new(is_registered));
        let request = Request::builder().method(method).uri(path.parse().unwrap());
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        app.get_response(request.finish()).await
    }

    async fn preflight(path: &str, origin: &str) -> Response {
        ask(Method::OPTIONS, path, &[("origin", origin), ("access-control-request-method", "POST")]).await
    }

    #[tokio::test]
    async fn a_preflight_admits_the_origin_of_any_enabled_client() {
        for origin in [APP, OTHER_APP] {
            let answer = preflight("/token", origin).await;
            assert_eq!((answer.status(), answer.header("access-control-allow-origin")), (StatusCode::NO_CONTENT, Some(origin)));
            assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
            assert!(answer.header("access-control-allow-headers").unwrap().contains("X-Requested-With"));
            assert_eq!(answer.header("access-control-max-age"), Some("3600"));
            assert!(answer.header("vary").unwrap().contains("Origin"));
        }
        for origin in ["https://evil.example", "https://app.example.evil.example", "null", "", "https://APP.example"] {
            let answer = preflight("/token", origin).await;
            assert_eq!((answer.status(), answer.header("access-control-allow-origin")), (StatusCode::FORBIDDEN, None), "{origin}");
        }
    }

    #[tokio::test]
    async fn an_answer_is_readable_by_the_origin_of_its_own_client_alone_even_when_it_is_a_refusal() {
        let answer = ask(Method::POST, "/token", &[("origin", APP)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
        assert!(answer.header("access-control-expose-headers").unwrap().contains("Trace-Id"));
        assert_eq!(answer.header("vary"), Some("Origin"));
        for headers in [&[("origin", OTHER_APP)][..], &[("origin", "null")], &[], &[("origin", APP), ("origin", OTHER_APP)]] {
            let answer = ask(Method::POST, "/token", headers).await;
            assert_eq!((answer.header("access-control-allow-origin"), answer.header("vary")), (None, Some("Origin")), "{headers:?}");
        }
    }

    #[tokio::test]
    async fn public_documents_are_open_to_every_origin() {
        for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
            assert_eq!(preflight(path, "https://evil.example").await.header("access-control-allow-origin"), Some("*"));
            assert_eq!(ask(Method::GET, path, &[]).await.header("access-control-allow-origin"), Some("*"));
        }
    }

    #[tokio::test]
    async fn pages_and_introspection_are_shared_with_nobody_and_cookies_never_count() {
        for path in ["/authorize", "/login", "/consent", "/logout", "/account", "/", "/introspect", "/token/", "/TOKEN"] {
            assert_eq!(preflight(path, APP).await.header("access-control-allow-origin"), None, "{path}");
            assert_eq!(ask(Method::POST, path, &[("origin", APP)]).await.header("access-control-allow-origin"), None, "{path}");
        }
        for answer in [preflight("/token", APP).await, ask(Method::POST, "/token", &[("origin", APP)]).await] {
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }
}
