//! A few threads for work that keeps a core busy for milliseconds, with a queue that refuses rather than grows.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::setpriority_process;
use rustix::thread::gettid;
use tokio::sync::oneshot;

use crate::password::memory::Memory;

/// How much the workers stand back behind the threads that answer requests (a "nice" value).
const NICE: i32 = 10;
/// How long a worker keeps its memory when there is nothing to do.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why work was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undone {
    /// The queue is full.
    Busy,
    /// The worker is gone.
    Stopped,
}

/// The threads end when the pool is dropped.
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    limit: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Box<dyn Job>>,
    closed: bool,
}

impl Pool {
    /// Starts `workers` threads, for whom at most `limit` jobs may wait.
    pub(super) fn start(workers: NonZeroUsize, limit: usize) -> io::Result<Self> {
        let pool = Self(Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), limit }));
        for number in 1..=workers.get() {
            let shared = Arc::clone(&pool.0);
            thread::Builder::new().name(format!("password-{number}")).spawn(move || work(&shared))?;
        }
        Ok(pool)
    }

    /// Has a worker do the job. Dropping the future before the job has begun calls it off.
    pub(super) async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut Memory) -> T + Send + 'static) -> Result<T, Undone> {
        let (reply, answer) = oneshot::channel();
        self.enqueue(Box::new(Asked { job, reply }))?;
        answer.await.map_err(|_| Undone::Stopped)
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), Undone> {
        let mut queue = self.0.lock();
        if queue.jobs.len() >= self.0.limit {
            queue.jobs.retain(|job| job.is_wanted());
            if queue.jobs.len() >= self.0.limit {
                return Err(Undone::Busy);
            }
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.0.changed.notify_one();
        Ok(())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

/// Something to do for somebody who may stop waiting for it.
trait Job: Send {
    fn is_wanted(&self) -> bool;
    fn run(self: Box<Self>, memory: &mut Memory);
}

struct Asked<Work, Answer> {
    job: Work,
    reply: oneshot::Sender<Answer>,
}

impl<Work: FnOnce(&mut Memory) -> Answer + Send, Answer: Send> Job for Asked<Work, Answer> {
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) {
        let answer = (self.job)(memory);
        // Whoever asked may have stopped waiting meanwhile.
        let _ = self.reply.send(answer);
    }
}

enum Turn {
    Job(Box<dyn Job>),
    Idle,
    End,
}

fn work(shared: &Shared) {
    // On Linux a priority belongs to a thread. Where it can't be lowered, logins and tokens share the cores evenly.
    let _ = setpriority_process(Some(gettid()), NICE);
    let mut memory = Memory::default();
    loop {
        match shared.turn(memory.is_held()) {
            Turn::Job(job) if job.is_wanted() => job.run(&mut memory),
            Turn::Job(_) => {}
            Turn::Idle => memory.release(),
            Turn::End => return,
        }
    }
}

impl Shared {
    fn turn(&self, holds_memory: bool) -> Turn {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                return Turn::Job(job);
            }
            if queue.closed {
                return Turn::End;
            }
            if holds_memory {
                let (woken, timeout) = self.changed.wait_timeout(queue, PATIENCE).unwrap_or_else(PoisonError::into_inner);
                if timeout.timed_out() && woken.jobs.is_empty() {
                    return Turn::Idle;
                }
                queue = woken;
            } else {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
