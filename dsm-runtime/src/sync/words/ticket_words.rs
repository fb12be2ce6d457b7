//! The words of a [`FairLock`](super::FairLock): a ticket lock, granted in order of request.
//!
//! `next` is the ticket handed out next, `serving` the ticket that may hold the lock: free when they are equal. Whoever
//! draws ticket t owns the lock once `serving` is t. `owner` names the holder for errors; `poisoned` refuses it.
//! A sleeper heeds only the waker of its own ticket (32 classes), so that a release wakes one, not all.
//!
//! Pairs: the release increment of `serving` in [`unlock`](TicketWords::unlock) with the acquire load that sees it.

use super::lock_word::LockRefused;
use super::park::{Held, Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, Ordering};

/// The words; all zero is a free lock.
#[derive(Default)]
#[repr(C)]
pub(crate) struct TicketWords {
    next: AtomicU32,
    serving: AtomicU32,
    owner: AtomicU32,
    poisoned: AtomicU32,
    sleepers: AtomicU32,
}

impl TicketWords {
    /// Takes the lock if it is free.
    pub(crate) fn try_lock(&self, rank: usize, park: &(impl Park + ?Sized)) -> Result<(), LockRefused> {
        self.check(rank)?;
        let serving = self.serving.load(Ordering::Acquire);
        self.next
            .compare_exchange(serving, serving.wrapping_add(1), Ordering::Acquire, Ordering::Relaxed)
            .map_err(|_| LockRefused::Busy)?;
        self.own(rank, park)
    }

    /// Takes the lock after all who asked before.
    pub(crate) fn lock(&self, rank: usize, park: &(impl Park + ?Sized)) -> Result<(), LockRefused> {
        self.check(rank)?;
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        if self.serving.load(Ordering::Acquire) != ticket {
            let wait = Wait {
                word: &self.serving,
                sleepers: &self.sleepers,
                mask: class(ticket),
                waiting: Waiting::Ticket(ticket),
                deadline: None,
                patience: Patience::LOCK,
            };
            if !matches!(wait_while(park, &wait, |serving| serving != ticket), Outcome::Ready(_)) {
                return Err(LockRefused::Stopped);
            }
        }
        self.own(rank, park)
    }

    fn check(&self, rank: usize) -> Result<(), LockRefused> {
        if self.owner.load(Ordering::Relaxed) == rank as u32 + 1 {
            return Err(LockRefused::Own);
        }
        if self.is_poisoned() {
            return Err(LockRefused::Poisoned);
        }
        Ok(())
    }

    /// It is this rank's turn; in a failed call, or when the lock was poisoned meanwhile, the turn is passed on.
    fn own(&self, rank: usize, park: &(impl Park + ?Sized)) -> Result<(), LockRefused> {
        if self.is_poisoned() || park.stopped() {
            self.unlock(park);
            return Err(if park.stopped() { LockRefused::Stopped } else { LockRefused::Poisoned });
        }
        self.owner.store(rank as u32 + 1, Ordering::Relaxed);
        Ok(())
    }

    /// Gives the lock to the next in line.
    pub(crate) fn unlock(&self, park: &(impl Park + ?Sized)) {
        self.owner.store(0, Ordering::Relaxed);
        let serving = self.serving.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            park.unpark(&self.serving, u32::MAX, class(serving));
        }
    }

    /// Gives the lock up as poisoned; the next in line are refused one after the other.
    pub(crate) fn poison(&self, park: &(impl Park + ?Sized)) {
        self.poisoned.store(1, Ordering::Release);
        self.unlock(park);
    }

    pub(crate) fn holder(&self) -> Option<Held> {
        (self.owner.load(Ordering::Acquire) as usize).checked_sub(1).map(|by| Held { by })
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.poisoned.load(Ordering::Acquire) != 0
    }

    /// Free and not poisoned; only while no rank uses it.
    pub(crate) fn clear(&self) {
        self.poisoned.store(0, Ordering::Relaxed);
        self.restart();
    }

    /// After a failed call, while no rank uses it: a lock that was held is poisoned.
    pub(crate) fn recover(&self) {
        if self.holder().is_some() {
            self.poisoned.store(1, Ordering::Relaxed);
        }
        self.restart();
    }

    fn restart(&self) {
        for word in [&self.next, &self.serving, &self.owner, &self.sleepers] {
            word.store(0, Ordering::Release);
        }
    }
}

/// The class of wakers that the holder of a ticket heeds.
fn class(ticket: u32) -> u32 {
    1 << (ticket % 32)
}
