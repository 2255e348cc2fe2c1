//! People.

use claviger::identity::user::{PasswordHash, User, Username};
use claviger::protocol::subject::Subject;
use claviger::store::{Applied, Insertion, UserFilter};

use crate::database::{Database, on_both_databases};
use crate::store::{LIMITS, NOW, after, alice_and_app, at_once, code, grant, hash, scope, session, user};

on_both_databases!(
    a_person_comes_back_as_they_were,
    a_username_is_given_once,
    a_change_leaves_the_name_alone,
    another_password_ends_sessions_and_grants,
    a_hash_is_upgraded_unless_the_password_was_changed,
    whoever_is_disabled_keeps_nothing,
    a_password_that_is_replaced_ends_sessions_and_grants,
    people_are_listed_in_pages,
    with_a_person_goes_what_is_theirs,
    a_subject_that_can_not_be_is_nobody,
);

fn password(text: &str) -> PasswordHash {
    PasswordHash::from_phc(text.to_owned())
}

async fn a_person_comes_back_as_they_were(database: Database) {
    let users = database.store.users();
    let (alice, bob) = (user("alice"), User { password: None, roles: [].into(), enabled: false, ..user("böb\u{1F511}'--") });
    for new in [&bob, &alice] {
        assert_eq!(users.insert(new).await, Ok(Insertion::Inserted));
    }
    assert_eq!(users.find(&alice.subject).await, Ok(Some(alice.clone())));
    assert_eq!(users.find_by_username(&bob.username).await, Ok(Some(bob.clone())));
    assert_eq!(users.find_by_username(&Username::parse("b%").unwrap()).await, Ok(None));
    assert_eq!(users.list().await, Ok(vec![alice, bob]));
}

async fn a_username_is_given_once(database: Database) {
    let outcomes = at_once(20, |number| {
        let store = database.store.clone();
        let new = User { subject: Subject::new(format!("subject-{number}")), ..user("alice") };
        async move { store.users().insert(&new).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Insertion::Inserted).count(), 1);
    assert_eq!(database.rows("account").await, 1);
}

async fn a_change_leaves_the_name_alone(database: Database) {
    let users = database.store.users();
    let alice = user("alice");
    let changed = User {
        username: Username::parse("mallory").unwrap(),
        roles: ["other".to_owned()].into(),
        enabled: false,
        created_at: after(99),
        updated_at: after(99),
        ..alice.clone()
    };
    assert_eq!(users.replace(&alice, &changed).await, Ok(Applied::Lost));
    assert_eq!(users.insert(&alice).await, Ok(Insertion::Inserted));
    assert_eq!(users.replace(&alice, &changed).await, Ok(Applied::Done));
    assert_eq!(users.replace(&alice, &changed).await, Ok(Applied::Lost), "it is not as it was");
    assert_eq!(users.delete(&alice, after(9)).await, Ok(Applied::Lost), "it is not as it was");
    let expected = User { username: alice.username, password: alice.password, created_at: NOW, ..changed };
    assert_eq!(users.find(&alice.subject).await, Ok(Some(expected)));
}

async fn another_password_ends_sessions_and_grants(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    let other = session("other", &alice);
    assert_eq!(store.sessions().begin(&hash("other"), &other, 0).await, Ok(Applied::Done));
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), None).await, Ok(Applied::Done));
    let nobody = Subject::new("nobody");
    assert_eq!(store.users().set_password(&nobody, &password("x"), None, after(5), None).await, Ok(false));
    assert_eq!(store.users().set_password(&alice.subject, &password("new"), None, after(5), Some(&sid.id)).await, Ok(true));
    let found = store.users().find(&alice.subject).await.unwrap().unwrap();
    assert_eq!((found.password, found.updated_at), (Some(password("new")), after(5)));
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![sid]));
    assert_eq!(store.grants().of_user(&alice.subject, after(5), LIMITS).await, Ok(vec![]));
    let stale = Some(found.password_version - 1);
    assert_eq!(store.users().set_password(&alice.subject, &password("stolen"), stale, after(6), None).await, Ok(false));
    assert_eq!(store.sessions().of_user(&alice.subject).await.unwrap().len(), 1);
    assert_eq!(
        store.users().set_password(&alice.subject, &password("newer"), Some(found.password_version), after(6), None).await,
        Ok(true)
    );
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![]));
}

async fn whoever_is_disabled_keeps_nothing(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, None)), None).await, Ok(Applied::Done));
    let renamed = User { roles: ["other".to_owned()].into(), updated_at: after(5), ..alice.clone() };
    assert_eq!(store.users().replace(&alice, &renamed).await, Ok(Applied::Done));
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![sid]));
    let disabled = User { enabled: false, updated_at: after(6), ..renamed.clone() };
    assert_eq!(store.users().replace(&renamed, &disabled).await, Ok(Applied::Done));
    assert_eq!(store.users().find(&alice.subject).await, Ok(Some(disabled)));
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![]));
    assert_eq!(store.grants().of_user(&alice.subject, after(6), LIMITS).await, Ok(vec![]));
}

async fn a_password_that_is_replaced_ends_sessions_and_grants(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), None).await, Ok(Applied::Done));
    let changed = User { password: Some(password("new")), updated_at: after(5), ..alice.clone() };
    assert_eq!(store.users().replace(&alice, &changed).await, Ok(Applied::Done));
    let found = store.users().find(&alice.subject).await.unwrap().unwrap();
    assert_eq!(found, User { password_version: alice.password_version + 1, ..changed });
    assert_eq!(store.sessions().of_user(&alice.subject).await, Ok(vec![]));
    assert_eq!(store.grants().of_user(&alice.subject, after(5), LIMITS).await, Ok(vec![]));
}

async fn people_are_listed_in_pages(database: Database) {
    let users = database.store.users();
    for name in ["carol", "al_ice", "bob"] {
        let roles = if name == "bob" { ["admin".to_owned(), "a".to_owned()].into() } else { ["administrator".to_owned()].into() };
        assert_eq!(users.insert(&User { roles, enabled: name != "carol", ..user(name) }).await, Ok(Insertion::Inserted));
    }
    let names = async |filter: UserFilter, after: Option<&str>, limit| {
        let found = users.page(&filter, after, limit).await.unwrap();
        found.into_iter().map(|user| user.username.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(UserFilter::default(), None, 2).await, ["al_ice", "bob"]);
    assert_eq!(names(UserFilter::default(), Some("bob"), 2).await, ["carol"]);
    assert_eq!(names(UserFilter { text: Some("L_I".to_owned()), ..UserFilter::default() }, None, 9).await, ["al_ice"]);
    assert_eq!(names(UserFilter { role: Some("admin".to_owned()), ..UserFilter::default() }, None, 9).await, ["bob"]);
    assert_eq!(names(UserFilter { enabled: Some(false), ..UserFilter::default() }, None, 9).await, ["carol"]);
}

async fn a_hash_is_upgraded_unless_the_password_was_changed(database: Database) {
    let users = database.store.users();
    let alice = user("alice");
    assert_eq!(users.insert(&alice).await, Ok(Insertion::Inserted));
    let old = alice.password.clone().unwrap();
    assert_eq!(users.upgrade_password(&alice.subject, &old, &password("better")).await, Ok(true));
    assert_eq!(users.upgrade_password(&alice.subject, &old, &password("late")).await, Ok(false));
    let found = users.find(&alice.subject).await.unwrap().unwrap();
    assert_eq!(found, User { password: Some(password("better")), ..alice });
}

async fn with_a_person_goes_what_is_theirs(database: Database) {
    let store = &database.store;
    let (alice, app, sid) = alice_and_app(store).await;
    assert_eq!(store.grants().insert_code(&code("code", grant("g", &app, &alice, Some(&sid))), None).await, Ok(Applied::Done));
    assert_eq!(store.consents().allow(&alice.subject, &app.id, &scope("openid"), after(1)).await, Ok(Applied::Done));
    assert_eq!(store.users().delete(&alice, after(9)).await, Ok(Applied::Done));
    assert_eq!(store.users().delete(&alice, after(9)).await, Ok(Applied::Lost));
    for table in ["session", "consent", "granted", "code"] {
        assert_eq!(database.rows(table).await, 0, "{table}");
    }
    assert_eq!(database.rows("client").await, 1);
}

async fn a_subject_that_can_not_be_is_nobody(database: Database) {
    let store = &database.store;
    for hostile in ["", "\0", "a\0b", "' OR 1=1 --", "%", "\u{FFFF}"] {
        let subject = Subject::new(hostile);
        assert_eq!(store.users().find(&subject).await, Ok(None), "{hostile:?}");
        assert_eq!(store.sessions().of_user(&subject).await, Ok(vec![]), "{hostile:?}");
        assert_eq!(store.consents().of_user(&subject).await, Ok(vec![]), "{hostile:?}");
        assert_eq!(store.grants().revoke_all_of(&subject, NOW).await, Ok(()), "{hostile:?}");
    }
}
