//! What a call stands on: the pool's words and the arrays, as one process sees them.

use std::sync::atomic::Ordering;

use super::deadlock;
use super::pool_memory::PoolMemory;
use crate::point::{Point, reached};
use crate::segment::{Field, Memory};
use crate::sync::wake;

/// The words of a pool, and the arrays with their declaration.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'g> {
    pub(crate) pool: &'g PoolMemory,
    pub(crate) arrays: &'g Memory,
    pub(crate) fields: &'g [Field],
}

impl Ground<'_> {
    /// Wakes whoever is asleep in a failed call. To be done again and again until all have seen that it failed: a waiter
    /// may have looked just before the failure and gone to sleep just after the last wake.
    pub(crate) fn wake_sleepers(self) {
        for slot in self.pool.local_slots() {
            let waiting = slot.waiting.now();
            if let Some(word) = deadlock::word_of(self, &waiting) {
                wake(word, u32::MAX, u32::MAX);
            }
        }
    }

    /// Rebuilds every word after failed call `number`, once no rank runs: a lock that is held becomes poisoned.
    pub(crate) fn rebuild(self, number: u32) {
        let control = self.pool.control();
        control.barrier.0.recover();
        control.critical.0.clear();
        control.single.0.store(0, Ordering::Relaxed);
        reached(Point::MonitorRebuilding);
        for field in self.fields {
            field.each_lock(self.arrays, |lock| lock.recover());
        }
        for slot in self.pool.slots() {
            if slot.started.swap(number, Ordering::AcqRel) != number {
                // It never began this call: what it says is of an earlier one.
                slot.begin();
            }
            slot.answered.store(number, Ordering::Release);
            slot.waiting.clear();
        }
    }
}
