//! What was expected of a code's redemption, and what came.

use super::{LIFETIME, Reason};
use crate::protocol::explanation::{Explanation, Fact, lasting};

pub(super) fn explain(reason: &Reason) -> Explanation {
    let one = |fact: Fact| Explanation::of(fact);
    match reason {
        Reason::Missing => one(Fact::of("code").expected("the code that the browser brought")),
        Reason::Malformed(why) => one(Fact::of("code").note(why)),
        Reason::Unknown => {
            let fact = Fact::of("code").note("it has the form of a code of this server, and this database does not know it");
            one(fact.note("it may be long over, or come from another server"))
        }
        Reason::OtherClient(owner) => {
            one(Fact::of("client").expected(owner).came("the client that asks").note("expected is the client that the code was made for"))
        }
        Reason::OtherRedirectUri { expected, found } => {
            let fact = match (expected, found) {
                (Some(expected), Some(found)) => Fact::compared("redirect_uri", expected, found),
                (Some(expected), None) => Fact::of("redirect_uri").expected(expected),
                (None, found) => Fact::of("redirect_uri").expected("no redirect_uri").came_if_any(found.as_ref()),
            };
            one(fact.note("it has to be the one of the authorization request (RFC 6749 section 4.1.3)"))
        }
        Reason::WrongVerifier { expected, found: Ok(found) } => {
            let fact = Fact::of("code_challenge").expected(expected).came(found);
            one(fact.note("expected was sent to /authorize, the other one is the S256 of the code_verifier that came")).advise(
                "Send the code_verifier that the code_challenge of this very sign-in was made of: BASE64URL(SHA256(code_verifier)).",
            )
        }
        Reason::WrongVerifier { expected, found: Err(length) } => {
            let fact = Fact::of("code_verifier").expected("43 to 128 of the characters A-Z a-z 0-9 - . _ ~");
            one(fact.came(format!("{length} characters, or others than these")))
                .and(Fact::of("code_challenge").expected(expected).came("none"))
        }
        Reason::NoVerifier => {
            let fact = Fact::of("code_verifier").expected("the one that the code_challenge was made of");
            one(fact.note("the authorization request had a code_challenge"))
        }
        Reason::NoChallenge => {
            let fact = Fact::of("code_verifier").expected("no code_verifier").came("one");
            one(fact.note("the authorization request had no code_challenge; somebody may have taken it out (RFC 9700 section 4.8.2)"))
        }
        Reason::Expired { at, now } => {
            let late = lasting(now.since(*at));
            let fact = Fact::of("time").expected(format!("redeemed by {at}, {} after it was given", lasting(LIFETIME)));
            one(fact.came(format!("{now}, {late} too late"))).advise(
                "Redeem a code at once. If that is what happens, several servers share the database and their clocks differ by that much.",
            )
        }
        Reason::Revoked(at) => one(Fact::of("grant").note(format!("what the person allowed was taken back at {at}"))),
        Reason::SessionOver => {
            let fact = Fact::of("session").expected("the session of the sign-in, alive").came("a session that is over");
            one(fact.note("only offline_access outlives the session (OpenID Connect Core section 11)"))
        }
        Reason::Replayed { at, now } => {
            let fact = Fact::of("code")
                .expected("a code that was never used")
                .came(format!("one that was used at {at}, {} ago", lasting(now.since(*at))));
            one(fact.note("what it gave is revoked (RFC 6749 section 4.1.2)")).advise(
                "Redeem a code once: look for a request that is repeated after a time-out, or a callback page that is loaded twice.",
            )
        }
        Reason::OtherResource(foreign) => foreign.explain(),
        Reason::MalformedResource(problem) => problem.explain(),
    }
}
