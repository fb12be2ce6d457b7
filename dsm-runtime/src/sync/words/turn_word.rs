//! The words of `ordered`: turns 0, 1, 2, …, each taken once, in this order, by whichever rank comes with it.
//!
//! | state | bits | meaning |
//! |---|---|---|
//! | waiting | index × 2 | the turn of this index has come, and nobody has taken it |
//! | taken | index × 2 + 1 | a rank is in it |
//!
//! Whoever comes with an index that is taken or over has repeated it. A sleeper heeds only the waker of its own turn (32
//! classes), so that the end of a turn wakes one, not all.
//!
//! Pairs: the release store in [`end`](TurnWord::end) with the acquire exchange that takes the next turn.

use super::park::{Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, Ordering};

/// The words; all zero is before the first turn.
#[derive(Default)]
#[repr(C)]
pub(crate) struct TurnWord {
    word: AtomicU32,
    sleepers: AtomicU32,
}

/// Why a turn was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TurnRefused {
    /// The index was taken before.
    Repeated,
    /// The call has failed.
    Stopped,
}

impl TurnWord {
    /// Indices are below this.
    pub(crate) const LIMIT: u32 = 1 << 31;

    /// Waits for the turn of `index`, which is below the limit, and takes it.
    pub(crate) fn take(&self, index: u32, park: &(impl Park + ?Sized)) -> Result<(), TurnRefused> {
        let due = waiting(index);
        if self.word.load(Ordering::Relaxed) < due {
            let wait = Wait {
                word: &self.word,
                sleepers: &self.sleepers,
                mask: class(index),
                waiting: Waiting::Turn(index),
                deadline: None,
                patience: Patience::EVENT,
            };
            if !matches!(wait_while(park, &wait, |word| word < due), Outcome::Ready(_)) {
                return Err(TurnRefused::Stopped);
            }
        }
        match self.word.compare_exchange(due, due + 1, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) if park.stopped() => Err(TurnRefused::Stopped),
            Ok(_) => Ok(()),
            Err(_) => Err(TurnRefused::Repeated),
        }
    }

    /// Ends the turn of `index`, which this rank has taken: the next one's has come.
    pub(crate) fn end(&self, index: u32, park: &(impl Park + ?Sized)) {
        let next = index.wrapping_add(1);
        self.word.store(waiting(next), Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            park.unpark(&self.word, u32::MAX, class(next));
        }
    }

    /// The index whose turn has come, or is taken.
    pub(crate) fn now(&self) -> u32 {
        self.word.load(Ordering::Acquire) / 2
    }

    /// Before the first turn again; only while no rank uses it. Words that are zero are left alone, so that their cache
    /// line stays where it is.
    pub(crate) fn reset(&self) {
        for word in [&self.word, &self.sleepers] {
            if word.load(Ordering::Relaxed) != 0 {
                word.store(0, Ordering::Relaxed);
            }
        }
    }
}

/// Whether a word says that the turn of `index` has not come.
pub(crate) fn is_before(word: u32, index: u32) -> bool {
    word < waiting(index)
}

fn waiting(index: u32) -> u32 {
    index.wrapping_mul(2)
}

/// The class of wakers that whoever waits for a turn heeds.
fn class(index: u32) -> u32 {
    1 << (index % 32)
}
