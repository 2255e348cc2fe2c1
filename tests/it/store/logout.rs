//! The end of sessions: who took part, who is still to be told, and what ends with it.

use std::collections::BTreeSet;

use claviger::identity::session::Session;
use claviger::identity::user::{PasswordHash, User};
use claviger::protocol::client::Client;
use claviger::protocol::client_logout::{ClientLogout, LogoutRevokes};
use claviger::protocol::grant::Grant;
use claviger::protocol::registration::Registrar;
use claviger::store::logout_notice::LONGEST;
use claviger::store::{Applied, Insertion, LogoutNotice};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, alice_and_app, at_once, client, client_id, code, grant, hash, scope, session};

on_both_databases!(
    whoever_learns_who_signed_in_takes_part_until_the_session_ends,
    a_session_that_ends_in_any_way_leaves_a_notice,
    a_session_that_runs_out_leaves_a_notice,
    of_many_who_look_for_notices_one_gets_each,
    a_notice_is_put_off_done_or_left_to_the_next,
    a_notice_is_given_up_after_a_day,
    a_client_that_is_busy_keeps_nobody_waiting,
    a_client_chooses_what_ends_with_the_session,
    nobody_is_left_out_while_a_session_ends,
);

/// Gives a code, which makes its client take part.
async fn give(database: &Database, name: &str, app: &Client, alice: &User, sid: &Session, words: &str) -> Applied {
    let given = Grant { scope: scope(words), ..grant(name, app, alice, Some(sid)) };
    database.store.grants().insert_code(&code(name, given), Some((&sid.id, None))).await.unwrap()
}

async fn take(database: &Database, seconds: u64) -> Vec<LogoutNotice> {
    database.store.logout_notices().take(Registrar::Operator, after(seconds), after(seconds + 30), &BTreeSet::new(), 10).await.unwrap()
}

fn names(notices: &[LogoutNotice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.client.as_str()).collect()
}

async fn whoever_learns_who_signed_in_takes_part_until_the_session_ends(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let quiet = Client { logout: ClientLogout::default(), secrets: vec![], ..client("quiet") };
    let (other, disabled) = (Client { secrets: vec![], ..client("other") }, Client { enabled: false, secrets: vec![], ..client("off") });
    for new in [&quiet, &other, &disabled] {
        assert_eq!(store.clients().insert(new).await, Ok(Insertion::Inserted));
    }
    for (number, (app, words)) in
        [(&app, "openid"), (&app, "openid profile"), (&quiet, "openid"), (&other, "items:read"), (&disabled, "openid")]
            .into_iter()
            .enumerate()
    {
        assert_eq!(give(&database, &format!("g-{number}"), app, &alice, &sid, words).await, Applied::Done);
    }
    // What came of it is over long before the session is.
    while store.sweep(after(86400), claviger::identity::session::SessionLimits { idle: LIMITS.absolute, ..LIMITS }, 100).await.unwrap() > 0
    {
    }
    assert_eq!(database.rows("granted").await, 0);
    assert_eq!(store.sessions().end(&sid.id, after(5)).await, Ok(Some(vec![client_id("app"), client_id("off"), client_id("quiet")])));
    assert_eq!(store.sessions().end(&sid.id, after(6)).await, Ok(None));
    assert_eq!(database.rows("session_client").await, 0);
    assert_eq!(give(&database, "late", &app, &alice, &sid, "openid").await, Applied::Lost);
    assert_eq!(take(&database, 4).await, []);
    assert_eq!(take(&database, 5).await, [LogoutNotice { session: sid.id, client: app.id, user: alice.subject, attempts: 1 }]);
}

async fn a_session_that_ends_in_any_way_leaves_a_notice(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let (second, third, fourth) = (session("second", &alice), session("third", &alice), session("fourth", &alice));
    for (new, version) in [(&second, 0), (&third, 0)] {
        assert_eq!(store.sessions().begin(&hash(new.id.as_str()), new, version).await, Ok(Applied::Done));
    }
    for sid in [&sid, &second, &third] {
        assert_eq!(give(&database, sid.id.as_str(), &app, &alice, sid, "openid").await, Applied::Done);
    }
    assert_eq!(store.sessions().end_all_of(&alice.subject, Some(&sid.id), after(5)).await, Ok(()));
    assert_eq!(database.rows("logout_notice").await, 2);
    let new = PasswordHash::from_phc("$argon2id$new".to_owned());
    assert_eq!(store.users().set_password(&alice.subject, &new, None, after(6), None).await, Ok(true));
    assert_eq!(database.rows("logout_notice").await, 3);

    assert_eq!(store.sessions().begin(&hash("fourth"), &fourth, 1).await, Ok(Applied::Done));
    assert_eq!(give(&database, "fourth", &app, &alice, &fourth, "openid").await, Applied::Done);
    let found = store.users().find(&alice.subject).await.unwrap().unwrap();
    assert_eq!(store.users().delete(&found, after(7)).await, Ok(Applied::Done));
    assert_eq!(database.rows("logout_notice").await, 4);

    let before = store.clients().find(&app.id).await.unwrap().unwrap();
    assert_eq!(store.clients().delete(&before).await, Ok(Applied::Done));
    assert_eq!(database.rows("logout_notice").await, 0, "there is nobody to tell");
}

async fn a_session_that_runs_out_leaves_a_notice(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let all =
        Client { logout: ClientLogout { revokes: LogoutRevokes::Everything, ..ClientLogout::default() }, secrets: vec![], ..client("all") };
    assert_eq!(store.clients().insert(&all).await, Ok(Insertion::Inserted));
    assert_eq!(give(&database, "ends", &all, &alice, &sid, "openid offline_access").await, Applied::Done);
    assert_eq!(give(&database, "stays", &app, &alice, &sid, "openid offline_access").await, Applied::Done);
    for number in 0..3 {
        let sid = session(&format!("s-{number}"), &alice);
        assert_eq!(store.sessions().begin(&hash(sid.id.as_str()), &sid, 0).await, Ok(Applied::Done));
        assert_eq!(give(&database, sid.id.as_str(), &app, &alice, &sid, "openid").await, Applied::Done);
    }
    let over = after(LIMITS.idle.as_secs());
    assert_eq!(store.sessions().end_run_out(over - std::time::Duration::from_secs(1), LIMITS, 100).await, Ok(0));
    for (ended, left) in [(3, 1), (1, 0), (0, 0)] {
        assert_eq!(store.sessions().end_run_out(over, LIMITS, 3).await, Ok(ended), "so many at a time");
        assert_eq!(database.rows("session").await, left);
        assert_eq!(database.rows("logout_notice").await, 4 - left, "each with its notice");
    }
    let live = store.grants().of_user(&alice.subject, over, LIMITS).await.unwrap();
    assert_eq!(live.iter().map(|grant| grant.id.as_str()).collect::<Vec<_>>(), ["stays"]);
}

async fn of_many_who_look_for_notices_one_gets_each(database: Database) {
    let (alice, app, sid) = alice_and_app(&database.store).await;
    assert_eq!(give(&database, "g", &app, &alice, &sid, "openid").await, Applied::Done);
    assert!(database.store.sessions().end(&sid.id, NOW).await.unwrap().is_some());
    let taken = at_once(20, |_| {
        let database = database.clone();
        async move { take(&database, 1).await }
    })
    .await;
    assert_eq!(taken.concat().len(), 1);
}

async fn a_notice_is_put_off_done_or_left_to_the_next(database: Database) {
    let notices = database.store.logout_notices();
    let (alice, app, sid) = alice_and_app(&database.store).await;
    assert_eq!(give(&database, "g", &app, &alice, &sid, "openid").await, Applied::Done);
    assert!(database.store.sessions().end(&sid.id, NOW).await.unwrap().is_some());
    let abandoned = take(&database, 0).await;
    assert_eq!(take(&database, 29).await, [], "it is somebody's turn");
    let second = take(&database, 30).await;
    assert_eq!(second[0].attempts, 2);
    assert_eq!(notices.done(&abandoned[0]).await, Ok(()), "who was away for too long changes nothing");
    assert_eq!(notices.put_off(&abandoned[0], after(31)).await, Ok(()));
    assert_eq!(take(&database, 31).await, []);
    assert_eq!(notices.put_off(&second[0], after(100)).await, Ok(()));
    assert_eq!(take(&database, 99).await, []);
    let third = take(&database, 100).await;
    assert_eq!(notices.done(&third[0]).await, Ok(()));
    assert_eq!(take(&database, 1000).await, []);
    assert_eq!(database.rows("logout_notice").await, 0);
}

async fn a_notice_is_given_up_after_a_day(database: Database) {
    let day = LONGEST.as_secs();
    let (alice, app, sid) = alice_and_app(&database.store).await;
    assert_eq!(give(&database, "g", &app, &alice, &sid, "openid").await, Applied::Done);
    assert!(database.store.sessions().end(&sid.id, NOW).await.unwrap().is_some());
    assert_eq!(take(&database, day - 40).await.len(), 1);
    assert_eq!(take(&database, day - 1).await.len(), 1);
    assert_eq!(take(&database, day + 100).await, [], "nobody waits for it any more");
    database.store.sweep(after(day - 1), LIMITS, 100).await.unwrap();
    assert_eq!(database.rows("logout_notice").await, 1);
    database.store.sweep(after(day), LIMITS, 100).await.unwrap();
    assert_eq!(database.rows("logout_notice").await, 0);
}

async fn a_client_that_is_busy_keeps_nobody_waiting(database: Database) {
    let store = &database.store;
    let (alice, app, _) = alice_and_app(store).await;
    let other = Client { secrets: vec![], ..client("other") };
    assert_eq!(store.clients().insert(&other).await, Ok(Insertion::Inserted));
    for number in 0..5_u64 {
        let sid = session(&format!("s-{number}"), &alice);
        assert_eq!(store.sessions().begin(&hash(sid.id.as_str()), &sid, 0).await, Ok(Applied::Done));
        let app = if number == 4 { &other } else { &app };
        assert_eq!(give(&database, sid.id.as_str(), app, &alice, &sid, "openid").await, Applied::Done);
        assert!(store.sessions().end(&sid.id, after(number)).await.unwrap().is_some());
    }
    let notices = store.logout_notices();
    let first = notices.take(Registrar::Operator, after(9), after(39), &BTreeSet::new(), 2).await.unwrap();
    assert_eq!(names(&first), ["app"]);
    let strangers = notices.take(Registrar::Itself, after(9), after(39), &BTreeSet::new(), 2).await.unwrap();
    assert_eq!(names(&strangers), [] as [&str; 0], "nobody here registered itself");
    let others = notices.take(Registrar::Operator, after(9), after(39), &[app.id].into(), 2).await.unwrap();
    assert_eq!(names(&others), ["other"]);
}

async fn a_client_chooses_what_ends_with_the_session(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let choosing = |name, revokes| Client { logout: ClientLogout { revokes, ..ClientLogout::default() }, secrets: vec![], ..client(name) };
    let (all, none) = (choosing("all", LogoutRevokes::Everything), choosing("none", LogoutRevokes::Nothing));
    for new in [&all, &none] {
        assert_eq!(store.clients().insert(new).await, Ok(Insertion::Inserted));
    }
    let elsewhere = session("elsewhere", &alice);
    assert_eq!(store.sessions().begin(&hash("elsewhere"), &elsewhere, 0).await, Ok(Applied::Done));
    for app in [&app, &all, &none] {
        for words in ["openid", "openid offline_access"] {
            assert_eq!(give(&database, &format!("{} {words}", app.id), app, &alice, &sid, words).await, Applied::Done);
        }
    }
    assert_eq!(give(&database, "other session", &all, &alice, &elsewhere, "openid offline_access").await, Applied::Done);
    assert!(store.sessions().end(&sid.id, after(5)).await.unwrap().is_some());
    let live = store.grants().of_user(&alice.subject, after(6), LIMITS).await.unwrap();
    let live: BTreeSet<&str> = live.iter().map(|grant| grant.id.as_str()).collect();
    assert_eq!(live, ["app openid offline_access", "none openid", "none openid offline_access", "other session"].into());
}

/// Codes that are given while the session ends: either they come to nothing, or their client is told.
async fn nobody_is_left_out_while_a_session_ends(database: Database) {
    let store = &database.store;
    let (alice, _, sid) = alice_and_app(store).await;
    let apps: Vec<Client> = (0..8).map(|number| Client { secrets: vec![], ..client(&format!("app-{number}")) }).collect();
    for app in &apps {
        assert_eq!(store.clients().insert(app).await, Ok(Insertion::Inserted));
    }
    let outcomes = at_once(9, |number| {
        let (database, alice, sid, app) = (database.clone(), alice.clone(), sid.clone(), apps.get(number).cloned());
        async move {
            let Some(app) = app else {
                assert!(database.store.sessions().end(&sid.id, NOW).await.unwrap().is_some());
                return false;
            };
            give(&database, &format!("g-{number}"), &app, &alice, &sid, "openid").await == Applied::Done
        }
    })
    .await;
    let given = outcomes.into_iter().filter(|given| *given).count();
    assert_eq!(usize::try_from(database.rows("logout_notice").await), Ok(given));
}
