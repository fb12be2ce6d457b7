//! Threads for the length of a call: for work on memory that is safe to split, such as sorting, and for reading files.
//!
//! No thread outlives the call, not even in the system's list: a later fork, which counts the threads of the process, must
//! find it as it was.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{Pid, gettid};

use crate::cluster::number_of_workers;
use crate::error::{Error, ErrorKind, Result};
use crate::process::is_forked;
use crate::team;

/// How long a thread that has been joined may stay in the system's list: a debugger may hold it there.
const LINGER: Duration = Duration::from_secs(1);

/// How many threads to use: the explicit number, else as many as a cluster would have workers, but one where a worker
/// asks, since its peers have the other cores, and one with the serial backend.
pub(crate) fn number_of_threads(explicit: Option<usize>) -> Result<usize> {
    if explicit.is_none() {
        let is_worker = is_forked() || team::current().is_some();
        if is_worker || std::env::var_os("DSM_BACKEND").is_some_and(|name| name == "serial") {
            return Ok(1);
        }
    }
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    number_of_workers(explicit, &|name| std::env::var_os(name), cores)
        .map_err(|error| Error::new(ErrorKind::Workers, error.to_string()))
}

/// Does all pieces of work on so many threads, of which this is one; on fewer where the system gives fewer.
///
/// # Panics
///
/// When a piece does, once all others are done or have panicked too.
pub(crate) fn do_all<W: Send>(threads: usize, pieces: Vec<W>, work: impl Fn(W) + Sync) {
    let others = threads.min(pieces.len()).saturating_sub(1);
    if others == 0 {
        return pieces.into_iter().for_each(work);
    }
    let rest = Mutex::new(pieces.into_iter());
    let work_on = || {
        while let Some(piece) = { locked(&rest).next() } {
            work(piece);
        }
    };
    on_each(others, &work_on);
}

/// Calls `work` on this thread and on so many others. Apart from [`do_all`], so that the making of threads is compiled
/// once and not for each kind of work.
fn on_each(others: usize, work: &(dyn Fn() + Sync)) {
    let started = Mutex::new(Vec::<Pid>::new());
    let outcome = thread::scope(|scope| {
        let spawn = |_| {
            let run = || {
                locked(&started).push(gettid());
                work();
            };
            thread::Builder::new().name("dsm".to_owned()).spawn_scoped(scope, run).ok()
        };
        let threads: Vec<_> = (0..others).map_while(spawn).collect();
        let mut outcome = catch_unwind(AssertUnwindSafe(work));
        for thread in threads {
            outcome = outcome.and(thread.join());
        }
        outcome
    });
    wait_until_all_are_gone(&started);
    if let Err(payload) = outcome {
        resume_unwind(payload);
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until joined threads are off the list: the join returns a little earlier.
pub(crate) fn wait_until_all_are_gone(threads: &Mutex<Vec<Pid>>) {
    let deadline = Instant::now() + LINGER;
    for thread in locked(threads).drain(..) {
        wait_until_gone(thread, deadline);
    }
}

fn wait_until_gone(thread: Pid, deadline: Instant) {
    let entry = format!("/proc/self/task/{thread}");
    while Path::new(&entry).exists() && Instant::now() < deadline {
        thread::yield_now();
    }
}

/// Cuts `0..length` into `parts` ranges that differ by at most one; the ends, 0 included.
pub(crate) fn cuts(length: usize, parts: usize) -> Vec<usize> {
    (0..=parts).map(|part| (length as u128 * part as u128 / parts as u128) as usize).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn all_pieces_are_done_once() {
        for (pieces, threads) in [(0, 2), (1, 2), (2, 2), (7, 1), (7, 3), (7, 100)] {
            let done = AtomicUsize::new(0);
            do_all(threads, (0..pieces).collect(), |piece: usize| {
                done.fetch_add(1 << (8 * piece), Ordering::Relaxed);
            });
            assert_eq!(done.into_inner(), (0..pieces).map(|piece| 1 << (8 * piece)).sum::<usize>());
        }
    }

    #[test]
    fn a_panic_is_passed_on_when_the_rest_is_done() {
        for strange in 0..4 {
            let done = AtomicUsize::new(0);
            let work = |piece| {
                assert_ne!(piece, strange, "the piece that panics");
                done.fetch_add(1, Ordering::Relaxed);
            };
            let payload = catch_unwind(AssertUnwindSafe(|| do_all(4, vec![0, 1, 2, 3], work))).unwrap_err();
            assert!(payload.downcast_ref::<String>().is_some_and(|text| text.contains("the piece that panics")));
            assert!(done.into_inner() <= 3);
        }
    }

    #[test]
    fn cuts_are_even() {
        assert_eq!(cuts(10, 4), [0, 2, 5, 7, 10]);
        assert_eq!(cuts(0, 2), [0, 0, 0]);
        assert_eq!(cuts(usize::MAX, 1), [0, usize::MAX]);
    }
}
