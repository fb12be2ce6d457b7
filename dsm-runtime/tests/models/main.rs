//! The word protocols under a model checker: every interleaving of a few ranks, up to a bound on preemptions.
//!
//! The files of `src/sync/words` are compiled here as they are; `machine` gives them the checker's atomic words, and
//! `kernel` a wait queue in place of the kernel's. A lost wake-up shows as a deadlock of all threads, a missing order
//! between a write and a read as a race on a cell.
#![allow(unsafe_code, dead_code, unused_imports, unreachable_pub)]

mod kernel;
mod machine;
#[path = "../../src/sync/words/mod.rs"]
mod words;

mod barrier;
mod deadlock;
mod dispenser;
mod fair_lock;
mod flag;
mod lock;
mod recovery;
mod relay;
mod sub_team;
mod turn;

/// Explores every interleaving with up to `preemptions` switches away from a rank that could go on.
fn model(preemptions: usize, run: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 20_000;
    builder.check(run);
}
