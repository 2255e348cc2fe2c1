//! Other identity providers: where a person is sent to sign in there, and who they are when they come back. The only user of
//! `openidconnect` and `oauth2`, which make the requests and check what is answered; every request goes through [`crate::outbound`].
//!
//! | file | what it is |
//! |---|---|
//! | `discovery` | what OpenID Providers publish about themselves |
//! | `oidc` | OpenID Providers: the code's exchange, the ID token, userinfo |
//! | `github` | GitHub: OAuth 2 and its own API |
//! | `trouble` | what can be wrong with a provider, in words that repeat nothing it said |

mod discovery;
mod github;
mod oidc;
#[cfg(test)]
mod tests;
mod trouble;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::Url;

pub use self::trouble::Trouble;
use crate::clock::Clock;
use crate::identity::provider::{Provider, ProviderKind};
use crate::outbound::{Outbound, OutboundFailure, PrivateHosts};
use crate::protocol::time::Timestamp;

/// How old a provider's metadata and keys may be before they are fetched again.
const FRESHNESS: Duration = Duration::from_hours(1);
/// How long a failure to fetch them is remembered, so that a provider that is down is not asked by everybody at once.
const FAILURE_LASTS: Duration = Duration::from_secs(3);
/// How long it takes until keys are fetched again because a token names one that is not among them.
const KEYS_REST: Duration = Duration::from_secs(10);
/// How long a person waits for a provider, however many requests to it that takes.
const LONGEST: Duration = Duration::from_secs(15);
/// The most providers whose metadata is remembered.
const CAPACITY: u64 = 100;

/// A provider with the secret that we have there.
#[derive(Clone, Debug)]
pub struct Registered {
    /// What was declared.
    pub provider: Provider,
    /// The secret.
    pub secret: SecretString,
}

/// What a person is sent away with.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Our own address that they are to come back to: one for each provider, so that the answer of another does not fit.
    pub redirect_uri: String,
    /// Names this one attempt.
    pub state: String,
    /// Comes back in the ID token.
    pub nonce: String,
    /// The proof key's verifier.
    pub verifier: String,
    /// Whether they shall prove again who they are.
    pub login: bool,
    /// Whether they shall choose an account.
    pub select_account: bool,
    /// Seconds since they last did, after which they have to again. The provider has to show that they did not need to, or did.
    pub max_age: Option<u64>,
    /// For how long they are away.
    pub under_way: Duration,
    /// Who they are thought to be.
    pub login_hint: Option<String>,
}

/// What a person comes back with.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The code.
    pub code: Option<&'a str>,
    /// The error instead of one.
    pub error: Option<&'a str>,
    /// Who answers, where the provider says so (RFC 9207).
    pub iss: Option<&'a str>,
}

/// Who came.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// What the provider calls them.
    pub subject: String,
    /// What it says about them.
    pub profile: Map<String, Value>,
    /// When they proved it there, if it says so.
    pub authenticated_at: Option<Timestamp>,
    /// How, if it says so.
    pub amr: Vec<String>,
    /// In which class, if it says so.
    pub acr: Option<String>,
}

/// What is known about other providers.
#[derive(Clone)]
pub struct Upstream {
    outbound: Outbound,
    clock: Clock,
    known: Cache<discovery::Key, Arc<discovery::Metadata>>,
    failed: Cache<discovery::Key, Trouble>,
    renewed: Cache<discovery::Key, Arc<discovery::Metadata>>,
}

/// How the libraries ask: through the one client, with the private hosts of one provider.
struct Asking<'a> {
    outbound: &'a Outbound,
    private: &'a PrivateHosts,
}

impl<'c> AsyncHttpClient<'c> for Asking<'_> {
    type Error = OutboundFailure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, OutboundFailure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.outbound.send(request, self.private))
    }
}

impl Upstream {
    /// Asks providers through `outbound`.
    #[must_use]
    pub fn new(outbound: Outbound, clock: Clock) -> Self {
        Self {
            outbound,
            clock,
            known: Cache::builder().max_capacity(CAPACITY).time_to_live(FRESHNESS).build(),
            failed: Cache::builder().max_capacity(CAPACITY).time_to_live(FAILURE_LASTS).build(),
            renewed: Cache::builder().max_capacity(CAPACITY).time_to_live(KEYS_REST).build(),
        }
    }

    const fn asking<'a>(&'a self, provider: &'a Provider) -> Asking<'a> {
        Asking { outbound: &self.outbound, private: &provider.allowed_private_hosts }
    }

    /// Where to send a person.
    pub async fn depart(&self, registered: &Registered, errand: &Errand) -> Result<String, Trouble> {
        match registered.provider.kind {
            ProviderKind::Github => github::depart(registered, errand),
            ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::Oidc => {
                in_time(&registered.provider, self.depart_to_oidc(registered, errand)).await
            }
        }
    }

    /// Who came back.
    pub async fn arrive(&self, registered: &Registered, errand: &Errand, answer: Answer<'_>) -> Result<Arrival, Trouble> {
        let arrival = match registered.provider.kind {
            ProviderKind::Github => in_time(&registered.provider, Box::pin(self.arrive_from_github(registered, errand, answer))).await?,
            ProviderKind::Google | ProviderKind::Microsoft | ProviderKind::Oidc => {
                in_time(&registered.provider, Box::pin(self.arrive_from_oidc(registered, errand, answer))).await?
            }
        };
        if !(1..=255).contains(&arrival.subject.len()) || arrival.subject.contains('\0') {
            return Err(Trouble::untrusted("the subject is empty or longer than 255 characters"));
        }
        Ok(arrival)
    }
}

/// What a provider is asked for, if all of it together does not take too long.
async fn in_time<T>(provider: &Provider, asked: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let host = || Url::parse(&provider.issuer()).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    timeout(LONGEST, asked).await.unwrap_or_else(|_| Err(Trouble::Unreachable(OutboundFailure::TooSlow { host: host() })))
}

impl Answer<'_> {
    /// The code, unless there is an error.
    fn code(&self) -> Result<&str, Trouble> {
        match (self.error, self.code) {
            (Some("access_denied"), _) => Err(Trouble::Denied),
            (Some(error), _) => Err(Trouble::refused(error)),
            (None, Some(code)) if !code.is_empty() => Ok(code),
            (None, _) => Err(Trouble::untrusted("the answer has neither a code nor an error")),
        }
    }
}
