//! Linking who somebody is at another provider to their account here, and taking that back.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Map;

use crate::flow::providers::depart::{Departed, Leaver, Wishes};
use crate::flow::providers::{Button, NoEntry, Return, Turned};
use crate::flow::session::Current;
use crate::flow::{Failure, Server};
use crate::identity::departure::Purpose;
use crate::identity::profile::{Identity, may_come};
use crate::identity::provider::Provider;
use crate::protocol::subject::Subject;
use crate::protocol::time::Timestamp;
use crate::store::{Applied, Unlinked};
use crate::upstream::Arrival;

/// How recently somebody must have signed in to give their account another way in. A session that was left open in a library is no proof
/// that its owner wants that.
const FRESH: Duration = Duration::from_mins(5);

/// The ways into an account by other providers.
pub struct Links {
    /// Those that there are.
    pub linked: Vec<Link>,
    /// The providers that could be linked.
    pub others: Vec<Button>,
    /// Whether there is a password, too.
    pub has_password: bool,
}

/// A way into an account by another provider.
pub struct Link {
    /// The provider's name.
    pub provider: String,
    /// What people call it.
    pub label: String,
    /// What the provider calls the person, for the form.
    pub subject: String,
    /// What the person is known by there.
    pub known_as: String,
    /// Since when.
    pub linked_at: Timestamp,
    /// When they last came that way.
    pub last_used_at: Timestamp,
    /// Whether they can come that way at the moment.
    pub usable: bool,
    /// Whether it is the last way in, which can't be taken back.
    pub last: bool,
}

/// How somebody who is signed in can show once more who they are.
pub struct WaysAgain {
    /// What they sign in with.
    pub username: String,
    /// Whether they have a password. It then is the way: of a sign-in elsewhere is not always known how old it is.
    pub has_password: bool,
    /// Where they came from; none where there is a password.
    pub providers: Vec<Button>,
}

/// Who a person is at another provider.
pub(in crate::flow) struct Way {
    pub(in crate::flow) identity: Identity,
    /// Whether they could come that way now, as they were when they last did.
    pub(in crate::flow) is_open: bool,
}

/// What came of the wish to link an account.
pub enum LinkStart {
    /// They have to sign in again first.
    SignInFirst,
    /// They are on their way, or can't go.
    Departed(Departed),
}

impl Server {
    /// The ways into a person's account by other providers.
    pub async fn links(&self, current: &Current) -> Result<Links, Failure> {
        let (all, ways) = (self.all_providers().await?, self.ways_of(&current.user.subject).await?);
        let open = ways.iter().filter(|way| way.is_open).count();
        let has_password = current.user.password.is_some();
        let linked = ways.iter().map(|Way { identity, is_open: usable }| {
            let usable = *usable;
            let declared = all.iter().find(|known| known.provider.name.as_str() == identity.provider);
            Link {
                provider: identity.provider.clone(),
                label: declared.map_or_else(|| identity.provider.clone(), |known| known.provider.label().to_owned()),
                subject: identity.subject.clone(),
                known_as: identity.label().to_owned(),
                linked_at: identity.linked_at,
                last_used_at: identity.last_used_at,
                usable,
                last: !has_password && open <= usize::from(usable),
            }
        });
        Ok(Links { linked: linked.collect(), others: self.provider_buttons().await?, has_password })
    }

    /// The names of the providers that a person's account is linked to.
    pub async fn ways_in(&self, user: &Subject) -> Result<BTreeSet<String>, Failure> {
        let identities = self.store.identities().of_user(user).await?;
        Ok(identities.into_iter().map(|identity| identity.provider).collect())
    }

    /// How somebody who is signed in can show once more who they are.
    pub async fn ways_again(&self, current: &Current) -> Result<WaysAgain, Failure> {
        let Links { linked, has_password, .. } = self.links(current).await?;
        let mut providers = if has_password { Vec::new() } else { self.provider_buttons().await? };
        providers.retain(|button| linked.iter().any(|link| link.usable && link.provider == button.name));
        Ok(WaysAgain { username: current.user.username.to_string(), has_password, providers })
    }

    /// Whether somebody proved who they are so recently that they may open another way into their account, one that outlives their session.
    #[must_use]
    pub fn has_just_signed_in(&self, current: &Current) -> bool {
        // Whoever has no other way to show it may do so by a sign-in of which is not known how old it is.
        let shows_nothing = current.session.authentication.undated && current.user.password.is_some();
        !shows_nothing && self.clock.now().since(current.session.authenticated_at) < FRESH
    }

    /// Sends somebody to a provider to link who they are there to their account, if they have just signed in.
    pub async fn begin_link(&self, current: &Current, provider: &str, leaver: Leaver) -> Result<LinkStart, Failure> {
        if !self.has_just_signed_in(current) {
            return Ok(LinkStart::SignInFirst);
        }
        // Which account it shall be is asked there: the one that is signed in may be somebody else's.
        let wishes = Wishes { select_account: true, ..Wishes::default() };
        let departed = self.send_off(provider, wishes, Purpose::Link(current.user.subject.clone()), leaver).await?;
        Ok(LinkStart::Departed(departed))
    }

    /// Links who somebody is there to the account that they left from, if they are still signed in to it.
    pub(super) async fn link(
        &self,
        back: &Return<'_>,
        provider: &Provider,
        arrival: &Arrival,
        user: &Subject,
    ) -> Result<Result<(), Turned>, Failure> {
        let turned = |why, reason: &str| Ok(Err(Turned::new(why, provider.label(), provider.name.as_str(), reason)));
        let current = self.current_session(back.session).await?.filter(|current| current.user.subject == *user);
        if current.is_none() {
            return turned(NoEntry::OtherPerson, "the person who wanted to link it is not signed in any more");
        }
        let linked = self.store.identities().find(provider.name.as_str(), &provider.issuer(), &arrival.subject).await?;
        let is_theirs = match linked {
            Some(identity) => identity.user == *user,
            None => self.store.identities().link(&self.identity(provider, arrival, user, Map::new())).await? == Applied::Done,
        };
        if !is_theirs {
            return turned(NoEntry::Taken, "who they are there opens another account here");
        }
        // What the provider says fills what is empty from the first moment on.
        self.known(provider, arrival).await?;
        tracing::info!(target: "claviger::security", %user, provider = %provider.name, "an account was linked to another provider");
        Ok(Ok(()))
    }

    /// Takes a way into the person's account back. Whoever came that way, and may be somebody else, keeps nothing: every session but this one
    /// ends, and every grant is revoked.
    pub async fn unlink(&self, current: &Current, provider: &str, subject: &str) -> Result<Unlinked, Failure> {
        let theirs = self.ways_of(&current.user.subject).await?;
        let others = |unlinked: &Identity| {
            let open = theirs.iter().filter(|way| way.is_open && way.identity != *unlinked);
            open.map(|way| way.identity.clone()).collect::<Vec<_>>()
        };
        let mut outcome = Unlinked::NotThere;
        for Way { identity, .. } in theirs.iter().filter(|way| way.identity.provider == provider && way.identity.subject == subject) {
            outcome = self.store.identities().unlink(identity, &others(identity), self.clock.now(), &current.session.id).await?;
            if outcome == Unlinked::Done {
                tracing::info!(target: "claviger::security", user = %identity.user, provider, "an account was unlinked from another provider");
            }
        }
        Ok(outcome)
    }

    /// The ways into a person's account by other providers.
    pub(in crate::flow) async fn ways_of(&self, user: &Subject) -> Result<Vec<Way>, Failure> {
        let (all, identities) = (self.all_providers().await?, self.store.identities().of_user(user).await?);
        let is_open = |identity: &Identity| {
            let providers = all.iter().map(|known| &known.provider).filter(|provider| provider.enabled);
            let mut theirs =
                providers.filter(|provider| provider.name.as_str() == identity.provider && provider.issuer() == identity.issuer);
            theirs.any(|provider| may_come(&identity.profile, provider))
        };
        Ok(identities.into_iter().map(|identity| Way { is_open: is_open(&identity), identity }).collect())
    }
}
