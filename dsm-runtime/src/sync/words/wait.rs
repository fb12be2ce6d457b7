//! Waiting in three steps: spin about a hundred times, yield a bounded number of times, then sleep.
//!
//! Spinning alone collapses when workers outnumber cores; sleeping at once pays tens of microseconds for a wake on a
//! virtual machine. Yielding hands the core to the worker that is waited for.

use std::time::Duration;

use super::park::{Park, Patience, Waiting};
use crate::machine::{AtomicU32, Instant, Ordering, spin_loop, yield_now};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The word took this value, which no longer blocks.
    Ready(u32),
    /// The call failed meanwhile.
    Stopped,
    /// The deadline passed.
    TimedOut,
}

/// On a busy machine a yield may come back only after many milliseconds: then so few are enough.
const YIELD_FOR: Duration = Duration::from_millis(2);

/// Looks at `word` until `blocked` no longer holds for its value, without sleeping: the first two steps. `None` when
/// patience, or the time until the deadline, is at its end.
#[inline]
pub(crate) fn look_while(
    park: &(impl Park + ?Sized),
    word: &AtomicU32,
    patience: Patience,
    deadline: Option<Instant>,
    blocked: impl Fn(u32) -> bool,
) -> Option<Outcome> {
    let patience = park.patience(patience);
    for _ in 0..patience.spins {
        let value = word.load(Ordering::Acquire);
        if !blocked(value) {
            return Some(Outcome::Ready(value));
        }
        spin_loop();
    }
    if patience.yields == 0 {
        return None;
    }
    let until = Instant::now() + YIELD_FOR;
    let until = deadline.map_or(until, |deadline| deadline.min(until));
    for _ in 0..patience.yields {
        let value = word.load(Ordering::Acquire);
        if !blocked(value) {
            return Some(Outcome::Ready(value));
        }
        if park.stopped() {
            return Some(Outcome::Stopped);
        }
        if Instant::now() >= until {
            return None;
        }
        yield_now();
    }
    None
}

/// A wait that may end in sleep.
pub(crate) struct Wait<'a> {
    /// The word that is watched.
    pub(crate) word: &'a AtomicU32,
    /// Counted up while this rank may be asleep on the word.
    pub(crate) sleepers: &'a AtomicU32,
    /// The set of wakers heeded.
    pub(crate) mask: u32,
    pub(crate) waiting: Waiting,
    pub(crate) deadline: Option<Instant>,
    pub(crate) patience: Patience,
}

/// Waits until `blocked` no longer holds for the value of the word.
///
/// A waker stores the word and then loads the count of sleepers, so that it needs no system call when there are none;
/// a sleeper raises the count and then has the kernel compare the word. Both are sequentially consistent, so one of
/// the two sees the other.
pub(crate) fn wait_while(park: &(impl Park + ?Sized), wait: &Wait<'_>, blocked: impl Fn(u32) -> bool) -> Outcome {
    if let Some(outcome) = look_while(park, wait.word, wait.patience, wait.deadline, &blocked) {
        return outcome;
    }
    wait.sleepers.fetch_add(1, Ordering::SeqCst);
    let outcome = loop {
        let value = wait.word.load(Ordering::SeqCst);
        if !blocked(value) {
            break Outcome::Ready(value);
        }
        if park.stopped() {
            break Outcome::Stopped;
        }
        if wait.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            break Outcome::TimedOut;
        }
        park.park(wait.word, value, wait.mask, wait.waiting, wait.deadline);
    };
    wait.sleepers.fetch_sub(1, Ordering::SeqCst);
    outcome
}
