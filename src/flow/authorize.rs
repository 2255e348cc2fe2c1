//! The authorization endpoint: load the facts, ask the junction what is next, and give out what was asked for when it says so.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::flow::issue::Issuing;
use crate::flow::session::Current;
use crate::flow::token::narrowed;
use crate::flow::{Failure, Server};
use crate::protocol::authorize::{self, Answer, Destination, Facts, Reason, Request, SignedIn, Step, next_step};
use crate::protocol::client::Client;
use crate::protocol::explanation::{Explanation, Fact, Report, stranger};
use crate::protocol::id_token::{self, IdToken};
use crate::protocol::params::Params;
use crate::protocol::refusal::{ErrorCode, Refusal};
use crate::protocol::request_object;
use crate::protocol::scope::Scope;
use crate::protocol::scope_grant::Grantor;
use crate::protocol::session_state::{BrowserState, asks_who};
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::protocol::token::Token;

/// The longest query that is taken: it travels through our pages and back.
pub const LONGEST_QUERY: usize = 16 * 1024;

/// How often a request looks again after another one used up what it rests on.
const ATTEMPTS: u32 = 3;

/// What the browser gets.
pub enum Outcome {
    /// Our own error page: there is no place to send an answer to.
    ErrorPage(Refusal),
    /// An answer for the client.
    Answer {
        /// The answer.
        answer: Answer,
        /// What the operator may know, when it is a refusal or less than was asked for.
        report: Option<Report>,
    },
    /// The same request once more, in the form that our pages pass on.
    Again(String),
    /// A refusal for a client that registered itself, which takes the person's click to go there.
    Onward {
        /// The answer.
        answer: Answer,
        /// What it says.
        refusal: Refusal,
        /// What the client calls itself.
        client_name: String,
    },
    /// The login page.
    Login,
    /// The consent page.
    Consent,
}

/// A request that has a destination, and what is next with it.
pub(super) struct Considered {
    pub(super) client: Arc<Client>,
    pub(super) destination: Destination,
    pub(super) current: Option<Current>,
    pub(super) next: Next,
    /// Whether nobody may be asked anything (`prompt=none`).
    silent: bool,
    /// Whether the answer says in what state the browser is.
    asks_who: bool,
}

/// What is next.
pub(super) enum Next {
    Login(Request),
    Consent(Scope),
    Issue(Request, Scope),
    Refuse(Refusal),
}

/// The refusal of a request that is longer than [`LONGEST_QUERY`].
#[must_use]
pub fn too_long() -> Refusal {
    let fact = Fact::of("query").expected(format!("{LONGEST_QUERY} bytes at most")).came("more");
    Refusal::new(ErrorCode::InvalidRequest, "The request is too long.").explained(Explanation::of(fact))
}

/// Names a request, so that what a person does for it counts for it alone.
pub(super) fn name_of(query: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(query))
}

impl Server {
    /// Answers an authorization request of a browser that is in this state.
    pub async fn authorize(&self, query: &str, session: Option<&Token>, state: &BrowserState) -> Result<Outcome, Failure> {
        let away = match Box::pin(self.by_value(query)).await? {
            Some(Ok(by_value)) => return Ok(Outcome::Again(by_value)),
            Some(Err(reason)) => Some(reason),
            None => None,
        };
        for _ in 0..ATTEMPTS {
            let mut considered = match self.considered(query, session, away.clone()).await? {
                Ok(considered) => considered,
                Err(refusal) => return Ok(Outcome::ErrorPage(refusal)),
            };
            if considered.asks_who {
                considered.destination = self.telling_state(considered.destination, &considered.client, state);
            }
            match considered.next {
                Next::Login(_) => return Ok(Outcome::Login),
                Next::Consent(_) => return Ok(Outcome::Consent),
                Next::Refuse(refusal) => {
                    self.forget_interaction(considered.current.as_ref(), query).await?;
                    let refusal = refusal.asked_by(considered.client.id.as_str());
                    let answer = considered.destination.refuse(&refusal);
                    // RFC 9700 §4.11.2: whoever can register a client could otherwise send people on from here to wherever they like.
                    if self.registration.shows_errors
                        && considered.client.registered_itself()
                        && considered.current.is_none()
                        && !considered.silent
                    {
                        return Ok(Outcome::Onward { answer, refusal, client_name: considered.client.name.clone() });
                    }
                    return Ok(Outcome::Answer { answer, report: Some(refusal.into()) });
                }
                Next::Issue(request, scope) => {
                    // The junction issues only to somebody who is signed in.
                    let Some(current) = considered.current else { return Ok(Outcome::Login) };
                    let report = self.narrowing(&considered.client, &request, &scope, &current).await?;
                    let asked = Issuing { client: &considered.client, request: &request, scope, current: &current, query };
                    // On the heap: it would be part of every request.
                    match Box::pin(self.issue(asked)).await? {
                        Ok(Some(given)) => return Ok(Outcome::Answer { answer: considered.destination.give(given), report }),
                        Ok(None) => {}
                        Err(refusal) => {
                            let refusal = refusal.asked_by(considered.client.id.as_str());
                            return Ok(Outcome::Answer { answer: considered.destination.refuse(&refusal), report: Some(refusal.into()) });
                        }
                    }
                    // The session ended while we looked, or another request used up what the person did: the junction looks again.
                }
            }
        }
        Ok(Outcome::Login)
    }

    /// Loads the facts and asks the junction. The refusals that it returns itself have no place to go to.
    pub(super) async fn consider(&self, query: &str, session: Option<&Token>) -> Result<Result<Considered, Refusal>, Failure> {
        self.considered(query, session, None).await
    }

    /// The same, for a request whose object could not be fetched.
    async fn considered(
        &self,
        query: &str,
        session: Option<&Token>,
        away: Option<request_object::Reason>,
    ) -> Result<Result<Considered, Refusal>, Failure> {
        if query.len() > LONGEST_QUERY {
            return Ok(Err(too_long()));
        }
        let params = match Params::parse(query.as_bytes()) {
            Ok(params) => params,
            Err(malformed) => return Ok(Err(malformed.into())),
        };
        let id = match authorize::client_id(&params) {
            Ok(id) => id,
            Err(reason) => return Ok(Err(reason.into())),
        };
        let Some(client) = self.cached_client(&id).await? else {
            return Ok(Err(Reason::UnknownClient(stranger(id.as_str())).into()));
        };
        if !client.enabled {
            return Ok(Err(Reason::DisabledClient(id.to_string()).into()));
        }
        // On the heap: it would be part of every request, and few come as objects.
        let (params, refused) = match Box::pin(self.asked_for(&params, &client, away)).await {
            Ok(asked) => (asked, None),
            Err(reason) => (params, Some(Refusal::from(reason))),
        };
        let destination = match self.destination(&params, &client, refused.as_ref()) {
            Ok(destination) => destination,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let asks_who = asks_who(&params, &client);
        let current = self.current_session(session).await?;
        let next = match refused {
            Some(refusal) => Next::Refuse(refusal),
            None => self.next(&params, &client, current.as_ref(), query).await?,
        };
        let silent = params.one("prompt").ok().flatten().is_some_and(|prompt| prompt.split(' ').any(|word| word == "none"));
        Ok(Ok(Considered { client, destination, current, next, silent, asks_who }))
    }

    /// The same place, where the answer also says in what state the browser is (OpenID Connect Session Management §2).
    fn telling_state(&self, destination: Destination, client: &Client, state: &BrowserState) -> Destination {
        let salt = URL_SAFE_NO_PAD.encode(self.random.bytes::<16>());
        let state = state.told_to(&client.id, destination.redirect_uri(), &salt);
        destination.with_session_state(state)
    }

    async fn next(&self, params: &Params, client: &Client, current: Option<&Current>, query: &str) -> Result<Next, Failure> {
        let request = match Request::parse(params, client) {
            Ok(request) => request,
            Err(refusal) => return Ok(Next::Refuse(refusal)),
        };
        let now = self.clock.now();
        let hinted = match request.id_token_hint.as_deref().map(|hint| self.hinted(hint, client, now)).transpose() {
            Ok(hinted) => hinted,
            Err(reason) => return Ok(Next::Refuse(reason.into())),
        };
        let consented = match current {
            Some(current) => {
                self.store.consents().find(&current.user.subject, &client.id).await?.map(|consent| consent.scope).unwrap_or_default()
            }
            None => Scope::default(),
        };
        let subject = match current {
            Some(current) => Some(self.subject_for(client, &current.user.subject).await?),
            None => None,
        };
        let signed_in = current.zip(subject).map(|(current, subject)| {
            let interaction = current.session.interaction_for(&name_of(query), now);
            SignedIn {
                subject,
                roles: current.user.all_roles(),
                authenticated_at: current.session.authenticated_at,
                class: current.session.authentication.acr.clone(),
                undated: current.session.authentication.undated,
                for_this_request: interaction.is_some_and(|interaction| interaction.signed_in),
                consent: interaction.and_then(|interaction| interaction.consent),
            }
        });
        let catalog = self.catalog().await?;
        Ok(match next_step(&request, client, &catalog, &Facts { signed_in, consented, hinted }, now) {
            Step::Login => Next::Login(request),
            Step::Consent(scope) => Next::Consent(scope),
            Step::Issue(scope) => Next::Issue(request, scope),
            Step::Refuse(refusal) => Next::Refuse(refusal),
        })
    }

    /// The person of an `id_token_hint` (OpenID Connect Core §3.1.2.1): ours, for this client; an expired one counts.
    fn hinted(&self, hint: &str, client: &Client, now: Timestamp) -> Result<Subject, Reason> {
        let token = self.verified_hint(hint, now).map_err(Reason::BadHint)?;
        if token.aud == client.id { Ok(token.sub) } else { Err(Reason::BadHint(format!("it was made for the client {}", token.aud))) }
    }

    /// An ID token of ours that somebody sent back to us, or why it is none.
    pub(super) fn verified_hint(&self, hint: &str, now: Timestamp) -> Result<IdToken, String> {
        let token = self.signer.verify::<IdToken>(id_token::TYP, hint, now).map_err(|untrusted| untrusted.to_string())?;
        if token.iss == self.issuer.as_str() { Ok(token) } else { Err(format!("it was made by {}", token.iss)) }
    }

    /// What the operator may know when a person can't grant all that is asked for.
    async fn narrowing(&self, client: &Client, request: &Request, granted: &Scope, current: &Current) -> Result<Option<Report>, Failure> {
        let asked = request.narrowing.asked(client);
        if asked == granted {
            return Ok(None);
        }
        let catalog = self.catalog().await?;
        let has_role = |role: &str| current.user.has_role(role);
        let dropped = catalog.dropped(asked, granted, client, Grantor::Person(&has_role), &[]);
        Ok(narrowed(dropped).map(|report| report.asked_by(client.id.as_str())))
    }

    async fn forget_interaction(&self, current: Option<&Current>, query: &str) -> Result<(), Failure> {
        if let Some((current, interaction)) =
            current.and_then(|current| Some((current, current.session.interaction_for(&name_of(query), self.clock.now())?)))
        {
            self.store.sessions().use_up(&current.session.id, interaction).await?;
        }
        Ok(())
    }
}
