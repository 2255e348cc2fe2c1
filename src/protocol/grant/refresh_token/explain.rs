//! What was expected of a refresh, and what came.

use super::{RETRY_WINDOW, Reason};
use crate::protocol::explanation::{Explanation, Fact, lasting};
use crate::protocol::scope::Scope;

pub(super) fn explain(reason: &Reason) -> Explanation {
    let one = |fact: Fact| Explanation::of(fact);
    match reason {
        Reason::Missing => one(Fact::of("refresh_token").expected("a refresh token")),
        Reason::Malformed(why) => one(Fact::of("refresh_token").note(why)),
        Reason::Unknown => {
            let fact =
                Fact::of("refresh_token").note("it has the form of a refresh token of this server, and this database does not know it");
            one(fact.note("it may be long over, its person or client may be deleted, or it comes from another server"))
        }
        Reason::OtherClient(owner) => {
            one(Fact::of("client").expected(owner).came("the client that asks").note("expected is the client that the token was given to"))
        }
        Reason::Expired { family, at, now } => {
            let expected = if *family { "used before the end of its family" } else { "used again before it is idle for too long" };
            let fact =
                Fact::of("time").expected(format!("{expected}, by {at}")).came(format!("{now}, {} too late", lasting(now.since(*at))));
            let setting = if *family { "refresh_token_absolute" } else { "refresh_token_idle" };
            one(fact.note(format!("the client's lifetimes.{setting} says when"))).advise("Let the person sign in again.")
        }
        Reason::Revoked(at) => {
            let fact = Fact::of("grant").note(format!("everything that it gave was taken back at {at}"));
            one(fact.note("by the person, a changed password, a revocation, or because a used token came again"))
                .advise("Let the person sign in again.")
        }
        Reason::SessionOver => {
            let fact = Fact::of("session").expected("the session of the sign-in, alive").came("a session that is over");
            one(fact.note("only offline_access outlives the session (OpenID Connect Core section 11)"))
                .advise("Let the person sign in again, or ask for offline_access.")
        }
        Reason::Reused { at, now } => {
            let came = format!("one that was used at {at}, {} ago", lasting(now.since(*at)));
            let fact = Fact::of("refresh_token").expected("one that was never used").came(came);
            let window = lasting(RETRY_WINDOW);
            one(fact.note(format!("a lost answer can be asked for again for {window}; after that, a used token ends its family"))).advise(
                "Keep the newest refresh token, and let one process at a time refresh. If that is so already, somebody else has the token.",
            )
        }
        Reason::WiderScope { asked, granted } => {
            let fact = Fact::of("scope").expected(format!("within: {granted}")).came(asked);
            let beyond = Scope::parse(asked).unwrap_or_default().filter(|word| !granted.split(' ').any(|known| known == word.as_str()));
            one(if beyond.is_empty() { fact } else { fact.note(format!("not granted: {beyond}")) })
        }
        Reason::MalformedScope(problem) => one(Fact::of("scope").expected("words with spaces between them").came(problem.to_string())),
        Reason::OtherResource(foreign) => foreign.explain(),
        Reason::MalformedResource(problem) => problem.explain(),
    }
}
