//! Explanations: for each kind of refusal, an operator who has the trace id of the answer learns the decisive fact, and the answer itself
//! tells nothing of it.

mod authorize;
mod grants;
mod on_a_developers_machine;
mod pages;
mod recording;
mod tokens;

use claviger::protocol::explanation::{Fact, Recorded};

/// The facts about `what`.
fn facts<'a>(why: &'a Recorded, what: &str) -> Vec<&'a Fact> {
    why.facts.iter().filter(|fact| fact.what() == what).collect()
}

/// Asserts that one of the facts about `what` has these words in what was expected, in what came and in its note.
#[track_caller]
fn assert_fact(why: &Recorded, what: &str, expected: &str, came: &str, note: &str) {
    let has = |text: Option<&str>, words: &str| words.is_empty() || text.is_some_and(|text| text.contains(words));
    let found = facts(why, what)
        .into_iter()
        .any(|fact| has(fact.what_was_expected(), expected) && has(fact.what_came(), came) && has(fact.rule(), note));
    assert!(found, "no {what} with {expected:?}, {came:?}, {note:?} in\n{why}");
}
