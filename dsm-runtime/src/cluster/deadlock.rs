//! Deadlock as a condition on shared memory: every rank is asleep or has returned, and nothing that any of them waits
//! for holds.
//!
//! Ranks publish what they wait for before they sleep, and whoever is the last to sleep rings the monitor, so that a
//! deadlock is looked for only when everybody sleeps, and nothing is paid otherwise.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use super::charge::Charge;
use crate::segment::LockWords;
use crate::sync::{Published, WaitKind, WordPlace, nothing_can_move};

/// Whether nothing can ever move in call `number`. Notes who holds what at each rank that waits for a lock.
pub(crate) fn found(charge: &Charge, number: u32) -> bool {
    let pool = charge.pool;
    // What a rank published before it began is of an earlier call.
    if !pool.slots().all(|slot| slot.started.load(Ordering::Acquire) == number) {
        return false;
    }
    let value = |place| word_at(charge, place).map(|word| word.load(Ordering::SeqCst));
    let Some(published) = nothing_can_move(pool.slots().map(|slot| &slot.waiting), value) else { return false };
    for (slot, published) in pool.slots().zip(&published) {
        slot.holder.store(holder(charge, published).map_or(0, |by| by as u32 + 1), Ordering::Relaxed);
    }
    true
}

/// The rank that holds the lock that a rank waits for.
fn holder(charge: &Charge, published: &Published) -> Option<usize> {
    if !published.place.among_arrays {
        // The team's own lock, for critical sections.
        let critical = &charge.pool.control().critical.0;
        return critical.holder().map(|held| held.by).filter(|_| published.kind == WaitKind::Lock);
    }
    let lock = charge.fields.iter().find_map(|field| field.lock_around(charge.arrays, published.place.offset));
    lock.and_then(LockWords::holder).map(|held| held.by)
}

/// The word that a rank sleeps on.
pub(crate) fn word_of(charge: &Charge, published: &Published) -> Option<&'static AtomicU32> {
    let sleeps = !matches!(published.kind, WaitKind::Awake | WaitKind::Returned);
    sleeps.then(|| word_at(charge, published.place)).flatten()
}

/// The word at a place that a rank has published.
fn word_at(charge: &Charge, WordPlace { among_arrays, offset }: WordPlace) -> Option<&'static AtomicU32> {
    let memory = if among_arrays { charge.arrays } else { charge.pool.memory() };
    let fits = offset.checked_add(size_of::<AtomicU32>()).is_some_and(|end| end <= memory.length());
    // SAFETY: inside the mapping, which is page aligned, as is the offset by the test; ranks publish only words that are
    // used atomically by everybody.
    (fits && offset.is_multiple_of(align_of::<AtomicU32>()))
        .then(|| unsafe { memory.at(offset, size_of::<AtomicU32>()).cast::<AtomicU32>().as_ref() })
}
