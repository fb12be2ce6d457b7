//! What a protocol needs from the engine beneath it: to sleep, to wake others, and to learn that the call has failed.

use crate::machine::{AtomicU32, Instant};

/// Why a rank sleeps, as a condition that another process can evaluate from shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// In a collective: blocked while the word, the barrier's generation, has the value slept on.
    Collective,
    /// For a lock: blocked while the word names an owner.
    Lock,
    /// For a ticket lock: blocked while the word, the ticket served, isn't this one.
    Ticket(u32),
    /// For a turn of `ordered`: blocked while the word is before this index.
    Turn(u32),
    /// For a flag: blocked while the word is below this number.
    Flag(u32),
    /// With a deadline of its own, so it ends by itself.
    Timed,
}

/// How often a waiter looks before it sleeps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) spins: u32,
    pub(crate) yields: u32,
}

impl Patience {
    /// For events that come within microseconds when every worker runs: barriers, jobs, results.
    pub(crate) const EVENT: Patience = Patience { spins: 100, yields: 400 };
    /// For locks, which are held briefly or else for long.
    pub(crate) const LOCK: Patience = Patience { spins: 100, yields: 100 };
    /// Sleeps at once, and leaves the cores to others.
    pub(crate) const NONE: Patience = Patience { spins: 0, yields: 0 };
}

/// Waiting and waking, as the engine does them.
pub(crate) trait Park {
    /// Whether the call has failed: a waiter leaves instead of sleeping on.
    fn stopped(&self) -> bool;

    /// How long to look before sleeping, where `usual` is the protocol's own measure.
    fn patience(&self, usual: Patience) -> Patience {
        usual
    }

    /// Sleeps while `word` has `value`, until woken or the deadline; may return early. `mask` is the set of wakers heeded.
    fn park(&self, word: &AtomicU32, value: u32, mask: u32, waiting: Waiting, deadline: Option<Instant>);

    /// Wakes up to `count` of those asleep on `word` whose mask meets `mask`.
    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32);
}

/// A lock as others see it: who holds it, for errors and for finding deadlocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) by: usize,
}
