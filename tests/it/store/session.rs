//! Sessions.

use claviger::identity::session::{Interaction, Session};
use claviger::identity::user::{PasswordHash, User};
use claviger::protocol::authentication::Authentication;
use claviger::protocol::subject::SessionId;
use claviger::store::{Applied, Insertion};

use crate::database::{Database, on_both_databases};
use crate::store::{after, alice_and_app, hash, session, user};

on_both_databases!(
    a_session_comes_back_as_it_was,
    a_session_of_nobody_is_lost,
    a_session_begun_with_an_earlier_password_is_lost,
    no_session_of_an_earlier_password_outlives_its_change,
    a_renewed_session_answers_to_its_new_cookie_only,
    use_is_noted_and_never_undone,
    an_interaction_is_kept_until_it_is_forgotten,
    a_session_that_ended_is_gone,
    all_sessions_but_one_end,
);

async fn a_session_comes_back_as_it_was(database: Database) {
    let sessions = database.store.sessions();
    let (alice, _, sid) = alice_and_app(&database.store).await;
    let later = Session { interaction: None, last_used_at: after(60), ..session("later", &alice) };
    assert_eq!(sessions.begin(&hash("later"), &later, 0).await, Ok(Applied::Done));
    assert_eq!(sessions.find_by_token(&hash("cookie")).await, Ok(Some(sid.clone())));
    assert_eq!(sessions.find_by_token(&hash("Cookie")).await, Ok(None));
    assert_eq!(sessions.find(&later.id).await, Ok(Some(later.clone())));
    assert_eq!(sessions.find(&SessionId::new("a\0")).await, Ok(None));
    assert_eq!(sessions.of_user(&alice.subject).await, Ok(vec![later, sid]));
}

async fn a_session_of_nobody_is_lost(database: Database) {
    let nobody = user("nobody");
    assert_eq!(database.store.sessions().begin(&hash("cookie"), &session("sid", &nobody), 0).await, Ok(Applied::Lost));
    assert_eq!(database.rows("session").await, 0);
}

async fn a_session_begun_with_an_earlier_password_is_lost(database: Database) {
    let (sessions, users) = (database.store.sessions(), database.store.users());
    let (alice, _, _) = alice_and_app(&database.store).await;
    let new = PasswordHash::from_phc("$argon2id$new".to_owned());
    assert_eq!(users.set_password(&alice.subject, &new, None, after(1), None).await, Ok(true));
    assert_eq!(sessions.begin(&hash("old"), &session("old", &alice), 0).await, Ok(Applied::Lost));
    assert_eq!(sessions.begin(&hash("new"), &session("new", &alice), 1).await, Ok(Applied::Done));
    let enabled = users.find(&alice.subject).await.unwrap().unwrap();
    assert_eq!(users.replace(&enabled, &User { enabled: false, ..enabled.clone() }).await, Ok(Applied::Done));
    assert_eq!(sessions.begin(&hash("late"), &session("late", &alice), 1).await, Ok(Applied::Lost));
}

/// Sign-ins that were checked before a change of the password, and are written while it is made.
async fn no_session_of_an_earlier_password_outlives_its_change(database: Database) {
    let (alice, _, _) = alice_and_app(&database.store).await;
    let sign_ins = (0..20).map(|number| {
        let (store, alice) = (database.store.clone(), alice.clone());
        tokio::spawn(async move {
            store.sessions().begin(&hash(&format!("cookie-{number}")), &session(&format!("s-{number}"), &alice), 0).await
        })
    });
    let sign_ins: Vec<_> = sign_ins.collect();
    let new = PasswordHash::from_phc("$argon2id$new".to_owned());
    assert_eq!(database.store.users().set_password(&alice.subject, &new, None, after(1), None).await, Ok(true));
    for sign_in in sign_ins {
        assert!(sign_in.await.unwrap().is_ok());
    }
    assert_eq!(database.store.sessions().of_user(&alice.subject).await, Ok(vec![]));
}

async fn a_renewed_session_answers_to_its_new_cookie_only(database: Database) {
    let sessions = database.store.sessions();
    let (_, _, sid) = alice_and_app(&database.store).await;
    let by_work = Authentication::by_provider("work", &[], None);
    assert_eq!(sessions.renew(&sid.id, &hash("new"), after(90), &by_work, after(100)).await, Ok(true));
    assert_eq!(sessions.find_by_token(&hash("cookie")).await, Ok(None));
    let renewed = Session { authenticated_at: after(90), authentication: by_work.clone(), last_used_at: after(100), ..sid };
    assert_eq!(sessions.find_by_token(&hash("new")).await, Ok(Some(renewed)));
    assert_eq!(sessions.renew(&SessionId::new("over"), &hash("newer"), after(90), &by_work, after(100)).await, Ok(false));
}

async fn use_is_noted_and_never_undone(database: Database) {
    let sessions = database.store.sessions();
    let (_, _, sid) = alice_and_app(&database.store).await;
    for at in [after(120), after(60)] {
        assert_eq!(sessions.note_use(&sid.id, at).await, Ok(()));
    }
    assert_eq!(sessions.find(&sid.id).await.unwrap().unwrap().last_used_at, after(120));
}

async fn an_interaction_is_kept_until_it_is_forgotten(database: Database) {
    let sessions = database.store.sessions();
    let (_, _, sid) = alice_and_app(&database.store).await;
    let interaction = Interaction { request: "other".to_owned(), signed_in: false, consent: None, at: after(5) };
    for kept in [Some(interaction), None] {
        assert_eq!(sessions.set_interaction(&sid.id, kept.as_ref()).await, Ok(()));
        assert_eq!(sessions.find(&sid.id).await.unwrap().unwrap().interaction, kept);
    }
}

async fn a_session_that_ended_is_gone(database: Database) {
    let sessions = database.store.sessions();
    let (_, _, sid) = alice_and_app(&database.store).await;
    assert_eq!(sessions.end(&sid.id, after(5)).await, Ok(Some(vec![])));
    assert_eq!(sessions.end(&sid.id, after(5)).await, Ok(None));
    assert_eq!(sessions.find_by_token(&hash("cookie")).await, Ok(None));
}

async fn all_sessions_but_one_end(database: Database) {
    let store = &database.store;
    let (alice, _, sid) = alice_and_app(store).await;
    let bob = user("bob");
    assert_eq!(store.users().insert(&bob).await, Ok(Insertion::Inserted));
    assert_eq!(store.sessions().begin(&hash("second"), &session("second", &alice), 0).await, Ok(Applied::Done));
    assert_eq!(store.sessions().begin(&hash("bob"), &session("bob", &bob), 0).await, Ok(Applied::Done));
    assert_eq!(store.sessions().end_all_of(&alice.subject, Some(&sid.id), after(5)).await, Ok(()));
    assert_eq!(store.sessions().of_user(&alice.subject).await.unwrap().len(), 1);
    assert_eq!(store.sessions().end_all_of(&alice.subject, None, after(5)).await, Ok(()));
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![]));
    assert_eq!(store.sessions().of_user(&bob.subject).await.unwrap().len(), 1);
}
