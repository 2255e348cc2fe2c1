//! The life of a signing key, and the list of all keys with their states: what `keyring.json` says. Pure: rules only, no files.

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::client::LONGEST_TOKEN_LIFETIME;
use crate::protocol::time::Timestamp;
use crate::signing::jwk::Kid;

/// Beyond [`LONGEST_TOKEN_LIFETIME`], how long a retired key stays published: a running server takes a moment to notice a rotation and
/// may sign a last token meanwhile, and other people's clocks differ from ours.
const RETIREMENT_MARGIN: Duration = Duration::from_mins(10);

/// Where a key stands in its life. A key only ever moves down this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum KeyState {
    /// Published so that everybody knows it before it signs.
    Next {
        /// When it was made or imported.
        since: Timestamp,
    },
    /// Signs.
    Active {
        /// When it began to sign.
        since: Timestamp,
    },
    /// Signs no more, but what it has signed is still believed.
    Retired {
        /// When it stopped signing.
        since: Timestamp,
        /// When the last token signed by it has ended: from then on it is neither published nor believed.
        until: Timestamp,
    },
}

impl KeyState {
    /// Whether the world is told of the key at `now`, and its signatures are believed.
    #[must_use]
    pub fn is_published(self, now: Timestamp) -> bool {
        match self {
            Self::Next { .. } | Self::Active { .. } => true,
            Self::Retired { until, .. } => now < until,
        }
    }

    const fn is_active(self) -> bool {
        matches!(self, Self::Active { .. })
    }

    const fn is_next(self) -> bool {
        matches!(self, Self::Next { .. })
    }
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The key that signs now.
    pub active: Kid,
    /// The key that was made, and will sign after the next rotation.
    pub next: Kid,
    /// The key that signed before.
    pub retired: Kid,
    /// Keys whose last token has ended: they were removed and their files deleted.
    pub removed: Vec<Kid>,
}

/// One key of the roster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) kid: Kid,
    pub(super) state: KeyState,
}

/// All keys with their states, in the order in which they are published: exactly one active, exactly one next, then the retired,
/// newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed", into = "Listed")]
pub(super) struct Roster {
    active: Member,
    next: Member,
    retired: Vec<Member>,
}

impl Roster {
    pub(super) const fn new(active: Kid, next: Kid, now: Timestamp) -> Self {
        Self {
            active: Member { kid: active, state: KeyState::Active { since: now } },
            next: Member { kid: next, state: KeyState::Next { since: now } },
            retired: Vec::new(),
        }
    }

    pub(super) const fn active(&self) -> &Member {
        &self.active
    }

    /// The key that will sign after the next rotation.
    pub(super) const fn next(&self) -> &Member {
        &self.next
    }

    /// Every key but the active one, in the order of publication.
    pub(super) fn others(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.next).chain(&self.retired)
    }

    /// Every key, in the order of publication.
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        std::iter::once(&self.active).chain(self.others())
    }

    pub(super) fn contains(&self, kid: &Kid) -> bool {
        self.members().any(|member| member.kid == *kid)
    }

    /// The next key becomes active, the active one retires, `made` is the new next; keys past their end are dropped.
    pub(super) fn rotate(&mut self, made: Kid, now: Timestamp) -> Rotation {
        let next = Member { kid: made, state: KeyState::Next { since: now } };
        let activated = std::mem::replace(&mut self.next, next).kid;
        let active = Member { kid: activated, state: KeyState::Active { since: now } };
        let retired = std::mem::replace(&mut self.active, active).kid;
        let until = now + LONGEST_TOKEN_LIFETIME + RETIREMENT_MARGIN;
        self.retired.insert(0, Member { kid: retired.clone(), state: KeyState::Retired { since: now, until } });
        let removed = self.retired.extract_if(.., |member| !member.state.is_published(now)).map(|member| member.kid).collect();
        Rotation { active: self.active.kid.clone(), next: self.next.kid.clone(), retired, removed }
    }

    /// Takes a key out at once: nothing that it signed is believed any more. In the place of one that signs or was to sign next, the next
    /// one moves up, and `made` is the new next key. False when there is no such key.
    pub(super) fn disable(&mut self, kid: &Kid, made: Kid, now: Timestamp) -> bool {
        if self.active.kid == *kid || self.next.kid == *kid {
            let next = Member { kid: made, state: KeyState::Next { since: now } };
            let moved_up = std::mem::replace(&mut self.next, next).kid;
            if self.active.kid == *kid {
                self.active = Member { kid: moved_up, state: KeyState::Active { since: now } };
            }
            return true;
        }
        let before = self.retired.len();
        self.retired.retain(|member| member.kid != *kid);
        self.retired.len() < before
    }

    /// `imported` takes the place of the next key, which has not signed anything yet and is returned.
    pub(super) fn replace_next(&mut self, imported: Kid, now: Timestamp) -> Kid {
        std::mem::replace(&mut self.next, Member { kid: imported, state: KeyState::Next { since: now } }).kid
    }
}

/// A roster as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    keys: Vec<Member>,
}

/// A list of keys that no rotation of ours leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRoster {
    #[error("it must have exactly one active key")]
    Active,
    #[error("it must have exactly one next key")]
    Next,
    #[error("it names a key twice")]
    Repeated,
}

impl TryFrom<Listed> for Roster {
    type Error = InvalidRoster;

    fn try_from(listed: Listed) -> Result<Self, InvalidRoster> {
        let mut seen = HashSet::new();
        if !listed.keys.iter().all(|member| seen.insert(&member.kid)) {
            return Err(InvalidRoster::Repeated);
        }
        let (active, others): (Vec<_>, Vec<_>) = listed.keys.into_iter().partition(|member| member.state.is_active());
        let (next, retired): (Vec<_>, Vec<_>) = others.into_iter().partition(|member| member.state.is_next());
        let [active] = <[Member; 1]>::try_from(active).map_err(|_| InvalidRoster::Active)?;
        let [next] = <[Member; 1]>::try_from(next).map_err(|_| InvalidRoster::Next)?;
        Ok(Self { active, next, retired })
    }
}

impl From<Roster> for Listed {
    fn from(roster: Roster) -> Self {
        let mut keys = vec![roster.active, roster.next];
        keys.extend(roster.retired);
        Self { keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kid(letter: char) -> Kid {
        Kid::parse(&format!("{}A", letter.to_string().repeat(42))).unwrap()
    }

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_disabled_key_is_gone_at_once_and_another_takes_its_place() {
        let mut roster = Roster::new(kid('a'), kid('b'), at(1));
        roster.rotate(kid('c'), at(2));
        assert!(roster.disable(&kid('a'), kid('x'), at(3)), "the retired one");
        assert_eq!(roster.members().map(|member| member.kid.clone()).collect::<Vec<_>>(), [kid('b'), kid('c')]);
        assert!(roster.disable(&kid('b'), kid('d'), at(4)), "the one that signs");
        assert_eq!(roster.members().map(|member| member.kid.clone()).collect::<Vec<_>>(), [kid('c'), kid('d')]);
        assert!(roster.disable(&kid('d'), kid('e'), at(5)), "the next one");
        assert_eq!(roster.members().map(|member| member.kid.clone()).collect::<Vec<_>>(), [kid('c'), kid('e')]);
        assert!(!roster.disable(&kid('a'), kid('y'), at(6)));
    }

    #[test]
    fn a_key_is_next_then_active_then_retired_then_gone() {
        let mut roster = Roster::new(kid('a'), kid('b'), at(0));
        let first = roster.rotate(kid('c'), at(100));
        assert_eq!(first, Rotation { active: kid('b'), next: kid('c'), retired: kid('a'), removed: vec![] });
        let end = at(100) + LONGEST_TOKEN_LIFETIME + RETIREMENT_MARGIN;
        let states = |roster: &Roster| roster.members().map(|member| (member.kid.clone(), member.state)).collect::<Vec<_>>();
        assert_eq!(
            states(&roster),
            [
                (kid('b'), KeyState::Active { since: at(100) }),
                (kid('c'), KeyState::Next { since: at(100) }),
                (kid('a'), KeyState::Retired { since: at(100), until: end }),
            ]
        );
        let second = roster.rotate(kid('d'), end - Duration::from_secs(1));
        assert_eq!((second.retired, second.removed), (kid('b'), vec![]));
        let third = roster.rotate(kid('e'), end);
        assert_eq!((third.active, third.removed), (kid('d'), vec![kid('a')]));
        assert_eq!(roster.members().map(|member| member.kid.clone()).collect::<Vec<_>>(), [kid('d'), kid('e'), kid('c'), kid('b')]);
    }

    #[test]
    fn a_roster_is_read_as_it_was_written() {
        let mut roster = Roster::new(kid('a'), kid('b'), at(0));
        roster.rotate(kid('c'), at(100));
        let text = serde_json::to_string(&roster).unwrap();
        assert_eq!(serde_json::from_str::<Roster>(&text).unwrap(), roster);
        let active = format!(r#"{{"keys":[{{"kid":"{}","state":{{"active":{{"since":100}}}}}},"#, kid('b'));
        assert!(text.starts_with(&active), "{text}");
    }

    #[test]
    fn a_roster_that_no_rotation_leads_to_is_refused() {
        let member = |letter, state: &str| format!(r#"{{"kid":"{}","state":{state}}}"#, kid(letter));
        let (active, next) = (r#"{"active":{"since":1}}"#, r#"{"next":{"since":1}}"#);
        let read = |members: &[String]| serde_json::from_str::<Roster>(&format!(r#"{{"keys":[{}]}}"#, members.join(",")));
        assert!(read(&[member('a', active), member('b', next)]).is_ok());
        for (members, problem) in [
            (vec![member('a', next)], "exactly one active"),
            (vec![member('a', active), member('b', active), member('c', next)], "exactly one active"),
            (vec![member('a', active)], "exactly one next"),
            (vec![member('a', active), member('a', next)], "twice"),
            (vec![member('a', active), member('b', r#"{"next":{"since":1,"until":2}}"#)], "unknown field `until`"),
            (vec![member('a', active), member('b', r#"{"retired":{"since":1}}"#)], "missing field `until`"),
            (vec![member('a', active), member('b', r#"{"resting":{"since":1}}"#)], "unknown variant `resting`"),
        ] {
            let refusal = read(&members).unwrap_err().to_string();
            assert!(refusal.contains(problem), "{refusal}");
        }
        assert!(serde_json::from_str::<Roster>(r#"{"keys":[],"more":1}"#).unwrap_err().to_string().contains("unknown field `more`"));
    }
}
