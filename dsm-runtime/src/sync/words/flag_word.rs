//! The words of a [`Flag`](super::Flag): a number that only rises, and how many sleep until it has risen far enough.
//!
//! | state | value | meaning |
//! |---|---|---|
//! | lowered | 0 | nothing was posted in this call |
//! | raised | n | n is the highest number posted |
//!
//! Ranks that wait for different numbers sleep on the one word, so a post that raises it wakes all, and those whose
//! number isn't reached sleep again.
//!
//! Pairs: the exchange in [`post`](FlagWord::post), also where it changes nothing, with the acquire loads of a waiter.
//! Every change within a call is such an exchange, so a post on top of another hides nothing of it.

use super::park::{Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, Instant, Ordering};

const LOWERED: u32 = 0;
const ANY: u32 = u32::MAX;

/// The words; all zero is lowered. The number comes first: the driver's handle reads it there.
#[derive(Default)]
#[repr(C)]
pub(crate) struct FlagWord {
    number: AtomicU32,
    sleepers: AtomicU32,
}

impl FlagWord {
    /// The highest number posted.
    #[inline]
    pub(crate) fn get(&self) -> u32 {
        self.number.load(Ordering::Acquire)
    }

    /// Raises the flag to `number`, unless it is as high already, and wakes those who sleep on it.
    #[inline]
    pub(crate) fn post(&self, number: u32, park: &(impl Park + ?Sized)) {
        let before = self.number.fetch_max(number, Ordering::SeqCst);
        if before < number && self.sleepers.load(Ordering::SeqCst) > 0 {
            park.unpark(&self.number, u32::MAX, ANY);
        }
    }

    /// Waits until the flag is at `number` or higher; until the deadline if there is one.
    #[inline]
    pub(crate) fn wait(&self, number: u32, park: &(impl Park + ?Sized), deadline: Option<Instant>) -> Outcome {
        let wait = Wait {
            word: &self.number,
            sleepers: &self.sleepers,
            mask: ANY,
            waiting: if deadline.is_some() { Waiting::Timed } else { Waiting::Flag(number) },
            deadline,
            patience: Patience::EVENT,
        };
        wait_while(park, &wait, |value| !reaches(value, number))
    }

    /// As at the start of a call; only while no rank runs.
    pub(crate) fn lower(&self) {
        self.number.store(LOWERED, Ordering::Release);
        self.sleepers.store(0, Ordering::Relaxed);
    }

    #[cfg(test)]
    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.number
    }
}

/// Whether a flag with this value lets a wait for `number` end.
pub(crate) fn reaches(value: u32, number: u32) -> bool {
    value >= number
}
