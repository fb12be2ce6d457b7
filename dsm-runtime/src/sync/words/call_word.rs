//! The word that says how a call stands, and why it failed and where: so a call both finished and failed can't be.
//!
//! The number of the call is in the upper half, the state in the lowest byte; above it the failure, and the rank plus one.
//! It leaves `Running` by one compare-exchange: a call is decided once, by whoever is first.

use crate::machine::{AtomicU64, Ordering};

/// How a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum State {
    Running = 1,
    Finished = 2,
    Failed = 3,
}

const STATE: u64 = 0xffff_ffff_0000_00ff;
const FAILURE_SHIFT: u32 = 8;
const RANK_SHIFT: u32 = 16;

fn word(number: u32, state: State) -> u64 {
    u64::from(number) << 32 | state as u64
}

/// The word; zero is before the first call.
#[derive(Default)]
#[repr(transparent)]
pub(crate) struct CallWord(AtomicU64);

impl CallWord {
    /// Opens a call; only by the driver, when the last is over.
    pub(crate) fn open(&self, number: u32) {
        self.0.store(word(number, State::Running), Ordering::Release);
    }

    /// Ends the call well, unless it has failed.
    pub(crate) fn finish(&self, number: u32) -> bool {
        self.decide(number, word(number, State::Finished))
    }

    /// Ends the call badly, unless it is over. `failure` is a number below 256.
    pub(crate) fn fail(&self, number: u32, failure: u32, rank: Option<usize>) -> bool {
        let rank = rank.map_or(0, |rank| rank as u64 + 1);
        let why = u64::from(failure & 0xff) << FAILURE_SHIFT | rank << RANK_SHIFT;
        self.decide(number, word(number, State::Failed) | why)
    }

    fn decide(&self, number: u32, decided: u64) -> bool {
        let running = word(number, State::Running);
        self.0.compare_exchange(running, decided, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    #[inline]
    pub(crate) fn has_failed(&self, number: u32) -> bool {
        self.0.load(Ordering::Acquire) & STATE == word(number, State::Failed)
    }

    /// Whether every rank has returned.
    pub(crate) fn has_finished(&self, number: u32) -> bool {
        self.0.load(Ordering::Acquire) == word(number, State::Finished)
    }

    pub(crate) fn is_running(&self, number: u32) -> bool {
        self.0.load(Ordering::Acquire) == word(number, State::Running)
    }

    /// Why the last call failed, as a number, and at which rank.
    pub(crate) fn failure(&self) -> (u32, Option<usize>) {
        let word = self.0.load(Ordering::Acquire);
        let rank = (word >> RANK_SHIFT & 0xffff) as usize;
        ((word >> FAILURE_SHIFT & 0xff) as u32, rank.checked_sub(1))
    }
}
