//! Who runs on which core.

use std::thread;

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::Outcome;

/// The core of the server, and of what it is compared with.
pub(crate) const SERVER: usize = 0;
/// The core of the load generator.
pub(crate) const GENERATOR: usize = 1;
/// For what is measured as an operator would see it.
pub(crate) const BOTH: [usize; 2] = [SERVER, GENERATOR];

/// Confines this thread, and the processes and threads that it starts from now on.
pub(crate) fn pin(cores: &[usize]) -> Outcome<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    sched_setaffinity(None, &set).map_err(|error| format!("cores {cores:?} can't be had: {error}. This takes two cores.").into())
}

/// Does something on the cores, in a thread of its own.
pub(crate) fn on<T: Send>(cores: &[usize], work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    thread::scope(|scope| scope.spawn(|| pinned(cores, work)).join()).map_err(|_| "the thread panicked")?
}

/// The same, while this thread keeps its own core as awake as under load: on some hosts a core is slower beside a busy one, and what is
/// compared has to stand beside the same.
pub(crate) fn on_beside_load<T: Send>(cores: &[usize], work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let worked = thread::scope(|scope| {
        let working = scope.spawn(|| pinned(cores, work));
        while !working.is_finished() {
            thread::yield_now();
        }
        working.join()
    });
    worked.map_err(|_| "the thread panicked")?
}

fn pinned<T>(cores: &[usize], work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    pin(cores)?;
    work()
}
