//! The errand: by it a rank has the agent of its node do something in the memory of another node.
//!
//! One errand of a rank at a time: it fills in the words and says `ASKED`; the agent takes it (`TAKEN`), and once the answer
//! has come fills it in and says `ANSWERED`. What the errand is about isn't known here.
//!
//! Pairs: the store of `ASKED` with the agent's load in [`take`](ErrandWords::take); the store of `ANSWERED` with the load of
//! the rank that waits.

use super::park::{Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, AtomicU64, Ordering};

const IDLE: u32 = 0;
const ASKED: u32 = 1;
const TAKEN: u32 = 2;
const ANSWERED: u32 = 3;

/// The words; all zero is no errand.
#[derive(Default)]
#[repr(C)]
pub(crate) struct ErrandWords {
    state: AtomicU32,
    sleepers: AtomicU32,
    function: AtomicU64,
    place: AtomicU64,
    values: [AtomicU64; 2],
}

/// What is to be done: a function's number, a place in the arrays, and two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErrandTold {
    pub(crate) function: u64,
    pub(crate) place: u64,
    pub(crate) values: [u64; 2],
}

impl ErrandWords {
    /// Has the agent do it, and waits for the two values it comes back with. `None` when the call has failed.
    pub(crate) fn run(&self, errand: ErrandTold, park: &(impl Park + ?Sized)) -> Option<[u64; 2]> {
        self.function.store(errand.function, Ordering::Relaxed);
        self.place.store(errand.place, Ordering::Relaxed);
        self.put(errand.values);
        self.state.store(ASKED, Ordering::Release);
        let wait = Wait {
            word: &self.state,
            sleepers: &self.sleepers,
            mask: u32::MAX,
            // The answer comes from another node: nothing that is looked at here says that it never does.
            waiting: Waiting::Timed,
            deadline: None,
            patience: Patience::EVENT,
        };
        let outcome = wait_while(park, &wait, |state| state != ANSWERED);
        let answered = matches!(outcome, Outcome::Ready(_));
        answered.then(|| {
            self.state.store(IDLE, Ordering::Relaxed);
            [0, 1].map(|which: usize| self.values[which].load(Ordering::Relaxed))
        })
    }

    /// The errand that a rank has asked for; only by the agent, once.
    pub(crate) fn take(&self) -> Option<ErrandTold> {
        if self.state.load(Ordering::Acquire) != ASKED {
            return None;
        }
        self.state.store(TAKEN, Ordering::Relaxed);
        Some(ErrandTold {
            function: self.function.load(Ordering::Relaxed),
            place: self.place.load(Ordering::Relaxed),
            values: [0, 1].map(|which: usize| self.values[which].load(Ordering::Relaxed)),
        })
    }

    /// Brings the answer; only by the agent, to an errand it has taken.
    pub(crate) fn answer(&self, values: [u64; 2], wake: impl FnOnce(&AtomicU32)) {
        if self.state.load(Ordering::Relaxed) != TAKEN {
            return;
        }
        self.put(values);
        self.state.store(ANSWERED, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            wake(&self.state);
        }
    }

    /// No errand any more; only while the rank doesn't run.
    pub(crate) fn reset(&self) {
        self.state.store(IDLE, Ordering::Relaxed);
    }

    fn put(&self, values: [u64; 2]) {
        for (word, value) in self.values.iter().zip(values) {
            word.store(value, Ordering::Relaxed);
        }
    }
}
