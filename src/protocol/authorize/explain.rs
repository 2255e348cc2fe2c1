//! What was expected of an authorization request, and what came.

use crate::protocol::authorize::{Prompt, Reason, ResponseMode, WhyConsent, WhyLogin};
use crate::protocol::explanation::{Explanation, Fact, lasting, listed};

pub(super) fn explain(reason: &Reason) -> Explanation {
    let one = |fact: Fact| Explanation::of(fact);
    match reason {
        Reason::NoClient => one(Fact::of("client_id").expected("one client identifier").note("it is missing, empty or repeated")),
        Reason::UnknownClient(id) => {
            one(Fact::of("client_id").came(id).note("no client of this identifier is registered here; case counts")).asked_by(id).advise(
                "Compare it with `claviger clients list`, and the address of the server with the one where the client was registered.",
            )
        }
        Reason::DisabledClient(id) => one(Fact::of("client_id").came(id).note("the client is disabled"))
            .asked_by(id)
            .advise(format!("If it may be used again: claviger clients enable {id}")),
        // The nearest ones are known where the client is: see `Destination::check`.
        Reason::UnregisteredRedirectUri(_) => Explanation::default(),
        Reason::Repeated(repeated) => repeated.explain(),
        Reason::Unechoable { name, length } => {
            let fact = Fact::of(name).expected("1024 bytes at most, and no control characters").came(format!("{length} bytes"));
            one(fact.note("what it is is not kept"))
        }
        Reason::UnknownResponseMode(mode) => one(Fact::of("response_mode").expected(listed(ResponseMode::ALL)).came(mode)),
        Reason::NoResponseType => one(Fact::of("response_type").expected("one that the client registered, such as code")),
        Reason::TokensInQuery(response_type) => one(Fact::of("response_mode")
            .expected("fragment or form_post")
            .came("query")
            .note(format!("with response_type={response_type}"))),
        Reason::NoNonce(response_type) => one(Fact::of("nonce").expected("a value").note(format!("with response_type={response_type}")))
            .advise("Send a random nonce, keep it, and compare it with the ID token's (OpenID Connect Core section 3.2.2.1)."),
        Reason::NoOpenid(response_type) => one(Fact::of("scope").expected("openid").note(format!("with response_type={response_type}"))),
        Reason::UnsupportedResponseType { found, registered } => {
            one(Fact::of("response_type").expected(listed(registered)).came(found).note("expected is what the client registered"))
        }
        Reason::Registration => one(Fact::of("registration")
            .expected("no such parameter")
            .came("one")
            .note("it is refused, never ignored (OpenID Connect Core section 7.2.1)"))
        .advise("Register the client beforehand, and send its client_id."),
        Reason::NoChallenge { public } => {
            let rule = if *public {
                "a public client always needs a proof key (RFC 9700 section 2.1.1)"
            } else {
                "the client is registered with pkce = required"
            };
            let fact = Fact::of("code_challenge").expected("43 characters, with code_challenge_method=S256").note(rule);
            one(fact).advise("Send code_challenge and code_challenge_method=S256 (RFC 7636); libraries call it PKCE.")
        }
        Reason::BadChallenge { length, method } => {
            let challenge = Fact::of("code_challenge").expected("43 base64url characters");
            let challenge = challenge.came_if_any(length.map(|length| format!("{length} characters")));
            let method = Fact::of("code_challenge_method").expected("S256").came_if_any(method.as_ref());
            let fact = method.note("a request without a method means plain, which is not supported (RFC 9700 section 2.1.1)");
            one(challenge.note("what it is is not kept")).and(fact)
        }
        Reason::BadPrompt(prompt) => {
            let expected = format!("{}; none stands alone", listed(Prompt::ALL));
            one(Fact::of("prompt").expected(expected).came(prompt))
        }
        Reason::BadMaxAge(age) => one(Fact::of("max_age").expected("a whole number of seconds").came(age)),
        Reason::BadHint(why) => one(Fact::of("id_token_hint").expected("an ID token of this server for this client").came(why)),
        Reason::LoginRequired(why) => login(why),
        Reason::ConsentRequired(why) => {
            let advice = "Send the person here without prompt=none, so that they can be asked.";
            one(Fact::of("prompt").expected("consent that was given before").came(consent(why))).advise(advice)
        }
        Reason::BadClaims(_) => one(Fact::of("claims")
            .expected("a JSON object such as {\"userinfo\": {\"email\": null}}")
            .note("OpenID Connect Core section 5.5")),
        Reason::NotAsAsked(why) => one(why_login(why)),
        Reason::Denied(turned) => one(Fact::of("the person").note(format!("they refused {turned}"))),
    }
}

fn login(why: &WhyLogin) -> Explanation {
    Explanation::of(why_login(why)).advise("Send the person here without prompt=none, so that they can sign in.")
}

fn why_login(why: &WhyLogin) -> Fact {
    const SESSION: &str = "session";
    match why {
        WhyLogin::Nobody => {
            let fact = Fact::of(SESSION).expected("somebody who is signed in").came("no session that is alive");
            fact.note("a browser sends no cookie of ours from a frame in another site")
        }
        WhyLogin::Prompt => Fact::of("prompt").came("login").note("the person has to sign in for this request"),
        WhyLogin::TooLongAgo { age, max_age } => {
            let too_long = age.as_secs().saturating_sub(*max_age);
            let fact = Fact::of("max_age")
                .expected(format!("signed in {max_age} s ago at most"))
                .came(format!("signed in {} s ago", age.as_secs()));
            fact.note(format!("too old by {}", lasting(std::time::Duration::from_secs(too_long))))
        }
        WhyLogin::OtherPerson { hinted, found } => {
            Fact::of("id_token_hint").expected(format!("the person {hinted}")).came(format!("the person {found}")).note("compared by sub")
        }
        WhyLogin::PersonNotTaken { taken, found } => {
            Fact::of("claims").expected(format!("the person {taken}")).came(format!("the person {found}")).note("compared by sub")
        }
        WhyLogin::ClassNotTaken { taken, found } => {
            Fact::of("acr").expected(listed(taken)).came_if_any(found.as_ref()).note("the claims parameter makes it essential")
        }
    }
}

fn consent(why: &WhyConsent) -> String {
    match why {
        WhyConsent::NotAllowedYet(words) => format!("not allowed yet: {words}"),
        other => other.to_string(),
    }
}
