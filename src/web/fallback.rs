//! Answers for what no route takes: in our own words instead of the framework's, and with the `Allow` header that a 405 owes.

use poem::error::MethodNotAllowedError;
use poem::http::header::ALLOW;
use poem::http::{HeaderValue, StatusCode};
use poem::{Endpoint, IntoResponse, Middleware, Request, Response, Result};

use super::refusal::{Refused, Wanted};
use super::trace::TraceId;
use super::why::explained;
use crate::protocol::explanation::{Explanation, Fact};

/// The middleware. `M` says which methods a path takes, such as `GET, HEAD`; `None` when it does not know the path.
#[derive(Clone)]
pub struct Fallback<M> {
    methods: M,
}

impl<M: Fn(&str) -> Option<&'static str>> Fallback<M> {
    /// Names the methods that a path takes by `methods`.
    pub const fn new(methods: M) -> Self {
        Self { methods }
    }
}

impl<E, M> Middleware<E> for Fallback<M>
where
    E: Endpoint,
    M: Fn(&str) -> Option<&'static str> + Clone + Send + Sync,
{
    type Output = WithFallback<E, M>;

    fn transform(&self, inner: E) -> Self::Output {
        WithFallback { inner, methods: self.methods.clone() }
    }
}

/// An endpoint below [`Fallback`].
pub struct WithFallback<E, M> {
    inner: E,
    methods: M,
}

impl<E, M> Endpoint for WithFallback<E, M>
where
    E: Endpoint,
    M: Fn(&str) -> Option<&'static str> + Send + Sync,
{
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let wanted = Wanted::by(request.uri().path(), request.headers());
        let (path, method) = (request.uri().path().to_owned(), request.method().clone());
        let trace_id = request.data::<TraceId>().cloned();
        let known = (self.methods)(&path);
        // The framework answers HEAD like GET, and for an address that gives something out, HEAD must not (RFC 9110 §9.3.2).
        let is_taken = known.is_none_or(|methods| methods.split(", ").any(|method| method == request.method().as_str()));
        let error = if is_taken {
            match self.inner.call(request).await {
                Ok(answer) => return Ok(answer.into_response()),
                Err(error) if error.is_from_response() => return Ok(error.into_response()),
                Err(error) => error,
            }
        } else {
            MethodNotAllowedError.into()
        };
        let status = error.status();
        if status.is_server_error() {
            tracing::error!(%error, "the framework failed");
        } else {
            tracing::debug!(%error, "no route took the request");
        }
        let refused = Refused::of(status);
        let mut answer = refused.answer(wanted, trace_id.as_ref());
        // RFC 9110 §15.5.6: a 405 names the methods that would have been taken.
        if status == StatusCode::METHOD_NOT_ALLOWED
            && let Some(methods) = known
        {
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
            let explanation = Explanation::of(Fact::of("method").expected(methods).came(method.as_str()));
            return Ok(explained(answer, refused.report("another method than the address takes", explanation)));
        }
        // An address that is none is not worth remembering: most of those that ask for one are looking for somebody else's holes.
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::endpoint::make_sync;
    use poem::http::{Method, Uri};
    use poem::{Body, EndpointExt, Route, post};

    async fn ask(method: Method, uri: &'static str) -> Response {
        let methods = |path: &str| (path == "/token").then_some("POST");
        let app = Route::new()
            .at("/token", post(make_sync(|_| "fine")))
            .at("/own", make_sync(|_| -> Result<&str> { Err(poem::Error::from_response((StatusCode::BAD_REQUEST, "ours").into())) }))
            .with(Fallback::new(methods));
        app.get_response(Request::builder().method(method).uri(Uri::from_static(uri)).finish()).await
    }

    async fn error(body: Body) -> String {
        let body: serde_json::Value = serde_json::from_slice(&body.into_vec().await.unwrap()).unwrap();
        body.get("error").and_then(|error| error.as_str()).unwrap().to_owned()
    }

    #[tokio::test]
    async fn an_unknown_address_is_a_json_error() {
        let answer = ask(Method::GET, "/nowhere").await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(answer.content_type(), Some("application/json"));
        assert_eq!(error(answer.into_body()).await, "not_found");
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        let answer = ask(Method::GET, "/token").await;
        assert_eq!((answer.status(), answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, Some("POST")));
        assert_eq!(error(answer.into_body()).await, "method_not_allowed");
    }

    #[tokio::test]
    async fn our_own_answers_pass() {
        assert_eq!(ask(Method::POST, "/token").await.into_body().into_string().await.unwrap(), "fine");
        assert_eq!(ask(Method::GET, "/own").await.into_body().into_string().await.unwrap(), "ours");
    }
}
