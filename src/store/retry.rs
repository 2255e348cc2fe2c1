//! Writes that collide are made again.

/// How often a write is made again before its failure is reported.
pub(super) const RETRIES: u32 = 5;

/// Makes the write that `$attempt` stands for, an expression that is evaluated anew each time, until it does not collide with another
/// one: PostgreSQL ends one of two transactions that wait for each other. (A function would have to be handed a closure that returns a
/// future that borrows from its argument and is `Send`, which can't be written down.)
macro_rules! retried {
    ($attempt:expr) => {{
        let mut left = $crate::store::retry::RETRIES;
        loop {
            match $attempt.await {
                Err($crate::store::StoreFailure::Contended(_)) if left > 0 => left -= 1,
                outcome => break outcome,
            }
        }
    }};
}

pub(super) use retried;
