//! The attributes and groups of a file, and what people may not be beside them.

use crate::flow::apply::document::{Document, Entry};
use crate::flow::apply::plan::{Extent, Found, keep};
use crate::flow::apply::step::Step;
use crate::flow::manage::users::problems_beside;
use crate::identity::account::Account;
use crate::identity::attribute::Attribute;
use crate::identity::group::Group;
use crate::identity::user::Username;
use crate::protocol::problem::Problem;

/// What is wrong with attributes and people beside each other and beside what is stored.
pub(super) fn problems(document: &Document, found: &Found, extent: Extent) -> Vec<Problem> {
    let mut problems = Vec::new();
    for Entry { place, thing: wanted, .. } in &document.attributes {
        let other_type = stored_attribute(found, wanted).is_some_and(|stored| stored.kind != wanted.kind);
        if other_type && extent != Extent::Missing {
            problems.push(Problem::new(format!("{place}: type"), "can't be changed; delete the attribute and make it anew"));
        }
    }
    let stays = |is_named: bool| extent != Extent::Everything && !is_named;
    let groups: Vec<Group> = {
        let is_named = |group: &Group| document.groups.iter().any(|entry| entry.thing.name == group.name);
        let stored = found.groups.iter().filter(|group| stays(is_named(group)));
        stored.chain(document.groups.iter().map(|entry| &entry.thing)).cloned().collect()
    };
    let attributes: Vec<Attribute> = {
        let is_named = |known: &Attribute| document.attributes.iter().any(|entry| entry.thing.name == known.name);
        let stored = found.attributes.iter().filter(|known| extent == Extent::Missing || stays(is_named(known)));
        // What is there already with `Missing` comes first, and counts.
        stored.chain(document.attributes.iter().map(|entry| &entry.thing)).cloned().collect()
    };
    for Entry { place, thing: (username, account), .. } in document.users.iter().filter(|entry| counts(entry, found, extent)) {
        // Somebody from elsewhere got the name first. Whoever wrote the file may mean another person.
        if found.from_providers.contains(username) {
            let reason = "is the name of somebody who came from another provider and has no password; if it is who you mean, leave the \
                          password out and set it with `claviger users password`";
            problems.push(Problem::new(format!("{place}: username"), reason));
        }
        let wrong = problems_beside(account, &groups, &attributes);
        problems.extend(wrong.into_iter().map(|problem| Problem::new(format!("{place}: {}", problem.field), problem.reason)));
    }
    problems
}

/// With `Missing`, a person who is there is left as they are, and no matter of the file.
fn counts<S>(entry: &Entry<(Username, Account), S>, found: &Found, extent: Extent) -> bool {
    extent != Extent::Missing || !found.users.iter().any(|user| user.username == entry.thing.0)
}

/// The steps that make attributes and groups as the file has them.
pub(super) fn steps(document: &Document, found: &Found, extent: Extent) -> Vec<Step> {
    let attribute = |entry: &Entry<Attribute, ()>| {
        let wanted = &entry.thing;
        let Some(before) = stored_attribute(found, wanted) else { return Some(Step::AddAttribute(wanted.clone())) };
        let after = if extent == Extent::Missing { keep(before, wanted, &entry.with_issuer) } else { wanted.clone() };
        (after != *before).then(|| Step::ChangeAttribute { before: before.clone(), after })
    };
    let group = |entry: &Entry<Group, ()>| {
        let wanted = &entry.thing;
        let Some(before) = found.groups.iter().find(|group| group.name == wanted.name) else { return Some(Step::AddGroup(wanted.clone())) };
        let after = if extent == Extent::Missing { keep(before, wanted, &entry.with_issuer) } else { wanted.clone() };
        (after != *before).then(|| Step::ChangeGroup { before: before.clone(), after })
    };
    document.attributes.iter().filter_map(attribute).chain(document.groups.iter().filter_map(group)).collect()
}

/// The steps that delete the groups and attributes that the file does not name, when it has to say everything.
pub(super) fn deletions(document: &Document, found: &Found, extent: Extent) -> Vec<Step> {
    if extent != Extent::Everything {
        return Vec::new();
    }
    let groups = found.groups.iter().filter(|group| !document.groups.iter().any(|entry| entry.thing.name == group.name));
    let attributes = found.attributes.iter().filter(|known| !document.attributes.iter().any(|entry| entry.thing.name == known.name));
    groups.cloned().map(Step::DeleteGroup).chain(attributes.cloned().map(Step::DeleteAttribute)).collect()
}

fn stored_attribute<'a>(found: &'a Found, named: &Attribute) -> Option<&'a Attribute> {
    found.attributes.iter().find(|known| known.name == named.name)
}
