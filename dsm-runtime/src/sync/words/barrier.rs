//! The barrier's words: everybody arrives, the last one opens.
//!
//! `arrived` counts arrivals; whoever makes it the team's size is last, may look at what all others wrote before they
//! arrived, and then either opens the barrier or leaves it shut for ever and fails the call. `generation` counts
//! openings; a waiter reads it before it arrives, so it can't miss the opening that its own arrival allows.
//!
//! Pairs: the acquire-release increments of `arrived` chain every arrival to the last one; the release store of
//! `generation` in [`open`](Barrier::open) with the acquire load of the waiters.

use super::park::{Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, Ordering};

/// The words; all zero is a barrier nobody has reached.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Barrier {
    arrived: AtomicU32,
    generation: AtomicU32,
    sleepers: AtomicU32,
}

/// What an arrival found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// All others are here: this rank opens the barrier.
    Last,
    /// Others are missing: wait for the opening of this generation.
    Early(u32),
}

/// How a meeting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Met {
    /// All are here, and agree.
    Together,
    /// This rank was the last, and does not let anybody go.
    Refused,
    /// The call failed.
    Stopped,
}

impl Barrier {
    /// Arrives, and waits for the opening. The last to arrive opens only if `agree` says so, which sees what all others
    /// wrote before they arrived; if not, it must fail the call.
    pub(crate) fn meet(&self, size: usize, park: &(impl Park + ?Sized), agree: impl FnOnce() -> bool) -> Met {
        match self.arrive(size) {
            Arrival::Last if agree() => {
                self.open(park);
                Met::Together
            }
            Arrival::Last => Met::Refused,
            Arrival::Early(generation) => match self.wait(generation, park) {
                Outcome::Ready(_) => Met::Together,
                Outcome::Stopped | Outcome::TimedOut => Met::Stopped,
            },
        }
    }

    /// Counts this rank as arrived. What it wrote before is visible to the last arrival.
    pub(crate) fn arrive(&self, size: usize) -> Arrival {
        let generation = self.generation.load(Ordering::Relaxed);
        if self.arrived.fetch_add(1, Ordering::AcqRel) + 1 == size as u32 {
            Arrival::Last
        } else {
            Arrival::Early(generation)
        }
    }

    /// Lets everybody go, and makes the barrier ready for the next arrivals; only by the last arrival.
    pub(crate) fn open(&self, park: &(impl Park + ?Sized)) {
        self.arrived.store(0, Ordering::Relaxed);
        self.generation.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            park.unpark(&self.generation, u32::MAX, u32::MAX);
        }
    }

    /// Waits for the opening after an early arrival.
    pub(crate) fn wait(&self, generation: u32, park: &(impl Park + ?Sized)) -> Outcome {
        let wait = Wait {
            word: &self.generation,
            sleepers: &self.sleepers,
            mask: u32::MAX,
            waiting: Waiting::Collective,
            deadline: None,
            patience: Patience::EVENT,
        };
        wait_while(park, &wait, |now| now == generation)
    }

    #[cfg(test)]
    pub(crate) fn generation(&self) -> &AtomicU32 {
        &self.generation
    }

    /// After a failed call, while no rank uses it.
    pub(crate) fn recover(&self) {
        self.arrived.store(0, Ordering::Release);
        self.sleepers.store(0, Ordering::Release);
    }
}
