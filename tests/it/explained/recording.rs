//! How much is recorded, and that nobody waits for it.

use std::sync::Arc;
use std::time::Duration;

use claviger::flow::refusals::record_forever;
use claviger::protocol::trace_id::TraceId;

use crate::actors::{Answer, TestServer};
use crate::binary::program::eventually;
use crate::database::Database;

/// A request that is refused.
async fn be_refused(server: &TestServer) -> Answer {
    let answer = server.token(None, &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer.status, 401);
    answer
}

#[tokio::test]
async fn the_queue_drops_instead_of_waiting_and_the_answers_stay_the_same() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    // Nobody writes here: the background task of a real server does not run.
    let (first, mut last) = (be_refused(&server).await, be_refused(&server).await);
    for _ in 0..550 {
        last = be_refused(&server).await;
    }
    assert_eq!((first.status, &first.body), (last.status, &last.body));
    assert_eq!(database.rows("refusal").await, 0);
    assert_eq!(server.why(first.trace_id()).await.trace_id.as_str(), first.trace_id());
    assert_eq!(database.rows("refusal").await, 500, "a batch, and no more");
    assert_eq!(server.server.refusal(&TraceId::parse(last.trace_id()).unwrap()).await.unwrap(), None);
    assert!(!server.why(be_refused(&server).await.trace_id()).await.reason.is_empty(), "it goes on afterwards");
}

#[tokio::test]
async fn what_was_refused_is_written_by_itself() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    let writing = tokio::spawn(record_forever(Arc::clone(&server.server)));
    be_refused(&server).await;
    eventually("the first refusal to be written", async || (database.rows("refusal").await == 1).then_some(())).await;
    for _ in 0..10 {
        be_refused(&server).await;
    }
    eventually("the others to be written", async || (database.rows("refusal").await == 11).then_some(())).await;
    writing.abort();
}

#[tokio::test]
async fn what_waits_is_written_before_the_server_stops() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    be_refused(&server).await;
    server.server.close().await;
    assert_eq!(database.rows("refusal").await, 1);
}

#[tokio::test]
async fn an_address_that_is_none_is_not_recorded() {
    let database = Database::sqlite().await;
    let server = TestServer::start_on(database.clone()).await;
    let answer = server.get("/.env").await;
    assert_eq!(answer.status, 404);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(server.server.refusal(&TraceId::parse(answer.trace_id()).unwrap()).await.unwrap(), None);
}
