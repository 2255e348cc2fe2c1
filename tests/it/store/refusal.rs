//! Why requests were refused.

use claviger::protocol::explanation::{Asked, Explanation, Fact, Recorded, Report};
use claviger::protocol::refusal::{ErrorCode, Refusal};
use claviger::protocol::trace_id::TraceId;

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, NOW, at_once};

on_both_databases!(
    what_was_recorded_is_found_by_its_trace_id,
    only_the_newest_are_kept,
    what_is_recorded_twice_is_kept_once,
    instances_may_record_at_the_same_time,
);

fn trace_id(number: u8) -> TraceId {
    TraceId::new([number; 16])
}

/// A refusal with something in every field, made of what breaks careless programs.
fn refusal(number: u8) -> Recorded {
    let asked = Asked { trace_id: trace_id(number), method: HOSTILE.to_owned(), path: format!("/\0{HOSTILE}") };
    let facts =
        [Fact::compared("redirect_uri", "https://a.example/cb", HOSTILE), Fact::of("scope").expected("a\0").came(HOSTILE).note(HOSTILE)];
    let explanation = Explanation::of_all(facts).advise("Mend it.").asked_by(HOSTILE);
    let refusal = Refusal::new(ErrorCode::InvalidGrant, "No.").because(format!("{HOSTILE}\0")).explained(explanation);
    Recorded::new(asked, 400, NOW, refusal.into())
}

async fn found(database: &Database, numbers: std::ops::Range<u8>) -> Vec<u8> {
    let mut found = Vec::new();
    for number in numbers {
        if database.store.refusals().find(&trace_id(number)).await.unwrap().is_some() {
            found.push(number);
        }
    }
    found
}

async fn what_was_recorded_is_found_by_its_trace_id(database: Database) {
    let store = &database.store;
    let noted = Recorded { trace_id: trace_id(2), ..Recorded::new(asked_for(2), 200, NOW, Report::noted("less", Explanation::default())) };
    store.refusals().keep(&[refusal(1), noted.clone()], 10).await.unwrap();
    assert_eq!(store.refusals().find(&trace_id(1)).await, Ok(Some(refusal(1))));
    assert_eq!(store.refusals().find(&trace_id(2)).await, Ok(Some(noted)));
    assert_eq!(store.refusals().find(&trace_id(3)).await, Ok(None));
}

fn asked_for(number: u8) -> Asked {
    Asked { trace_id: trace_id(number), method: "GET".to_owned(), path: "/".to_owned() }
}

async fn only_the_newest_are_kept(database: Database) {
    let store = &database.store;
    for number in 0..10 {
        store.refusals().keep(&[refusal(number)], 3).await.unwrap();
    }
    assert_eq!(found(&database, 0..10).await, [7, 8, 9]);
    store.refusals().keep(&(10..20).map(refusal).collect::<Vec<_>>(), 3).await.unwrap();
    assert_eq!(found(&database, 0..20).await, [17, 18, 19], "more at once than are kept");
    store.refusals().keep(&[], 2).await.unwrap();
    assert_eq!(found(&database, 0..20).await, [18, 19], "the operator keeps fewer from now on");
    store.refusals().keep(&[], 0).await.unwrap();
    assert_eq!(database.rows("refusal").await, 0);
    store.refusals().keep(&[], 0).await.unwrap();
}

async fn what_is_recorded_twice_is_kept_once(database: Database) {
    let store = &database.store;
    store.refusals().keep(&[refusal(1)], 10).await.unwrap();
    let changed = Recorded { reason: "another".to_owned(), ..refusal(1) };
    store.refusals().keep(&[changed, refusal(2)], 10).await.unwrap();
    assert_eq!(found(&database, 0..5).await, [1, 2]);
    assert_eq!(store.refusals().find(&trace_id(1)).await, Ok(Some(refusal(1))));
}

async fn instances_may_record_at_the_same_time(database: Database) {
    at_once(8, |task| {
        let store = database.store.clone();
        async move {
            for round in 0..5 {
                let number = u8::try_from(task * 5 + round).unwrap();
                store.refusals().keep(&[refusal(number)], 10).await.unwrap();
            }
        }
    })
    .await;
    let kept = found(&database, 0..40).await.len();
    assert!((1..=10).contains(&kept), "{kept}");
}
