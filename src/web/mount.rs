//! Where the server is: below the path of its issuer, if that has one. What stands below the middleware sees our own paths, as if there were none.

use poem::http::StatusCode;
use poem::http::uri::{PathAndQuery, Uri};
use poem::{Endpoint, Middleware, Request, Response, Result};

use super::refusal::{Refused, Wanted};
use super::trace::TraceId;
use crate::protocol::issuer::Issuer;

/// The middleware: takes the issuer's path off the address of a request. What is asked for elsewhere is not here.
#[derive(Clone)]
pub struct Mount {
    issuer: Issuer,
}

impl Mount {
    /// The place of the server that `issuer` names.
    #[must_use]
    pub const fn new(issuer: Issuer) -> Self {
        Self { issuer }
    }

    /// The address of a request by our own paths; `None` when it is none of ours.
    fn own(&self, requested: &Uri) -> Option<Uri> {
        let path = self.issuer.own_path(requested.path())?;
        let own = requested.query().map_or_else(|| path.parse(), |query| format!("{path}?{query}").parse::<PathAndQuery>());
        let mut parts = requested.clone().into_parts();
        parts.path_and_query = Some(own.ok()?);
        Uri::from_parts(parts).ok()
    }
}

impl<E: Endpoint> Middleware<E> for Mount {
    type Output = Mounted<E>;

    fn transform(&self, inner: E) -> Self::Output {
        Mounted { inner, mount: self.clone() }
    }
}

/// An endpoint below [`Mount`].
pub struct Mounted<E> {
    inner: E,
    mount: Mount,
}

impl<E: Endpoint> Endpoint for Mounted<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        if self.mount.issuer.path().is_empty() {
            return Ok(self.inner.get_response(request).await);
        }
        let Some(own) = self.mount.own(request.uri()) else {
            let wanted = Wanted::by(request.uri().path(), request.headers());
            return Ok(Refused::of(StatusCode::NOT_FOUND).answer(wanted, request.data::<TraceId>()));
        };
        *request.uri_mut() = own;
        Ok(self.inner.get_response(request).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    async fn reached(issuer: &str, uri: &str) -> Option<String> {
        let app = make_sync(|request: Request| request.uri().to_string()).with(Mount::new(Issuer::parse(issuer).unwrap()));
        let answer = app.get_response(Request::builder().uri(uri.parse().unwrap()).finish()).await;
        match answer.status() {
            StatusCode::OK => Some(answer.into_body().into_string().await.unwrap()),
            status => {
                assert_eq!((status, answer.content_type()), (StatusCode::NOT_FOUND, Some("application/json")));
                None
            }
        }
    }

    #[tokio::test]
    async fn handlers_see_the_path_below_the_issuer_and_the_whole_query() {
        let tenant = "https://a.example/tenant";
        for (uri, seen) in [
            ("/tenant/authorize?a=b&c=%2Ftenant", Some("/authorize?a=b&c=%2Ftenant")),
            ("/tenant/account", Some("/account")),
            ("/tenant", Some("/")),
            ("/tenant?a", Some("/?a")),
            ("https://a.example/tenant/token", Some("https://a.example/token")),
            ("/.well-known/oauth-authorization-server/tenant", Some("/.well-known/oauth-authorization-server")),
            ("/authorize?a=b", None),
            ("/", None),
        ] {
            assert_eq!(reached(tenant, uri).await.as_deref(), seen, "{uri}");
        }
        assert_eq!(reached("https://a.example", "/tenant/token?a").await.as_deref(), Some("/tenant/token?a"));
    }
}
