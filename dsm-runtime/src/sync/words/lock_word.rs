//! The word of a [`Lock`](super::Lock): a three-state futex mutex that also names its owner.
//!
//! | state | bits | meaning |
//! |---|---|---|
//! | `FREE` | 0 | nobody holds it |
//! | owned | rank + 1 | that rank holds it and nobody sleeps on it |
//! | owned, `CONTENDED` | rank + 1, bit 31 | that rank holds it and others may be asleep |
//! | `POISONED` | bit 30 | its data may be half written: locking is refused until the driver clears it |
//!
//! A rank that has slept takes the lock in the contended state, since others may still be asleep: taking it by the plain
//! free-to-owned step would lose their wake-up.
//!
//! Pairs: the release store in [`unlock`](LockWord::unlock) with the acquire exchange that takes the lock next.

use super::park::{Held, Park, Patience, Waiting};
use super::wait::{Outcome, look_while};
use crate::machine::{AtomicU32, Instant, Ordering};

const FREE: u32 = 0;
const OWNER: u32 = 0xffff;
const CONTENDED: u32 = 1 << 31;
const POISONED: u32 = 1 << 30;
const ANY: u32 = u32::MAX;

/// Why a lock was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockRefused {
    /// The deadline passed, or another rank holds it and no waiting was asked for.
    Busy,
    /// This rank holds it already.
    Own,
    /// A holder panicked or died.
    Poisoned,
    /// The call has failed.
    Stopped,
}

/// The word; all zero is a free lock.
#[derive(Default)]
#[repr(transparent)]
pub(crate) struct LockWord(AtomicU32);

impl LockWord {
    /// Takes the lock if it is free.
    #[inline]
    pub(crate) fn try_lock(&self, rank: usize) -> Result<(), LockRefused> {
        match self.0.compare_exchange(FREE, name(rank), Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(value) => Err(refusal(value, rank)),
        }
    }

    /// Takes the lock, waiting for it; until the deadline if there is one.
    #[inline]
    pub(crate) fn lock(
        &self,
        rank: usize,
        park: &(impl Park + ?Sized),
        deadline: Option<Instant>,
    ) -> Result<(), LockRefused> {
        match self.try_lock(rank) {
            Err(LockRefused::Busy) => self.lock_slowly(rank, park, deadline),
            taken_or_refused => taken_or_refused,
        }
    }

    #[cold]
    fn lock_slowly(
        &self,
        rank: usize,
        park: &(impl Park + ?Sized),
        deadline: Option<Instant>,
    ) -> Result<(), LockRefused> {
        let mut taken = name(rank);
        loop {
            let looked = look_while(park, &self.0, Patience::LOCK, deadline, |value| !is_free(value));
            if park.stopped() {
                return Err(LockRefused::Stopped);
            }
            let mut value = match looked {
                Some(Outcome::Ready(value)) => value,
                _ => self.0.load(Ordering::Relaxed),
            };
            // Takes the lock, or else marks it as contended. What an exchange finds instead is newer than what was read.
            let marked = loop {
                if value == POISONED {
                    return Err(LockRefused::Poisoned);
                }
                let wanted = if is_free(value) { taken } else { value | CONTENDED };
                match self.0.compare_exchange(value, wanted, Ordering::SeqCst, Ordering::Relaxed) {
                    Ok(_) if is_free(value) => return self.keep_unless_stopped(park),
                    Ok(_) => break wanted,
                    Err(now) => value = now,
                }
            };
            // Only now may a waiter give up: it may have been woken for another, whom the mark passes the wake-up on to.
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(LockRefused::Busy);
            }
            let waiting = if deadline.is_some() { Waiting::Timed } else { Waiting::Lock };
            park.park(&self.0, marked, ANY, waiting, deadline);
            taken = name(rank) | CONTENDED;
        }
    }

    /// A lock that comes free because the call failed is not entered.
    fn keep_unless_stopped(&self, park: &(impl Park + ?Sized)) -> Result<(), LockRefused> {
        if park.stopped() {
            self.unlock(park);
            return Err(LockRefused::Stopped);
        }
        Ok(())
    }

    /// Gives the lock up and wakes one who sleeps on it.
    #[inline]
    pub(crate) fn unlock(&self, park: &(impl Park + ?Sized)) {
        if self.0.swap(FREE, Ordering::Release) & CONTENDED != 0 {
            park.unpark(&self.0, 1, ANY);
        }
    }

    /// Gives the lock up as poisoned and wakes all, who are refused.
    #[cold]
    pub(crate) fn poison(&self, park: &(impl Park + ?Sized)) {
        self.0.swap(POISONED, Ordering::Release);
        park.unpark(&self.0, u32::MAX, ANY);
    }

    /// Who holds the lock.
    pub(crate) fn holder(&self) -> Option<Held> {
        holder_in(self.0.load(Ordering::Acquire))
    }

    #[cfg(test)]
    pub(crate) fn word(&self) -> &AtomicU32 {
        &self.0
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.0.load(Ordering::Acquire) & POISONED != 0
    }

    /// Free and not poisoned; only while no rank uses it.
    pub(crate) fn clear(&self) {
        self.0.store(FREE, Ordering::Release);
    }

    /// After a failed call, while no rank uses it: a lock that was held is poisoned.
    pub(crate) fn recover(&self) {
        if self.holder().is_some() {
            self.0.store(POISONED, Ordering::Release);
        }
    }
}

/// The rank that a lock word's value names.
pub(crate) fn holder_in(value: u32) -> Option<Held> {
    ((value & OWNER) as usize).checked_sub(1).map(|by| Held { by })
}

/// Not owned: free, or poisoned.
fn is_free(value: u32) -> bool {
    value & OWNER == 0
}

fn name(rank: usize) -> u32 {
    rank as u32 + 1
}

#[cold]
fn refusal(value: u32, rank: usize) -> LockRefused {
    if value & OWNER == name(rank) {
        LockRefused::Own
    } else if value == POISONED {
        LockRefused::Poisoned
    } else {
        LockRefused::Busy
    }
}
