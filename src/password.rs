//! Passwords that people type: Argon2id (RFC 9106), off the async threads, in a bounded pool.
//!
//! One password takes some 20 ms of a core and 19 MiB, on purpose. So a few threads of low priority do it, at most so many requests
//! wait for them, and the rest are refused at once: signing tokens stays fast while logins queue. Whether a user exists can't be told
//! from the work: without a stored hash, the password is compared with the hash of nobody, at the same cost.

mod memory;
mod pool;
mod stored;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub use stored::UnusableHash;

pub use crate::identity::password_cost::{Argon2Cost, InvalidCost};
use crate::password::pool::{Pool, Undone};
use crate::password::stored::StoredHash;
use crate::random::Random;

/// The longest password, in bytes of UTF-8. A longer one matches nothing.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// How many may wait for a worker, unless configured otherwise.
pub const DEFAULT_QUEUE: usize = 64;

/// Hashes and verifies passwords. Clones share the workers.
#[derive(Clone)]
pub struct Passwords(Arc<Shared>);

struct Shared {
    pool: Pool,
    cost: Argon2Cost,
    nobody: StoredHash,
    random: Random,
    verifications: Arc<AtomicU64>,
}

/// What comparing a password with a stored hash has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Whether it is the password.
    pub matches: bool,
    /// It is the password, and its stored hash should be replaced by one of today's cost.
    pub needs_rehash: bool,
}

/// How a hash that was made elsewhere compares with a new one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenHash {
    /// It is as ours would be.
    Current,
    /// It has another cost, salt or length: it is renewed when its owner signs in.
    Outdated,
    /// The same, and its password is cheaper to guess than OWASP recommends at least.
    Weak,
}

/// A password could be neither hashed nor verified.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFailure {
    /// Too many are waiting. Worth trying again in a moment.
    #[error("too many passwords are waiting to be verified")]
    Busy,
    /// The worker is gone.
    #[error("the thread that verifies passwords has ended")]
    Stopped,
    /// A new password is longer than [`MAX_PASSWORD_BYTES`].
    #[error("the password is longer than {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The store holds something else than a hash of ours.
    #[error("the stored password hash can't be used: {0}")]
    UnusableHash(#[from] UnusableHash),
    /// Argon2 refused.
    #[error("Argon2 failed: {0}")]
    Argon2(#[from] argon2::Error),
}

impl From<Undone> for PasswordFailure {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Busy => Self::Busy,
            Undone::Stopped => Self::Stopped,
        }
    }
}

impl Passwords {
    /// Starts `workers` threads, for whom at most `queue` requests may wait. New hashes have this `cost`.
    pub fn new(cost: Argon2Cost, workers: NonZeroUsize, queue: usize, random: Random) -> io::Result<Self> {
        let nobody = StoredHash::of_nobody(cost, &random).map_err(io::Error::other)?;
        Ok(Self(Arc::new(Shared { pool: Pool::start(workers, queue)?, cost, nobody, random, verifications: Arc::default() })))
    }

    /// One worker fewer than there are cores, and at least one: a core stays free for everything else.
    #[must_use]
    pub fn default_workers() -> NonZeroUsize {
        let cores = available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
    }

    /// Compares a password with the PHC string of the user. For a user that does not exist, or has no password, pass `None`: nothing
    /// matches, after as much work. The work is exactly one Argon2 computation in every case.
    pub async fn verify(&self, password: &SecretString, stored: Option<&str>) -> Result<Verification, PasswordFailure> {
        let stored = stored.map(StoredHash::parse).transpose()?;
        let password = password.expose_secret().as_bytes();
        let is_outdated = stored.as_ref().is_some_and(|stored| stored.is_outdated(self.0.cost));
        let (typed, stored) = match (password.get(..MAX_PASSWORD_BYTES + 1), stored) {
            (None, Some(stored)) => (password, stored),
            (None, None) => (password, self.0.nobody.clone()),
            (Some(beginning), _) => (beginning, self.0.nobody.clone()),
        };
        let (typed, verifications) = (Zeroizing::new(typed.to_vec()), Arc::clone(&self.0.verifications));
        let matches = self.0.pool.run(move |memory| {
            verifications.fetch_add(1, Ordering::Relaxed);
            stored.matches(&typed, memory)
        });
        let matches = matches.await??;
        Ok(Verification { matches, needs_rehash: matches && is_outdated })
    }

    /// A PHC string for a new password, with a salt of its own.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordFailure> {
        let password = password.expose_secret().as_bytes();
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordFailure::TooLong);
        }
        let (password, salt, cost) = (Zeroizing::new(password.to_vec()), self.0.random.bytes(), self.0.cost);
        self.0.pool.run(move |memory| stored::hash(cost, &password, salt, memory)).await?
    }

    /// How a hash that was made elsewhere compares with a new one of ours. A problem when it is not one of Argon2id, or would take too much
    /// work.
    pub fn check_given(&self, phc: &str) -> Result<GivenHash, UnusableHash> {
        let given = StoredHash::given(phc)?;
        Ok(if !given.is_outdated(self.0.cost) {
            GivenHash::Current
        } else if given.cost().is_below_floor() {
            GivenHash::Weak
        } else {
            GivenHash::Outdated
        })
    }

    /// How many verifications have been computed so far.
    #[must_use]
    pub fn verifications(&self) -> u64 {
        self.0.verifications.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::sync::mpsc::{Sender, channel};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn passwords(cost: Argon2Cost, queue: usize) -> Passwords {
        Passwords::new(cost, NonZeroUsize::MIN, queue, Random::seeded(1)).unwrap()
    }

    fn cheap() -> Argon2Cost {
        Argon2Cost::new(64, 1, 1).unwrap()
    }

    fn typed(text: &str) -> SecretString {
        SecretString::from(text)
    }

    const REFUSED: Verification = Verification { matches: false, needs_rehash: false };

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = passwords(cheap(), 4);
        let (stored, again) = (passwords.hash(&typed("wonderland")).await.unwrap(), passwords.hash(&typed("wonderland")).await.unwrap());
        assert_ne!(stored, again, "each hash has a salt of its own");
        for stored in [&stored, &again] {
            let verification = passwords.verify(&typed("wonderland"), Some(stored)).await.unwrap();
            assert_eq!(verification, Verification { matches: true, needs_rehash: false });
        }
        for wrong in ["Wonderland", "wonderland ", "", "wonderlan"] {
            assert_eq!(passwords.verify(&typed(wrong), Some(&stored)).await.unwrap(), REFUSED, "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn every_answer_costs_one_verification() {
        let passwords = passwords(cheap(), 4);
        let stored = passwords.hash(&typed("wonderland")).await.unwrap();
        let too_long = "w".repeat(MAX_PASSWORD_BYTES + 1);
        for (number, (password, stored)) in (1_u64..).zip([
            ("wonderland", Some(&stored)),
            ("builder", Some(&stored)),
            ("wonderland", None),
            (&too_long, Some(&stored)),
            (&too_long, None),
        ]) {
            passwords.verify(&typed(password), stored.map(String::as_str)).await.unwrap();
            assert_eq!(passwords.verifications(), number);
        }
    }

    #[tokio::test]
    async fn the_longest_password_matches_and_a_longer_one_never_does() {
        let passwords = passwords(cheap(), 4);
        let longest = "w".repeat(MAX_PASSWORD_BYTES);
        let stored = passwords.hash(&typed(&longest)).await.unwrap();
        assert!(passwords.verify(&typed(&longest), Some(&stored)).await.unwrap().matches);
        assert_eq!(passwords.verify(&typed(&format!("{longest}w")), Some(&stored)).await.unwrap(), REFUSED);
        assert!(matches!(passwords.hash(&typed(&format!("{longest}w"))).await, Err(PasswordFailure::TooLong)));
    }

    #[tokio::test]
    async fn an_old_hash_is_verified_at_its_own_cost_and_asks_to_be_replaced() {
        let stored = passwords(Argon2Cost::new(32, 2, 1).unwrap(), 4).hash(&typed("wonderland")).await.unwrap();
        let passwords = passwords(cheap(), 4);
        let right = passwords.verify(&typed("wonderland"), Some(&stored)).await.unwrap();
        assert_eq!(right, Verification { matches: true, needs_rehash: true });
        assert_eq!(
            passwords.verify(&typed("builder"), Some(&stored)).await.unwrap(),
            REFUSED,
            "nobody's hash is replaced by a wrong password"
        );
        assert!(matches!(passwords.verify(&typed("wonderland"), Some("wonderland")).await, Err(PasswordFailure::UnusableHash(_))));
    }

    /// Keeps the only worker busy until the sender is dropped.
    async fn occupy(passwords: &Passwords) -> Sender<()> {
        let ((release, released), (begin, begun)) = (channel::<()>(), channel());
        let passwords = passwords.clone();
        tokio::spawn(async move {
            let job = passwords.0.pool.run(move |_| {
                begin.send(()).unwrap();
                released.recv().is_err()
            });
            job.await.unwrap();
        });
        tokio::task::spawn_blocking(move || begun.recv().unwrap()).await.unwrap();
        release
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_requests_that_were_called_off_make_room() {
        let passwords = passwords(cheap(), 2);
        let release = occupy(&passwords).await;
        let password = typed("wonderland");
        let mut first = Box::pin(passwords.verify(&password, None));
        let mut second = pin!(passwords.verify(&password, None));
        let mut third = pin!(passwords.verify(&password, None));
        assert!(poll(first.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_pending());
        assert!(matches!(poll(third.as_mut()), Poll::Ready(Err(PasswordFailure::Busy))));

        drop(first);
        let mut fourth = pin!(passwords.verify(&password, None));
        assert!(poll(fourth.as_mut()).is_pending());
        drop(release);
        assert_eq!((second.await.unwrap(), fourth.await.unwrap()), (REFUSED, REFUSED));
        assert_eq!(passwords.verifications(), 2, "the one that was called off was not computed");
    }

    #[tokio::test]
    async fn a_request_that_was_called_off_is_not_computed() {
        let passwords = passwords(cheap(), 2);
        let release = occupy(&passwords).await;
        let password = typed("wonderland");
        let mut first = Box::pin(passwords.verify(&password, None));
        assert!(poll(first.as_mut()).is_pending());
        drop(first);
        drop(release);
        passwords.verify(&password, None).await.unwrap();
        assert_eq!(passwords.verifications(), 1);
    }
}
