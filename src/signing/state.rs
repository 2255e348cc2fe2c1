//! The life of a signing key, and the list of all keys with their states: what `keyring.json` says. Pure: rules only, no files.
//!
//! Each algorithm has keys of its own (RFC 7517 §4.4, RFC 8725 §3.1), which rotate by themselves.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::client::LONGEST_TOKEN_LIFETIME;
use crate::protocol::jose::SigningAlgorithm;
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

/// What the rotation of an algorithm's keys did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The algorithm.
    pub algorithm: SigningAlgorithm,
    /// The key that signs now.
    pub active: Kid,
    /// The key that was made, and will sign after the next rotation.
    pub next: Kid,
    /// The key that signed before.
    pub retired: Kid,
    /// Keys whose last token has ended: they were removed and their files deleted.
    pub removed: Vec<Kid>,
}

/// One key of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) kid: Kid,
    pub(super) state: KeyState,
}

/// The keys of one algorithm with their states, in the order in which they are published: exactly one active, exactly one next, then the
/// retired, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Roster {
    algorithm: SigningAlgorithm,
    active: Member,
    next: Member,
    retired: Vec<Member>,
}

/// The keys of all algorithms. RS256 has some in any case, another one from the moment that it is first needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listed", into = "Listed")]
pub(super) struct Rosters(BTreeMap<SigningAlgorithm, Roster>);

impl Rosters {
    /// Those of RS256 alone.
    pub(super) fn new(first: Roster) -> Self {
        Self([(first.algorithm, first)].into())
    }

    /// The keys of an algorithm, if it has some.
    pub(super) fn of(&self, algorithm: SigningAlgorithm) -> Option<&Roster> {
        self.0.get(&algorithm)
    }

    /// Them, to be changed.
    pub(super) fn of_mut(&mut self, algorithm: SigningAlgorithm) -> Option<&mut Roster> {
        self.0.get_mut(&algorithm)
    }

    /// All of them, RS256 first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Roster> {
        self.0.values()
    }

    /// Adds the keys of an algorithm that has none.
    pub(super) fn add(&mut self, roster: Roster) {
        self.0.entry(roster.algorithm).or_insert(roster);
    }

    /// The algorithm of a key.
    pub(super) fn algorithm_of(&self, kid: &Kid) -> Option<SigningAlgorithm> {
        self.iter().find(|roster| roster.contains(kid)).map(|roster| roster.algorithm)
    }
}

impl Roster {
    pub(super) const fn new(algorithm: SigningAlgorithm, active: Kid, next: Kid, now: Timestamp) -> Self {
        Self {
            algorithm,
            active: Member { kid: active, state: KeyState::Active { since: now } },
            next: Member { kid: next, state: KeyState::Next { since: now } },
            retired: Vec::new(),
        }
    }

    pub(super) const fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
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
        Rotation { algorithm: self.algorithm, active: self.active.kid.clone(), next: self.next.kid.clone(), retired, removed }
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

/// The list as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    keys: Vec<ListedKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedKey {
    kid: Kid,
    /// Left out for RS256, as it is in files from before there were others.
    #[serde(default, skip_serializing_if = "is_rs256")]
    alg: SigningAlgorithm,
    state: KeyState,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn is_rs256(algorithm: &SigningAlgorithm) -> bool {
    *algorithm == SigningAlgorithm::Rs256
}

/// A list of keys that no rotation of ours leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidRoster {
    #[error("it must have exactly one active key for {0}")]
    Active(SigningAlgorithm),
    #[error("it must have exactly one next key for {0}")]
    Next(SigningAlgorithm),
    #[error("it names a key twice")]
    Repeated,
}

impl TryFrom<Listed> for Rosters {
    type Error = InvalidRoster;

    fn try_from(listed: Listed) -> Result<Self, InvalidRoster> {
        let mut seen = HashSet::new();
        if !listed.keys.iter().all(|key| seen.insert(&key.kid)) {
            return Err(InvalidRoster::Repeated);
        }
        let mut algorithms: BTreeSet<SigningAlgorithm> = listed.keys.iter().map(|key| key.alg).collect();
        // Access tokens are always signed with it.
        algorithms.insert(SigningAlgorithm::Rs256);
        let roster = |algorithm| {
            let of_it = listed.keys.iter().filter(|key| key.alg == algorithm);
            let members = of_it.map(|key| Member { kid: key.kid.clone(), state: key.state });
            let (active, others): (Vec<_>, Vec<_>) = members.partition(|member| member.state.is_active());
            let (next, retired): (Vec<_>, Vec<_>) = others.into_iter().partition(|member| member.state.is_next());
            let [active] = <[Member; 1]>::try_from(active).map_err(|_| InvalidRoster::Active(algorithm))?;
            let [next] = <[Member; 1]>::try_from(next).map_err(|_| InvalidRoster::Next(algorithm))?;
            Ok((algorithm, Roster { algorithm, active, next, retired }))
        };
        algorithms.into_iter().map(roster).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Rosters> for Listed {
    fn from(rosters: Rosters) -> Self {
        let key = |alg: SigningAlgorithm, member: &Member| ListedKey { kid: member.kid.clone(), alg, state: member.state };
        Self { keys: rosters.iter().flat_map(|roster| roster.members().map(|member| key(roster.algorithm, member))).collect() }
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
        let mut roster = Roster::new(SigningAlgorithm::Rs256, kid('a'), kid('b'), at(1));
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
        let mut roster = Roster::new(SigningAlgorithm::Rs256, kid('a'), kid('b'), at(0));
        let first = roster.rotate(kid('c'), at(100));
        assert_eq!(
            first,
            Rotation { algorithm: SigningAlgorithm::Rs256, active: kid('b'), next: kid('c'), retired: kid('a'), removed: vec![] }
        );
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
    fn a_list_is_read_as_it_was_written() {
        let mut rosters = Rosters::new(Roster::new(SigningAlgorithm::Rs256, kid('a'), kid('b'), at(0)));
        rosters.of_mut(SigningAlgorithm::Rs256).unwrap().rotate(kid('c'), at(100));
        let text = serde_json::to_string(&rosters).unwrap();
        assert_eq!(serde_json::from_str::<Rosters>(&text).unwrap(), rosters);
        // As it was before there were other algorithms.
        let active = format!(r#"{{"keys":[{{"kid":"{}","state":{{"active":{{"since":100}}}}}},"#, kid('b'));
        assert!(text.starts_with(&active), "{text}");

        rosters.add(Roster::new(SigningAlgorithm::EdDsa, kid('e'), kid('f'), at(200)));
        rosters.add(Roster::new(SigningAlgorithm::Es256, kid('g'), kid('h'), at(200)));
        let text = serde_json::to_string(&rosters).unwrap();
        assert!(text.contains(&format!(r#"{{"kid":"{}","alg":"ES256","state":{{"next":{{"since":200}}}}}}"#, kid('h'))), "{text}");
        assert_eq!(serde_json::from_str::<Rosters>(&text).unwrap(), rosters);
        assert_eq!(rosters.algorithm_of(&kid('f')), Some(SigningAlgorithm::EdDsa));
        assert_eq!(rosters.algorithm_of(&kid('x')), None);
        let algorithms: Vec<_> = rosters.iter().map(Roster::algorithm).collect();
        assert_eq!(algorithms, [SigningAlgorithm::Rs256, SigningAlgorithm::Es256, SigningAlgorithm::EdDsa]);
    }

    #[test]
    fn a_list_that_no_rotation_leads_to_is_refused() {
        let member = |letter, state: &str| format!(r#"{{"kid":"{}","state":{state}}}"#, kid(letter));
        let of_curve = |letter, state: &str| format!(r#"{{"kid":"{}","alg":"ES256","state":{state}}}"#, kid(letter));
        let (active, next) = (r#"{"active":{"since":1}}"#, r#"{"next":{"since":1}}"#);
        let read = |members: &[String]| serde_json::from_str::<Rosters>(&format!(r#"{{"keys":[{}]}}"#, members.join(",")));
        let good = [member('a', active), member('b', next)];
        assert!(read(&good).is_ok());
        for (members, problem) in [
            (vec![member('a', next)], "exactly one active key for RS256"),
            (vec![member('a', active), member('b', active), member('c', next)], "exactly one active key for RS256"),
            (vec![member('a', active)], "exactly one next key for RS256"),
            (vec![of_curve('a', active), of_curve('b', next)], "exactly one active key for RS256"),
            ([good.as_slice(), &[of_curve('c', next)]].concat(), "exactly one active key for ES256"),
            ([good.as_slice(), &[of_curve('c', active)]].concat(), "exactly one next key for ES256"),
            ([good.as_slice(), &[of_curve('a', active), of_curve('b', next)]].concat(), "twice"),
            (vec![member('a', active), member('a', next)], "twice"),
            (vec![member('a', active), member('b', r#"{"next":{"since":1,"until":2}}"#)], "unknown field `until`"),
            (vec![member('a', active), member('b', r#"{"retired":{"since":1}}"#)], "missing field `until`"),
            (vec![member('a', active), member('b', r#"{"resting":{"since":1}}"#)], "unknown variant `resting`"),
            (vec![format!(r#"{{"kid":"{}","alg":"HS256","state":{active}}}"#, kid('a'))], "unknown variant `HS256`"),
        ] {
            let refusal = read(&members).unwrap_err().to_string();
            assert!(refusal.contains(problem), "{refusal}");
        }
        assert!(serde_json::from_str::<Rosters>(r#"{"keys":[],"more":1}"#).unwrap_err().to_string().contains("unknown field `more`"));
    }
}
