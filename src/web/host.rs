//! The `Host` rule of a developer's machine. A page on the internet can have its name resolve to 127.0.0.1 and so reach a server that
//! listens there (DNS rebinding); it can't make the browser send our name.

use poem::http::header::HOST;
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use poem::{Endpoint, Middleware, Request, Response, Result};

use super::refusal::{Refused, Wanted};
use super::trace::TraceId;
use super::why::explained;
use crate::protocol::explanation::{Explanation, Fact};
use crate::protocol::issuer::Issuer;

/// The middleware: requests for another host than the issuer's are refused, but that page requests by the loopback addresses are sent
/// on to the issuer, as cookies and redirect URIs belong to its name alone.
#[derive(Clone)]
pub struct OwnHost {
    issuer: Issuer,
    is_page: fn(&str) -> bool,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// It is for us.
    Ours,
    /// It is for us, by another name: this URL has the right one.
    Elsewhere(String),
    /// It names no host, or two (RFC 9112 §3.2).
    Malformed,
    /// It is for somebody else (RFC 9110 §15.5.20).
    Misdirected,
}

impl OwnHost {
    /// The rule for the server that `issuer` names; `is_page` says which paths are pages for people.
    #[must_use]
    pub const fn new(issuer: Issuer, is_page: fn(&str) -> bool) -> Self {
        Self { issuer, is_page }
    }

    fn judge(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Verdict {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else { return Verdict::Malformed };
        // RFC 9112 §3.2.2: the host of an absolute request target counts, not the header.
        let host = uri.authority().map_or(host, |authority| authority.as_str());
        if host.eq_ignore_ascii_case(self.issuer.authority()) {
            return Verdict::Ours;
        }
        let port = self.issuer.authority().rsplit_once(':').map_or("80", |(_, port)| port);
        let loopback = [format!("127.0.0.1:{port}"), format!("[::1]:{port}")].iter().any(|address| address == host);
        if loopback && (*method == Method::GET || *method == Method::HEAD) && (self.is_page)(uri.path()) {
            let target = uri.path_and_query().map_or("/", |target| target.as_str());
            return Verdict::Elsewhere(self.issuer.url(target));
        }
        Verdict::Misdirected
    }
}

impl<E: Endpoint> Middleware<E> for OwnHost {
    type Output = OwnHostEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        OwnHostEndpoint { inner, rule: self.clone() }
    }
}

/// An endpoint below [`OwnHost`].
pub struct OwnHostEndpoint<E> {
    inner: E,
    rule: OwnHost,
}

impl<E: Endpoint> Endpoint for OwnHostEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let refused = match self.rule.judge(request.method(), request.uri(), request.headers()) {
            Verdict::Ours => return Ok(self.inner.get_response(request).await),
            Verdict::Elsewhere(url) => return Ok(redirect(&url)),
            Verdict::Malformed => Refused { description: "The request has to name one host.", ..Refused::of(StatusCode::BAD_REQUEST) },
            Verdict::Misdirected => Refused {
                description: "This server answers to the name in its issuer alone.",
                ..Refused::of(StatusCode::MISDIRECTED_REQUEST)
            },
        };
        let fact = Fact::of("Host").expected(self.rule.issuer.authority()).came_if_any(request.header(HOST));
        let fact = fact.note("pages of other sites must not reach a server on this machine (DNS rebinding)");
        let explanation = Explanation::of(fact).advise(format!("Use {} in the address.", self.rule.issuer));
        let answer = refused.answer(Wanted::by(request.uri().path(), request.headers()), request.data::<TraceId>());
        Ok(explained(answer, refused.report("the request is for another host", explanation)))
    }
}

fn redirect(url: &str) -> Response {
    let mut answer = Response::builder().status(StatusCode::FOUND).finish();
    match HeaderValue::try_from(url) {
        Ok(location) => {
            answer.headers_mut().insert(header::LOCATION, location);
            answer
        }
        Err(_) => Refused::of(StatusCode::BAD_REQUEST).json(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::EndpointExt;
    use poem::endpoint::make_sync;

    fn judge(method: &Method, uri: &str, hosts: &[&'static str]) -> Verdict {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_static(host));
        }
        let rule = OwnHost::new(Issuer::parse("http://localhost:8080").unwrap(), |path| path != "/token");
        rule.judge(method, &uri.parse().unwrap(), &headers)
    }

    #[test]
    fn our_own_name_passes() {
        assert_eq!(judge(&Method::POST, "/token", &["localhost:8080"]), Verdict::Ours);
        assert_eq!(judge(&Method::POST, "/token", &["LOCALHOST:8080"]), Verdict::Ours);
        assert_eq!(judge(&Method::POST, "http://localhost:8080/token", &["localhost:8080"]), Verdict::Ours);
    }

    #[test]
    fn a_page_by_address_is_sent_on_to_the_name() {
        for address in ["127.0.0.1:8080", "[::1]:8080"] {
            let elsewhere = Verdict::Elsewhere("http://localhost:8080/authorize?a=b&c".to_owned());
            assert_eq!(judge(&Method::GET, "/authorize?a=b&c", &[address]), elsewhere);
            assert_eq!(judge(&Method::POST, "/login", &[address]), Verdict::Misdirected);
            assert_eq!(judge(&Method::GET, "/token", &[address]), Verdict::Misdirected);
        }
        let still_here = Verdict::Elsewhere("http://localhost:8080//evil.example/".to_owned());
        assert_eq!(judge(&Method::GET, "//evil.example/", &["127.0.0.1:8080"]), still_here);
    }

    #[test]
    fn another_host_is_refused() {
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost",
            "localhost:8081",
            "127.0.0.1",
            "127.0.0.1:8081",
            "localhost:8080.evil.example",
            "",
        ] {
            assert_eq!(judge(&Method::GET, "/", &[host]), Verdict::Misdirected, "{host}");
        }
        assert_eq!(judge(&Method::GET, "http://evil.example/", &["localhost:8080"]), Verdict::Misdirected);
        assert_eq!(judge(&Method::GET, "/", &[]), Verdict::Malformed);
        assert_eq!(judge(&Method::GET, "/", &["localhost:8080", "evil.example"]), Verdict::Malformed);
    }

    #[tokio::test]
    async fn a_refused_request_reaches_no_handler() {
        let app = make_sync(|_| "reached").with(OwnHost::new(Issuer::parse("http://localhost:8080").unwrap(), |_| true));
        let ask = |host: &'static str| Request::builder().uri(Uri::from_static("/a?b")).header(HOST, host).finish();
        let answer = app.get_response(ask("evil.example")).await;
        assert_eq!((answer.status(), answer.content_type()), (StatusCode::MISDIRECTED_REQUEST, Some("application/json")));
        let answer = app.get_response(ask("127.0.0.1:8080")).await;
        assert_eq!((answer.status(), answer.header("location")), (StatusCode::FOUND, Some("http://localhost:8080/a?b")));
        let answer = app.get_response(ask("localhost:8080")).await;
        assert_eq!(answer.into_body().into_string().await.unwrap(), "reached");
    }
}
