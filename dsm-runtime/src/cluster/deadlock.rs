//! Deadlock as a condition on shared memory: every rank is asleep or has returned, and nothing that any of them waits
//! for holds.
//!
//! Ranks publish what they wait for before they sleep, and whoever is the last to sleep rings the monitor, so that a
//! deadlock is looked for only when everybody sleeps, and nothing is paid otherwise.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering};

use super::charge::Charge;
use super::control::{WaitKind, WaitingNow};
use crate::segment::LockWords;
use crate::sync::holder_in;

/// Whether nothing can ever move in call `number`. Notes who holds what at each rank that waits for a lock.
///
/// Three looks: all ranks sleep (or have returned); then every condition blocks, evaluated while they sleep, since only
/// ranks change words; then none has woken in between.
pub(crate) fn found(charge: &Charge, number: u32) -> bool {
    let pool = charge.pool;
    let first: Vec<WaitingNow> = pool.slots().map(|slot| slot.waiting.now()).collect();
    let begun = pool.slots().all(|slot| slot.started.load(Ordering::Acquire) == number);
    let asleep = first.iter().all(|waiting| !matches!(waiting.kind, WaitKind::Awake | WaitKind::Timed));
    let waits = first.iter().any(|waiting| waiting.kind != WaitKind::Returned);
    if !(begun && asleep && waits && first.iter().all(|waiting| blocks(charge, waiting))) {
        return false;
    }
    let unchanged = pool.slots().zip(&first).all(|(slot, first)| slot.waiting.now() == *first);
    if unchanged {
        for (slot, waiting) in pool.slots().zip(&first) {
            slot.waiting.holder.store(holder(charge, waiting).map_or(0, |by| by as u32 + 1), Ordering::Relaxed);
        }
    }
    unchanged
}

/// The rank that holds the lock that a rank waits for.
fn holder(charge: &Charge, waiting: &WaitingNow) -> Option<usize> {
    if !waiting.among_arrays {
        // The team's own lock, for critical sections.
        return charge
            .pool
            .control()
            .critical
            .0
            .holder()
            .map(|held| held.by)
            .filter(|_| waiting.kind == WaitKind::Lock);
    }
    let lock = charge.fields.iter().find_map(|field| field.lock_around(charge.arrays, waiting.offset));
    lock.and_then(LockWords::holder).map(|held| held.by)
}

/// Whether a rank that waits so can't go on.
fn blocks(charge: &Charge, waiting: &WaitingNow) -> bool {
    let value = || word_of(charge, waiting).map(|word| word.load(Ordering::SeqCst));
    match waiting.kind {
        WaitKind::Awake | WaitKind::Timed => false,
        WaitKind::Returned => true,
        WaitKind::Collective => value() == Some(waiting.expected),
        WaitKind::Lock => value().is_some_and(|value| holder_in(value).is_some()),
        WaitKind::Ticket => value().is_some_and(|serving| serving != waiting.expected),
    }
}

/// The word that a rank sleeps on.
pub(crate) fn word_of(charge: &Charge, waiting: &WaitingNow) -> Option<&'static AtomicU32> {
    if matches!(waiting.kind, WaitKind::Awake | WaitKind::Returned) {
        return None;
    }
    let memory = if waiting.among_arrays { charge.arrays } else { charge.pool.memory() };
    let fits = waiting.offset.checked_add(size_of::<AtomicU32>()).is_some_and(|end| end <= memory.length());
    // SAFETY: inside the mapping, which is page aligned, as is the offset by the test; ranks publish only words that are
    // used atomically by everybody.
    (fits && waiting.offset.is_multiple_of(align_of::<AtomicU32>()))
        .then(|| unsafe { memory.at(waiting.offset, size_of::<AtomicU32>()).cast::<AtomicU32>().as_ref() })
}
