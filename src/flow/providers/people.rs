//! The accounts of people who come from another provider.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::flow::{Failure, Server};
use crate::identity::profile::{Identity, claims_of, refreshed, usernames};
use crate::identity::provider::Provider;
use crate::identity::user::{User, Username};
use crate::protocol::claims::StandardClaims;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::store::{Applied, Insertion};
use crate::upstream::Arrival;

/// How many usernames are tried for a new account before a random one is taken.
const MOST_NAMES: usize = 20;
/// How often a profile is looked at again because the account changed meanwhile.
const ATTEMPTS: u32 = 3;

impl Server {
    /// The person who came from there before. What the provider says now is remembered, unless their account is
    /// disabled.
    pub(super) async fn known(&self, provider: &Provider, arrival: &Arrival) -> Result<Option<User>, Failure> {
        for _ in 0..ATTEMPTS {
            let found = self.store.identities().find(provider.name.as_str(), &provider.issuer(), &arrival.subject).await?;
            let Some(identity) = found else { return Ok(None) };
            let Some(before) = self.store.users().find(&identity.user).await? else { return Ok(None) };
            if !before.enabled {
                return Ok(Some(before));
            }
            let now = self.clock.now();
            let said = claims_of(&arrival.profile, provider);
            let (claims, filled) = refreshed(&before.claims, &identity.filled, &said);
            let after = User { updated_at: if claims == before.claims { before.updated_at } else { now }, claims, ..before.clone() };
            let identity = Identity { profile: arrival.profile.clone(), filled, last_used_at: now, ..identity };
            if self.store.identities().refresh(&identity, &before, &after).await? == Applied::Done {
                return Ok(Some(after));
            }
        }
        Err(Failure::Contended(ATTEMPTS))
    }

    /// Opens an account for somebody who came for the first time; `None` when they came twice at once.
    pub(super) async fn open_account(&self, provider: &Provider, arrival: &Arrival) -> Result<Option<User>, Failure> {
        let now = self.clock.now();
        let said = claims_of(&arrival.profile, provider);
        let (claims, filled) = refreshed(&StandardClaims::default(), &Map::new(), &said);
        let unheard = format!("{}-{}", provider.name, self.random.uuid().simple());
        let names = usernames(&arrival.profile, provider).take(MOST_NAMES).map(|name| name.to_string()).chain([unheard]);
        for name in names {
            let Ok(username) = Username::parse(&name) else { continue };
            let user = self.new_person(username, claims.clone(), provider, now);
            let identity = self.identity(provider, arrival, &user.subject, filled.clone());
            if self.store.identities().open_account(&user, &identity).await? == Insertion::Inserted {
                tracing::info!(target: "claviger::security", user = %user.subject, provider = %provider.name, "an account was opened for somebody from another provider");
                return Ok(Some(user));
            }
            if let Some(user) = self.known(provider, arrival).await? {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    fn new_person(&self, username: Username, claims: StandardClaims, provider: &Provider, now: Timestamp) -> User {
        User {
            subject: Subject::new(self.random.uuid()),
            username,
            password: None,
            password_version: 1,
            claims,
            attributes: Map::new(),
            roles: provider.roles.clone(),
            groups: BTreeMap::new(),
            enabled: true,
            created_at: now,
            updated_at: now,
        }
    }

    /// Who somebody is there, as the way into an account here.
    pub(super) fn identity(&self, provider: &Provider, arrival: &Arrival, user: &Subject, filled: Map<String, Value>) -> Identity {
        let now = self.clock.now();
        Identity {
            provider: provider.name.to_string(),
            issuer: provider.issuer().into_owned(),
            subject: arrival.subject.clone(),
            user: user.clone(),
            profile: arrival.profile.clone(),
            filled,
            linked_at: now,
            last_used_at: now,
        }
    }
}
