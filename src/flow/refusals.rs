//! Remembering why requests were refused, so that an operator can be told. Nobody waits for it: what is to be remembered waits in a short
//! queue, from where one task writes it once a second, and what does not fit into the queue is only counted. So whoever is refused again and
//! again costs the database one write a second, of 500 rows at most.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::flow::{Failure, Server};
use crate::protocol::explanation::{Asked, Recorded, Report};
use crate::protocol::trace_id::TraceId;
use crate::store::Store;

/// The most refusals that wait to be written, and the most that are written at once.
const MOST_WAITING: usize = 500;
/// Time between two writes.
const REST: Duration = Duration::from_secs(1);

/// Takes down why a request was refused. Its clones share one queue.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    clock: Clock,
}

struct Shared {
    /// How many are kept; none at all when it is 0.
    kept: u64,
    queue: Mutex<Queue>,
    /// What is being written. It stays here until it is, so that a write that is broken off is made again.
    writing: tokio::sync::Mutex<Vec<Recorded>>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Recorded>,
    dropped: u64,
}

impl Recorder {
    pub(super) fn new(kept: u64, clock: Clock) -> Self {
        let (queue, writing) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { shared: Arc::new(Shared { kept, queue, writing, arrived: Notify::new() }), clock }
    }

    /// What there is to know about a request that was answered with `status`.
    #[must_use]
    pub fn describe(&self, asked: Asked, status: u16, report: Report) -> Recorded {
        Recorded::new(asked, status, self.clock.now(), report)
    }

    /// Takes it down. This never waits: what finds the queue full is not remembered.
    pub fn keep(&self, recorded: Recorded) {
        if self.shared.kept == 0 {
            return;
        }
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.waiting.len() < MOST_WAITING {
            queue.waiting.push(recorded);
            drop(queue);
            self.shared.arrived.notify_one();
        } else {
            queue.dropped += 1;
        }
    }

    /// Writes what waits, and forgets the oldest.
    async fn write(&self, store: &Store) -> Result<(), Failure> {
        let mut batch = self.shared.writing.lock().await;
        if batch.is_empty() {
            let Queue { waiting, dropped } = mem::take(&mut *self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner));
            *batch = waiting;
            if dropped > 0 {
                tracing::warn!(dropped, "more requests were refused than can be remembered; why some of them were is lost");
            }
        }
        if !batch.is_empty() {
            store.refusals().keep(&batch, self.shared.kept).await?;
            batch.clear();
        }
        Ok(())
    }
}

impl Server {
    /// Takes down why requests are refused.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Why a request was refused, or given less than it asked for; `None` when that is not known, or not any more.
    pub async fn refusal(&self, trace_id: &TraceId) -> Result<Option<Recorded>, Failure> {
        self.write_refusals().await?;
        Ok(self.store.refusals().find(trace_id).await?)
    }

    /// Writes what still waits to be written.
    pub(super) async fn write_refusals(&self) -> Result<(), Failure> {
        // The first write may be of what another one was broken off with; what waits comes after it.
        for _ in 0..2 {
            self.recorder.write(&self.store).await?;
        }
        Ok(())
    }
}

/// Writes down why requests are refused, for as long as the server runs.
pub async fn record_forever(server: Arc<Server>) {
    // The operator may have chosen to keep fewer than before, or none.
    if let Err(failure) = server.store.refusals().keep(&[], server.settings.kept_refusals).await {
        tracing::error!(%failure, "old refusals can't be forgotten");
    }
    loop {
        server.recorder.shared.arrived.notified().await;
        if let Err(failure) = server.recorder.write(&server.store).await {
            tracing::error!(%failure, "why requests were refused can't be written down");
            // It is still there, and is tried again.
            server.recorder.shared.arrived.notify_one();
        }
        tokio::time::sleep(REST).await;
    }
}
