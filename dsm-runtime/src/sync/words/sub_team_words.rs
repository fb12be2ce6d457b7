//! The words of one sub-team: its barrier, the last `single` run in it, and how many of its members still have it.
//!
//! They lie with the rank that is the lowest of the sub-team. That rank alone takes free words into use: it clears them,
//! then meets the others in the collective that makes the sub-team, then counts the members. Each member counts itself
//! out when it gives the sub-team up. The count may pass through "minus one" when a member is out before the members were
//! counted; only the rank that counted them asks whether it is zero, and only after it has.
//!
//! Pairs: the release decrements of `members` chain to the acquire load in [`is_free`](SubTeamWords::is_free), so whoever
//! takes the words into use again sees that everybody is done with them.

use super::barrier::Barrier;
use crate::machine::{AtomicU32, AtomicU64, Ordering};

/// The words; all zero is in use by nobody.
#[derive(Default)]
#[repr(C)]
pub(crate) struct SubTeamWords {
    pub(crate) barrier: Barrier,
    single: AtomicU64,
    members: AtomicU32,
}

impl SubTeamWords {
    /// Whether no member of the last sub-team has it any more; asked by the lowest rank.
    pub(crate) fn is_free(&self) -> bool {
        self.members.load(Ordering::Acquire) == 0
    }

    /// Clears free words; before the collective that makes the sub-team.
    pub(crate) fn clear(&self) {
        self.barrier.recover();
        self.single.store(0, Ordering::Relaxed);
    }

    /// Counts the members; by the lowest rank, once all have met.
    pub(crate) fn count(&self, members: usize) {
        self.members.fetch_add(members as u32, Ordering::Relaxed);
    }

    /// Counts a member out, which uses the words no more.
    pub(crate) fn leave(&self) {
        self.members.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether this rank is the first to ask with this sequence number of the sub-team's.
    pub(crate) fn first(&self, sequence: u64) -> bool {
        let claim = sequence + 1;
        let last = self.single.load(Ordering::Relaxed);
        last != claim && self.single.compare_exchange(last, claim, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Before a call, whatever the last one has left; while nobody uses the words.
    pub(crate) fn reset(&self) {
        self.clear();
        self.members.store(0, Ordering::Release);
    }
}
