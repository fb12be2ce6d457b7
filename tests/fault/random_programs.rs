//! Random programs without a deadlock are never taken for one; with one, it is always found. The long form is
//! `benches/random_programs.rs`.

use std::num::NonZero;

use crate::programs::company::{self, Company};
use crate::programs::ground::{Check, check, check_all, check_deadlock, cluster, pids};
use crate::support::{parent_of, role, watchdog};

/// Programs for each size of team.
const QUIET: u64 = 4_000;
const STOPPED: u64 = 200;
/// Who yields gets its core back only after a busy process has had it for some milliseconds.
const BUSY: u64 = 10;
const DEADLOCKS: u64 = 50;

/// All are right; each has the watchdog's time for itself.
fn assert_right(size: usize, programs: u64, check: Check) {
    watchdog();
    check_all(size, 0..programs, check, watchdog).unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[dsm::test]
fn programs_of_two_ranks_are_never_taken_for_a_deadlock() {
    assert_right(2, QUIET, check);
}

#[dsm::test]
fn programs_of_three_ranks_are_never_taken_for_a_deadlock() {
    assert_right(3, QUIET, check);
}

#[dsm::test]
fn programs_of_four_ranks_are_never_taken_for_a_deadlock() {
    assert_right(4, QUIET, check);
}

#[dsm::test]
fn programs_of_eight_ranks_are_never_taken_for_a_deadlock() {
    assert_right(8, QUIET, check);
}

#[dsm::test]
fn stopped_workers_and_monitors_are_never_taken_for_a_deadlock() {
    if role().is_some() {
        return company::keep();
    }
    for size in [2, 3, 4, 8] {
        watchdog();
        let mut cluster = cluster(size, 0);
        let mut stopped = pids(&mut cluster);
        stopped.push(parent_of(stopped[0]).unwrap());
        let stopper = again!(stopped_workers_and_monitors_are_never_taken_for_a_deadlock, "stopper");
        let _stopping = Company::stopping(stopper, &stopped);
        for seed in 0..STOPPED {
            check(&mut cluster, seed).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}

#[dsm::test]
fn programs_on_a_busy_machine_are_never_taken_for_a_deadlock() {
    if role().is_some() {
        return company::keep();
    }
    let busy = || Company::busy(again!(programs_on_a_busy_machine_are_never_taken_for_a_deadlock, "busy"));
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let _busy: Vec<Company> = (0..cores).map(|_| busy()).collect();
    for size in [2, 3, 4, 8] {
        assert_right(size, BUSY, check);
    }
}

#[dsm::test]
fn a_deadlock_planted_in_a_program_is_always_found() {
    for size in [2, 3, 4, 8] {
        assert_right(size, DEADLOCKS, check_deadlock);
    }
}
