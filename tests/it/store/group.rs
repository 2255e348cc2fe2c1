//! Groups and attributes.

use claviger::identity::attribute::{Attribute, AttributeType};
use claviger::identity::group::Group;
use claviger::identity::user::User;
use claviger::store::{Applied, Insertion};

use crate::database::{Database, on_both_databases};
use crate::store::{HOSTILE, after, user};

on_both_databases!(
    a_group_gives_its_roles_to_everybody_in_it,
    with_a_group_goes_who_was_in_it,
    a_change_of_a_group_rests_on_what_was_read,
    into_a_group_that_is_gone_nobody_comes,
    an_attribute_comes_back_as_it_was,
);

fn group(name: &str, role: &str) -> Group {
    Group { name: name.to_owned(), description: HOSTILE.to_owned(), roles: [role.to_owned(), HOSTILE.to_owned()].into() }
}

/// A person in these groups.
fn member(name: &str, groups: &[&Group]) -> User {
    User { groups: groups.iter().map(|group| (group.name.clone(), group.roles.clone())).collect(), ..user(name) }
}

async fn a_group_gives_its_roles_to_everybody_in_it(database: Database) {
    let (groups, users) = (database.store.groups(), database.store.users());
    let (editors, readers) = (group("editors", "editor"), group("readers", "reader"));
    for new in [&readers, &editors] {
        assert_eq!(groups.insert(new).await, Ok(Insertion::Inserted));
    }
    assert_eq!(groups.insert(&editors).await, Ok(Insertion::AlreadyThere));
    assert_eq!(groups.list().await, Ok(vec![editors.clone(), readers.clone()]));
    let (alice, bob) = (member("alice", &[&editors, &readers]), member("bob", &[&readers]));
    for new in [&alice, &bob] {
        assert_eq!(users.insert(new).await, Ok(Insertion::Inserted));
    }
    assert_eq!(users.list().await, Ok(vec![alice.clone(), bob.clone()]));
    let writers = Group { roles: ["writer".to_owned()].into(), ..editors.clone() };
    assert_eq!(groups.replace(&editors, &writers).await, Ok(Applied::Done));
    let found = users.find(&alice.subject).await.unwrap().unwrap();
    assert!(found.has_role("writer") && found.has_role("reader") && !found.has_role("editor"), "{:?}", found.groups);
    let out = User { groups: [].into(), ..bob.clone() };
    assert_eq!(users.replace(&bob, &out).await, Ok(Applied::Done));
    assert_eq!(users.find_by_username(&bob.username).await, Ok(Some(out)));
}

async fn with_a_group_goes_who_was_in_it(database: Database) {
    let (groups, users) = (database.store.groups(), database.store.users());
    let editors = group("editors", "editor");
    assert_eq!(groups.insert(&editors).await, Ok(Insertion::Inserted));
    let alice = member("alice", &[&editors]);
    assert_eq!(users.insert(&alice).await, Ok(Insertion::Inserted));
    assert_eq!(groups.delete(&editors).await, Ok(Applied::Done));
    assert_eq!(groups.find("editors").await, Ok(None));
    assert!(users.find(&alice.subject).await.unwrap().unwrap().groups.is_empty());
    // Another group of that name is another group.
    assert_eq!(groups.insert(&editors).await, Ok(Insertion::Inserted));
    assert!(!users.find(&alice.subject).await.unwrap().unwrap().has_role("editor"));
    let gone = users.find(&alice.subject).await.unwrap().unwrap();
    assert_eq!(users.delete(&gone, after(9)).await, Ok(Applied::Done));
    assert_eq!(database.rows("group_member").await, 0);
}

async fn a_change_of_a_group_rests_on_what_was_read(database: Database) {
    let groups = database.store.groups();
    let (editors, other) = (group("editors", "editor"), group("editors", "other"));
    assert_eq!(groups.insert(&editors).await, Ok(Insertion::Inserted));
    assert_eq!(groups.replace(&other, &editors).await, Ok(Applied::Lost));
    assert_eq!(groups.delete(&other).await, Ok(Applied::Lost));
    assert_eq!(groups.find("editors").await, Ok(Some(editors)));
    assert_eq!(groups.find("\0").await, Ok(None));
}

async fn into_a_group_that_is_gone_nobody_comes(database: Database) {
    let alice = member("alice", &[&group("editors", "editor")]);
    assert_eq!(database.store.users().insert(&alice).await, Ok(Insertion::Inserted));
    assert!(database.store.users().find(&alice.subject).await.unwrap().unwrap().groups.is_empty());
}

async fn an_attribute_comes_back_as_it_was(database: Database) {
    let attributes = database.store.attributes();
    let badge = Attribute { name: "badge".to_owned(), kind: AttributeType::Integer, description: HOSTILE.to_owned() };
    assert_eq!(attributes.insert(&badge).await, Ok(Insertion::Inserted));
    assert_eq!(attributes.insert(&badge).await, Ok(Insertion::AlreadyThere));
    assert_eq!(attributes.describe(&badge, "its number").await, Ok(Applied::Done));
    assert_eq!(attributes.describe(&badge, "lost").await, Ok(Applied::Lost), "it is not as it was");
    assert_eq!(attributes.delete(&badge).await, Ok(Applied::Lost), "it is not as it was");
    let changed = Attribute { description: "its number".to_owned(), ..badge };
    assert_eq!(attributes.find("badge").await, Ok(Some(changed.clone())));
    assert_eq!(attributes.list().await, Ok(vec![changed.clone()]));
    assert_eq!(attributes.delete(&changed).await, Ok(Applied::Done));
    assert_eq!(attributes.list().await, Ok(vec![]));
}
