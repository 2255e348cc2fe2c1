//! Reading the body of a request: never more than a limit, never longer than a time, with or without `Content-Length`.

use std::io;
use std::time::Duration;

use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes};
use poem::Body;
use poem::http::StatusCode;

use super::refusal::Refused;
use crate::protocol::explanation::{Explanation, Fact};

/// Bytes that a body may have.
pub const LIMIT: usize = 64 * 1024;

/// Bytes of a body that is too long that we read and throw away, so that its sender gets to read the refusal.
const SWALLOWED: usize = 16 * LIMIT;

/// Why a body can't be had.
#[derive(Debug, thiserror::Error)]
pub enum BodyProblem {
    /// It is longer than the limit.
    #[error("the body is longer than {0} bytes")]
    TooLong(usize),
    /// It did not arrive in time.
    #[error("the body did not arrive within {0:?}")]
    TooSlow(Duration),
    /// The connection broke, or the body is framed wrongly.
    #[error("the body broke off: {0}")]
    Broken(io::Error),
}

impl BodyProblem {
    /// What to answer: 413, 408 or 400 (RFC 9110 §15.5). The connection closes with the answer, as the rest of the body is in its way.
    #[must_use]
    pub const fn refused(&self) -> Refused {
        let (status, description) = match self {
            Self::TooLong(_) => (StatusCode::PAYLOAD_TOO_LARGE, "The body of the request is too long."),
            Self::TooSlow(_) => (StatusCode::REQUEST_TIMEOUT, "The body of the request did not arrive in time."),
            Self::Broken(_) => (StatusCode::BAD_REQUEST, "The body of the request is incomplete."),
        };
        Refused { status, code: "invalid_request", description }
    }

    /// What was expected, and what came.
    #[must_use]
    pub fn explain(&self) -> Explanation {
        let body = Fact::of("body");
        Explanation::of(match self {
            Self::TooLong(limit) => body.expected(format!("{limit} bytes at most")).came("more"),
            Self::TooSlow(time) => {
                body.expected(format!("all of it within {} s", time.as_secs())).came("less").note("server.body_timeout says how long")
            }
            Self::Broken(problem) => body.expected("a whole one").came("a part").note(problem),
        })
    }
}

/// Reads a whole body of at most `limit` bytes within `timeout`.
pub async fn read(body: Body, limit: usize, timeout: Duration) -> Result<Vec<u8>, BodyProblem> {
    let read = read_up_to(body.into(), limit);
    tokio::time::timeout(timeout, read).await.unwrap_or(Err(BodyProblem::TooSlow(timeout)))
}

async fn read_up_to(mut body: BoxBody<Bytes, io::Error>, limit: usize) -> Result<Vec<u8>, BodyProblem> {
    let announced = body.size_hint().lower();
    if announced > SWALLOWED as u64 {
        return Err(BodyProblem::TooLong(limit));
    }
    let mut read = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(BodyProblem::Broken)?.into_data() else { continue };
        length += data.len();
        if length > SWALLOWED {
            break;
        }
        if length <= limit {
            read.extend_from_slice(&data);
        }
    }
    if length > limit { Err(BodyProblem::TooLong(limit)) } else { Ok(read) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    /// A body without `Content-Length`, in pieces of a kibibyte.
    fn streamed(kibibytes: usize) -> Body {
        Body::from_bytes_stream(stream::iter((0..kibibytes).map(|_| Ok::<_, io::Error>(Bytes::from_static(&[b'a'; 1024])))))
    }

    #[tokio::test]
    async fn a_body_at_the_limit_is_read_and_one_above_it_is_not() {
        let second = Duration::from_secs(1);
        assert_eq!(read(streamed(64), LIMIT, second).await.unwrap().len(), LIMIT);
        assert_eq!(read(Body::from(vec![0; LIMIT]), LIMIT, second).await.unwrap().len(), LIMIT);
        assert!(read(Body::empty(), LIMIT, second).await.unwrap().is_empty());
        for long in [streamed(65), streamed(100_000), Body::from(vec![0; LIMIT + 1]), Body::from(vec![0; SWALLOWED + 1])] {
            let problem = read(long, LIMIT, second).await.unwrap_err();
            assert_eq!(problem.refused().status, StatusCode::PAYLOAD_TOO_LARGE, "{problem}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = Body::from_bytes_stream(stream::pending::<Result<Bytes, io::Error>>());
        let problem = read(never, LIMIT, Duration::from_secs(10)).await.unwrap_err();
        assert_eq!(problem.refused().status, StatusCode::REQUEST_TIMEOUT, "{problem}");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_the_callers_fault() {
        let broken = Body::from_bytes_stream(stream::iter([Ok(Bytes::from_static(b"a")), Err(io::Error::other("gone"))]));
        let problem = read(broken, LIMIT, Duration::from_secs(1)).await.unwrap_err();
        assert_eq!(problem.refused().status, StatusCode::BAD_REQUEST, "{problem}");
    }
}
