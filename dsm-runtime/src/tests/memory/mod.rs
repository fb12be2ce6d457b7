//! What the runtime does with memory, between threads on memory of one process, so that miri can watch it.
//!
//! `heap_team` stands in for the worker processes; everything else here is the real code. `ci/miri.sh` runs these tests
//! under miri, and `cargo test` runs them too, with more cases.
//!
//! Not here: waiting in the kernel, forks and mappings, which miri doesn't know.

mod accumulate;
mod atomics;
mod axis_lengths;
mod cells;
mod cover;
mod heap_team;
mod layout;
mod overlap;
mod phases;
mod places;
mod views;

use proptest::test_runner::Config;

/// As many cases as there is time for: miri is some thousand times slower.
fn cases(natively: u32, under_miri: u32) -> Config {
    // Where failures are kept is found by asking for the current directory, which miri refuses.
    let persistence = if cfg!(miri) { None } else { Config::default().failure_persistence };
    Config {
        cases: if cfg!(miri) { under_miri } else { natively },
        failure_persistence: persistence,
        ..Config::default()
    }
}
