//! The junction: what happens next with a checked authorization request. The login and consent pages record what the person did and send the
//! browser back here; steps never route to one another.

use std::collections::BTreeSet;

use crate::protocol::application_type::ApplicationType;
use crate::protocol::authorize::{Reason, Request, Turned, WhyConsent, WhyLogin};
use crate::protocol::client::Client;
use crate::protocol::redirect_uri::RedirectUri;
use crate::protocol::refusal::Refusal;
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::Catalog;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;

/// What is known when the request arrives.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Who is signed in in this browser, if the session counts and the account is enabled.
    pub signed_in: Option<SignedIn>,
    /// What they allowed this client before.
    pub consented: Scope,
    /// The subject of a verified `id_token_hint`.
    pub hinted: Option<Subject>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who, as the client knows them.
    pub subject: Subject,
    /// Their roles.
    pub roles: BTreeSet<String>,
    /// When they last proved who they are.
    pub authenticated_at: Timestamp,
    /// The class of their sign-in (`acr`).
    pub class: Option<String>,
    /// Whether it may have been long before that: they came from another provider, which does not say when they signed in there.
    pub undated: bool,
    /// Whether they did so for this very request.
    pub for_this_request: bool,
    /// How they answered the consent page for this very request.
    pub consent: Option<bool>,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person signs in.
    Login,
    /// The person is asked whether the client may have this.
    Consent(Scope),
    /// The client gets a code for this.
    Issue(Scope),
    /// The client gets an error.
    Refuse(Refusal),
}

/// Decides the next step.
#[must_use]
pub fn next_step(request: &Request, client: &Client, catalog: &Catalog, facts: &Facts, now: Timestamp) -> Step {
    let asked = request.narrowing.scope.as_ref();
    // What nobody could be granted is refused before anybody is asked to sign in.
    if let Err(reason) = catalog.grantable(asked, client, |_| true).and_then(|scope| catalog.audience(&scope, &request.narrowing.resources))
    {
        return Step::Refuse(reason.into());
    }
    let person = match signed_in(request, facts, now) {
        Ok(person) => person,
        // They just did, as somebody else than the client knows, or otherwise: asking once more would go in circles.
        Err(why) if facts.signed_in.as_ref().is_some_and(|person| person.for_this_request) => {
            return Step::Refuse(Reason::NotAsAsked(why).into());
        }
        Err(why) => return if request.prompt.none { Step::Refuse(Reason::LoginRequired(why).into()) } else { Step::Login },
    };
    let granted = match catalog.grantable(asked, client, |role| person.roles.contains(role)) {
        Ok(scope) => scope,
        Err(reason) => return Step::Refuse(reason.into()),
    };
    // OpenID Connect Core §11: without a code, no refresh token comes of it.
    let granted = if request.response_type.has_code() { granted } else { granted.filter(|word| word.as_str() != "offline_access") };
    if request.response_type.has_id_token() && !granted.contains("openid") {
        return Step::Refuse(Reason::NoOpenid(request.response_type).into());
    }
    if let Err(reason) = catalog.audience(&granted, &request.narrowing.resources) {
        return Step::Refuse(reason.into());
    }
    // OpenID Connect Core §5.5: single claims widen no token, but the person is asked as if their scopes had been asked for.
    let claims = request.claims.claims.within(&client.allowed_scope);
    let told = if granted.contains("openid") {
        granted.or(&client.allowed_scope.filter(|word| claims.need(word.as_str())))
    } else {
        granted.clone()
    };
    match person.consent {
        Some(false) => Step::Refuse(Reason::Denied(Turned::AtConsent).into()),
        Some(true) if told.is_within(&facts.consented) => Step::Issue(granted),
        _ => match must_consent(request, client, facts, &told) {
            None => Step::Issue(granted),
            Some(why) if request.prompt.none => Step::Refuse(Reason::ConsentRequired(why).into()),
            Some(_) => Step::Consent(told),
        },
    }
}

/// Who is signed in, unless they have to do so once more.
fn signed_in<'a>(request: &Request, facts: &'a Facts, now: Timestamp) -> Result<&'a SignedIn, WhyLogin> {
    let person = facts.signed_in.as_ref().ok_or(WhyLogin::Nobody)?;
    // OpenID Connect Core §3.1.2.2: the person of the hint or nobody.
    if let Some(hinted) = facts.hinted.as_ref().filter(|hinted| **hinted != person.subject) {
        return Err(WhyLogin::OtherPerson { hinted: hinted.clone(), found: person.subject.clone() });
    }
    if !request.claims.takes(person.subject.as_str()) {
        let taken = request.claims.subjects().join(", ");
        return Err(WhyLogin::PersonNotTaken { taken, found: person.subject.clone() });
    }
    if let Some(classes) = request.claims.missed_classes(person.class.as_deref()) {
        return Err(WhyLogin::ClassNotTaken { taken: classes.to_vec(), found: person.class.clone() });
    }
    if person.for_this_request {
        return Ok(person);
    }
    // OpenID Connect Core §3.1.2.1: max_age=0 is the same as prompt=login; otherwise older means strictly older.
    let age = now.since(person.authenticated_at);
    match request.max_age {
        _ if request.prompt.login || request.prompt.select_account => Err(WhyLogin::Prompt),
        Some(max_age) if max_age == 0 || person.undated || age.as_secs() > max_age => Err(WhyLogin::TooLongAgo { age, max_age }),
        _ => Ok(person),
    }
}

/// Why the person has to be asked whether the client may have this, if they have to.
fn must_consent(request: &Request, client: &Client, facts: &Facts, granted: &Scope) -> Option<WhyConsent> {
    if request.prompt.consent {
        return Some(WhyConsent::Prompt);
    }
    // Whoever registered itself is nobody's own, whatever somebody wrote down about it later.
    if client.first_party && !client.registered_itself() {
        // OpenID Connect Core §11: access while the person is away needs their word even for our own applications.
        let unheard = granted.contains("offline_access") && !facts.consented.contains("offline_access");
        return unheard.then_some(WhyConsent::Offline);
    }
    // RFC 8252 §8.6: any program on the device could pose as this client, so that what was allowed before proves nothing. The answer
    // to this very request was looked at before.
    let could_be_posed_as = client.is_public()
        && client.application_type == ApplicationType::Native
        && client.redirect_uris.iter().any(RedirectUri::stays_on_the_machine);
    if could_be_posed_as {
        return Some(WhyConsent::CouldBePosedAs);
    }
    let not_yet = granted.filter(|word| !facts.consented.contains(word.as_str()));
    (!not_yet.is_empty()).then(|| WhyConsent::NotAllowedYet(not_yet.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::{AuthMethod, GrantType};
    use crate::protocol::params::Params;
    use crate::protocol::refusal::ErrorCode;
    use crate::protocol::samples;

    const NOW: Timestamp = Timestamp::from_seconds(1000);

    fn client() -> Client {
        samples::confidential_client(
            &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            "openid items:read offline_access clients:read",
            "openid",
        )
    }

    fn signed_in() -> SignedIn {
        SignedIn {
            subject: Subject::new("alice"),
            roles: BTreeSet::new(),
            authenticated_at: Timestamp::from_seconds(900),
            class: Some("1".to_owned()),
            undated: false,
            for_this_request: false,
            consent: None,
        }
    }

    fn facts(person: Option<SignedIn>, consented: &str) -> Facts {
        Facts { signed_in: person, consented: Scope::parse(consented).unwrap(), hinted: None }
    }

    fn step_for(client: &Client, query: &str, facts: &Facts) -> Step {
        let query =
            format!("response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&{query}");
        let request = Request::parse(&Params::parse(query.as_bytes()).unwrap(), client).unwrap();
        next_step(&request, client, &samples::catalog(), facts, NOW)
    }

    fn step(query: &str, facts: &Facts) -> Step {
        step_for(&client(), query, facts)
    }

    fn refused(step: &Step) -> Option<ErrorCode> {
        if let Step::Refuse(refusal) = step { Some(refusal.code) } else { None }
    }

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn a_stranger_signs_in_then_consents_then_gets_a_code() {
        assert_eq!(step("scope=openid", &facts(None, "")), Step::Login);
        assert_eq!(step("scope=openid", &facts(Some(signed_in()), "")), Step::Consent(scope("openid")));
        assert_eq!(step("scope=openid", &facts(Some(signed_in()), "openid")), Step::Issue(scope("openid")));
        let said_yes = SignedIn { consent: Some(true), ..signed_in() };
        assert_eq!(step("scope=openid&prompt=consent", &facts(Some(said_yes), "openid")), Step::Issue(scope("openid")));
        let said_no = SignedIn { consent: Some(false), ..signed_in() };
        assert_eq!(refused(&step("scope=openid", &facts(Some(said_no), "openid"))), Some(ErrorCode::AccessDenied));
    }

    #[test]
    fn prompt_none_never_asks() {
        assert_eq!(refused(&step("scope=openid&prompt=none", &facts(None, ""))), Some(ErrorCode::LoginRequired));
        assert_eq!(refused(&step("scope=openid&prompt=none", &facts(Some(signed_in()), ""))), Some(ErrorCode::ConsentRequired));
        assert_eq!(
            refused(&step("scope=openid&prompt=none&max_age=99", &facts(Some(signed_in()), "openid"))),
            Some(ErrorCode::LoginRequired)
        );
        assert_eq!(step("scope=openid&prompt=none&max_age=100", &facts(Some(signed_in()), "openid")), Step::Issue(scope("openid")));
    }

    #[test]
    fn a_fresh_sign_in_is_asked_for_once() {
        for query in
            ["scope=openid&prompt=login", "scope=openid&max_age=0", "scope=openid&max_age=50", "scope=openid&prompt=select_account"]
        {
            assert_eq!(step(query, &facts(Some(signed_in()), "openid")), Step::Login, "{query}");
            let fresh = SignedIn { for_this_request: true, undated: true, ..signed_in() };
            assert_eq!(step(query, &facts(Some(fresh), "openid")), Step::Issue(scope("openid")), "{query}");
        }
    }

    #[test]
    fn the_person_of_the_hint_or_nobody() {
        let hinted = |person: SignedIn| Facts { hinted: Some(Subject::new("bob")), ..facts(Some(person), "openid") };
        assert_eq!(step("scope=openid", &hinted(signed_in())), Step::Login);
        assert_eq!(refused(&step("scope=openid&prompt=none", &hinted(signed_in()))), Some(ErrorCode::LoginRequired));
        let fresh = SignedIn { for_this_request: true, ..signed_in() };
        assert_eq!(refused(&step("scope=openid", &hinted(fresh))), Some(ErrorCode::LoginRequired));
    }

    #[test]
    fn first_party_clients_skip_consent_but_for_offline_access() {
        let first_party = Client { first_party: true, ..client() };
        assert_eq!(step_for(&first_party, "scope=openid", &facts(Some(signed_in()), "")), Step::Issue(scope("openid")));
        assert_eq!(
            step_for(&first_party, "scope=openid+offline_access", &facts(Some(signed_in()), "")),
            Step::Consent(scope("offline_access openid"))
        );
    }

    #[test]
    fn a_native_client_that_anyone_could_pose_as_is_consented_to_each_time() {
        let native = Client {
            application_type: ApplicationType::Native,
            auth_method: AuthMethod::None,
            secrets: Vec::new(),
            redirect_uris: vec![RedirectUri::register("http://127.0.0.1/cb", ApplicationType::Native).unwrap()],
            ..client()
        };
        assert_eq!(step_for(&native, "scope=openid", &facts(Some(signed_in()), "openid")), Step::Consent(scope("openid")));
        let said_yes = SignedIn { consent: Some(true), ..signed_in() };
        assert_eq!(step_for(&native, "scope=openid", &facts(Some(said_yes), "openid")), Step::Issue(scope("openid")));
    }

    #[test]
    fn scopes_beyond_client_and_roles_are_left_out_or_refused() {
        assert_eq!(refused(&step("scope=nonsense", &facts(None, ""))), Some(ErrorCode::InvalidScope));
        assert_eq!(step("scope=openid+clients:read", &facts(Some(signed_in()), "openid")), Step::Issue(scope("openid")));
        assert_eq!(refused(&step("scope=clients:read", &facts(Some(signed_in()), "openid"))), Some(ErrorCode::InvalidScope));
        assert_eq!(refused(&step("scope=openid&resource=https://other.example", &facts(None, ""))), Some(ErrorCode::InvalidTarget));
    }
}
