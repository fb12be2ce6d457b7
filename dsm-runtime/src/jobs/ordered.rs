//! Turns of jobs: each rank says how far it has come, and whoever wants its turn waits until all others have come past it.
//!
//! A rank takes its jobs in ascending order, so one number per rank tells of all that are over, and a job that enters no
//! section costs no more than the raising of that number.

use std::panic::Location;
use std::sync::atomic::Ordering;

use super::memory::MapMemory;
use crate::engine::Engine;
use crate::sync::{Outcome, Patience, Wait, Waiting, wait_while};
use crate::team::{Context, Doing};

/// The rank begins job `index`: those before are others', or over.
pub(super) fn take(memory: MapMemory<'_>, rank: usize, index: usize, engine: &dyn Engine) {
    memory.rank(rank).own.0.job.store(index + 1, Ordering::Relaxed);
    come_to(memory, rank, index, engine);
}

/// Job `index` of the rank is over, or past its section.
pub(super) fn pass(memory: MapMemory<'_>, rank: usize, index: usize, engine: &dyn Engine) {
    come_to(memory, rank, index + 1, engine);
}

/// The rank has no more jobs.
pub(super) fn finish(memory: MapMemory<'_>, rank: usize, engine: &dyn Engine) {
    come_to(memory, rank, usize::MAX, engine);
}

/// The rank takes no job before `index` any more.
pub(super) fn come_to(memory: MapMemory<'_>, rank: usize, index: usize, engine: &dyn Engine) {
    let position = &memory.rank(rank).own.0.position;
    if position.load(Ordering::Relaxed) == index {
        return;
    }
    // Before the count of sleepers is read: a waiter raises it before it reads the positions.
    position.store(index, Ordering::SeqCst);
    let turns = &memory.words().turns.0;
    if turns.sleepers.load(Ordering::SeqCst) > 0 {
        turns.number.fetch_add(1, Ordering::SeqCst);
        engine.unpark(&turns.number, u32::MAX, u32::MAX);
    }
}

/// Waits until all jobs before `index` are over or past their sections; leaves when the map fails.
pub(super) fn wait(
    memory: MapMemory<'static>,
    rank: usize,
    index: usize,
    context: &'static Context,
    place: &'static Location<'static>,
) {
    let comes_later = |_| {
        let positions = memory.ranks().map(|words| words.own.0.position.load(Ordering::SeqCst));
        positions.enumerate().any(|(other, position)| other != rank && position < index)
    };
    let turns = &memory.words().turns.0;
    if !comes_later(0) {
        return;
    }
    context.note(Doing::JobTurn(index), place);
    let wait = Wait {
        word: &turns.number,
        sleepers: &turns.sleepers,
        mask: u32::MAX,
        // Blocked while the number stays: whoever comes further raises it, since somebody sleeps.
        waiting: Waiting::Collective,
        deadline: None,
        patience: Patience::EVENT,
    };
    match wait_while(context.engine, &wait, comes_later) {
        Outcome::Ready(_) if !context.engine.stopped() => context.done(),
        _ => context.leave(),
    }
}
