//! Deadlock as a condition on shared memory: every rank is asleep or has returned, and nothing that any of them waits
//! for holds.
//!
//! Ranks publish what they wait for before they sleep, and whoever is the last to sleep rings whoever watches over the call, the monitor or the driver, so that a
//! deadlock is looked for only when everybody sleeps, and nothing is paid otherwise.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use super::ground::Ground;
use crate::segment::LockWords;
use crate::sync::{Published, WaitKind, WordPlace, nothing_can_move};

/// Whether nothing can ever move in call `number`. Notes who holds what at each rank that waits for a lock.
pub(crate) fn found(ground: Ground<'_>, number: u32) -> bool {
    let pool = ground.pool;
    // What a rank published before it began is of an earlier call.
    if !pool.local_slots().all(|slot| slot.started.load(Ordering::Acquire) == number) {
        return false;
    }
    let value = |place| word_at(ground, place).map(|word| word.load(Ordering::SeqCst));
    let Some(published) = nothing_can_move(pool.local_slots().map(|slot| &slot.waiting), value) else { return false };
    for (slot, published) in pool.local_slots().zip(&published) {
        slot.holder.store(holder(ground, published).map_or(0, |by| by as u32 + 1), Ordering::Relaxed);
    }
    true
}

/// The rank that holds the lock that a rank waits for.
fn holder(ground: Ground<'_>, published: &Published) -> Option<usize> {
    if !published.place.among_arrays {
        // The team's own lock, for critical sections.
        let critical = &ground.pool.control().critical.0;
        return critical.holder().map(|held| held.by).filter(|_| published.kind == WaitKind::Lock);
    }
    let lock = ground.fields.iter().find_map(|field| field.lock_around(ground.arrays, published.place.offset));
    lock.and_then(LockWords::holder).map(|held| held.by)
}

/// The word that a rank sleeps on.
pub(crate) fn word_of<'g>(ground: Ground<'g>, published: &Published) -> Option<&'g AtomicU32> {
    let sleeps = !matches!(published.kind, WaitKind::Awake | WaitKind::Returned);
    sleeps.then(|| word_at(ground, published.place)).flatten()
}

/// The word at a place that a rank has published.
fn word_at<'g>(ground: Ground<'g>, WordPlace { among_arrays, offset }: WordPlace) -> Option<&'g AtomicU32> {
    let memory = if among_arrays { ground.arrays } else { ground.pool.memory() };
    let fits = offset.checked_add(size_of::<AtomicU32>()).is_some_and(|end| end <= memory.length());
    // SAFETY: inside the mapping, which is page aligned, as is the offset by the test; ranks publish only words that are
    // used atomically by everybody.
    (fits && offset.is_multiple_of(align_of::<AtomicU32>()))
        .then(|| unsafe { memory.at(offset, size_of::<AtomicU32>()).cast::<AtomicU32>().as_ref() })
}
