//! Telling clients, by their back channel, that a session is over (OpenID Connect Back-Channel Logout §2.5, §2.6). Whom to tell is written
//! down when the session ends; here it is done, beside all requests, again after a while where it fails, and by any process that is there.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};
use tokio::time::{sleep, timeout};

use crate::flow::{Failure, Server};
use crate::protocol::client::{Client, ClientId};
use crate::protocol::logout_token::{self, LogoutToken};
use crate::protocol::registration::Registrar;
use crate::store::LogoutNotice;

/// Messages under way at once to clients that the operator registered, and as many to those that registered themselves: whoever makes such
/// clients in number keeps only their like waiting.
const PARALLEL: usize = 8;
/// Messages under way to one client at once, so that a slow one keeps nobody from the others.
const PARALLEL_TO_ONE: usize = 2;
/// How long one message may take.
const LONGEST: Duration = Duration::from_secs(5);
/// How long a message is the matter of the process that took it.
const TURN: Duration = Duration::from_secs(30);
/// Time between two looks for messages that are due.
const REST: Duration = Duration::from_secs(1);
/// The same while the database is away.
const LONG_REST: Duration = Duration::from_secs(10);
/// How long to wait after each failure; after one more, a client is not told.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
    Duration::from_mins(10),
    Duration::from_hours(1),
    Duration::from_hours(6),
    Duration::from_hours(12),
];

/// What came of a message.
enum Told {
    /// The client knows.
    Done,
    /// It will not be told, for this reason.
    Never(&'static str),
    /// It may be told later.
    NotYet(String),
}

/// To whom a message is under way.
struct Recipient {
    client: ClientId,
    registrar: Registrar,
}

/// Tells clients, for as long as the server runs.
pub async fn tell_forever(server: Arc<Server>) {
    let mut under_way = JoinSet::new();
    let mut recipients: HashMap<Id, Recipient> = HashMap::new();
    loop {
        let taken = match server.due_notices(&recipients).await {
            Ok(taken) => taken,
            Err(failure) => {
                tracing::error!(%failure, "whom the end of a session has to be told can't be found out");
                sleep(LONG_REST).await;
                continue;
            }
        };
        let is_more = !taken.is_empty();
        for (notice, registrar) in taken {
            let (server, client) = (server.clone(), notice.client.clone());
            let task = under_way.spawn(async move { server.tell(&notice).await });
            recipients.insert(task.id(), Recipient { client, registrar });
        }
        if is_more {
            continue;
        }
        tokio::select! {
            Some(over) = under_way.join_next_with_id() => {
                let id = over.map_or_else(|broken| broken.id(), |(id, ())| id);
                recipients.remove(&id);
            }
            () = server.session_ended.notified() => {}
            () = sleep(REST) => {}
        }
    }
}

impl Server {
    /// Some messages that are due, none of them for a client that has enough under way.
    async fn due_notices(&self, under_way: &HashMap<Id, Recipient>) -> Result<Vec<(LogoutNotice, Registrar)>, Failure> {
        let to = |client: &ClientId| under_way.values().filter(|other| other.client == *client).count();
        let busy = under_way.values().map(|recipient| &recipient.client).filter(|client| to(client) >= PARALLEL_TO_ONE);
        let busy: BTreeSet<ClientId> = busy.cloned().collect();
        let now = self.clock.now();
        let mut due = Vec::new();
        for registrar in Registrar::ALL.iter().copied() {
            let free = PARALLEL.saturating_sub(under_way.values().filter(|recipient| recipient.registrar == registrar).count());
            if free > 0 {
                let notices = self.store.logout_notices();
                let taken = notices.take(registrar, now, now + TURN, &busy, u64::try_from(free).unwrap_or(1)).await?;
                due.extend(taken.into_iter().map(|notice| (notice, registrar)));
            }
        }
        Ok(due)
    }

    /// Tells a client, and writes down what came of it.
    async fn tell(&self, notice: &LogoutNotice) {
        let told = self.post_logout_token(notice).await.unwrap_or_else(|failure| Told::NotYet(failure.to_string()));
        let (client, session, attempts) = (&notice.client, &notice.session, notice.attempts);
        let pause = usize::try_from(attempts).ok().and_then(|attempts| PAUSES.get(attempts.saturating_sub(1)));
        let noted = match (told, pause) {
            (Told::Done, _) => {
                tracing::debug!(%client, %session, "the client knows that the session is over");
                self.store.logout_notices().done(notice).await
            }
            (Told::Never(reason), _) => {
                tracing::warn!(%client, %session, reason, "the client is not told that the session is over");
                self.store.logout_notices().done(notice).await
            }
            (Told::NotYet(reason), Some(pause)) => {
                tracing::info!(%client, %session, attempts, reason, "the client could not be told that the session is over; later again");
                self.store.logout_notices().put_off(notice, self.clock.now() + *pause).await
            }
            (Told::NotYet(reason), None) => {
                tracing::warn!(%client, %session, attempts, reason, "the client could not be told that the session is over");
                self.store.logout_notices().done(notice).await
            }
        };
        if let Err(failure) = noted {
            tracing::error!(%failure, %client, "what a client was told can't be written down");
        }
    }

    async fn post_logout_token(&self, notice: &LogoutNotice) -> Result<Told, Failure> {
        let Some(client) = self.enabled_client(&notice.client).await? else { return Ok(Told::Never("it is disabled or deleted")) };
        let Some(uri) = &client.logout.back_channel else { return Ok(Told::Never("it has no backchannel_logout_uri any more")) };
        let token = self.logout_token(&client, notice).await?;
        let Some((outbound, private)) = &self.clients_told else {
            return Ok(Told::NotYet("this server asks no other servers".to_owned()));
        };
        let posted = timeout(LONGEST, outbound.post_form(uri.as_str(), &[("logout_token", &token)], private)).await;
        Ok(match posted {
            Err(_) => Told::NotYet("it did not answer in time".to_owned()),
            Ok(Err(failure)) => Told::NotYet(failure.to_string()),
            // Back-Channel Logout §2.8: 200, or 204 from frameworks that make it of an empty 200; 400 when the client does not take it.
            Ok(Ok(200 | 204)) => Told::Done,
            Ok(Ok(400)) => Told::Never("it refused the logout token"),
            Ok(Ok(status)) => Told::NotYet(format!("it answered with the status {status}")),
        })
    }

    /// The logout token, signed as the client's ID tokens are (Back-Channel Logout §2.4), with the subject that they name.
    async fn logout_token(&self, client: &Client, notice: &LogoutNotice) -> Result<String, Failure> {
        let (subject, session) = (self.subject_for(client, &notice.user).await?, self.session_for(client, &notice.session).await?);
        let jti = self.random.uuid().to_string();
        let claims = LogoutToken::new(&self.issuer, &client.id, &subject, &session, jti, self.clock.now());
        self.sign_for(client, logout_token::TYP, &claims).await
    }
}
