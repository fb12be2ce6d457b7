//! Failure is sticky: whoever catches the unwinding of a failed call unwinds again at its next dsm operation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use dsm::ErrorKind;
use dsm::prelude::*;

use crate::bench::{Bench, assert_works, bench};
use crate::faults::Fault;

/// How many operations a worker tries after it caught the first failure.
const OPERATIONS: u32 = 17;

/// Tries every operation and counts those that unwind.
fn try_all(res: CatchThenGoOnResources<'_>) {
    let (team, count) = (&res.team, res.count);
    let attempt = |operation: &mut dyn FnMut()| {
        if catch_unwind(AssertUnwindSafe(operation)).is_err() {
            count.fetch_add(1);
        }
    };
    let (mut a, mut grid) = (Some(res.a), Some(res.grid));
    attempt(&mut || team.barrier());
    attempt(&mut || _ = team.phase(a.take().unwrap().publish()));
    attempt(&mut || _ = team.phase(grid.take().unwrap().split_at(0..0)));
    attempt(&mut || _ = team.reduce(1, |a, b| a * b));
    attempt(&mut || _ = team.sum(1));
    attempt(&mut || drop(team.broadcast(0, String::new())));
    attempt(&mut || drop(team.gather(1)));
    attempt(&mut || drop(team.all_gather(1)));
    attempt(&mut || team.single(|| ()));
    attempt(&mut || _ = team.master(|| ()));
    attempt(&mut || team.critical(|| ()));
    attempt(&mut || drop(team.split_indices(9, Schedule::Random)));
    attempt(&mut || drop(res.other.lock()));
    attempt(&mut || drop(res.other.try_lock()));
    attempt(&mut || drop(res.other.lock_timeout(Duration::ZERO)));
    attempt(&mut || drop(res.other_fair.lock()));
    attempt(&mut || drop(res.other_fair.try_lock()));
}

#[dsm::parallel(split(a, grid))]
fn catch_then_go_on(res: Bench, fault: Fault) {
    res.team.barrier();
    if res.team.id() == 1 {
        fault.strike();
    }
    let caught = catch_unwind(AssertUnwindSafe(|| res.team.barrier())).is_err();
    assert!(caught);
    try_all(res);
    // Returns as if nothing had been.
}

#[dsm::test]
fn every_operation_unwinds_again_and_the_call_fails_all_the_same() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for fault in [Fault::Panic, Fault::Kill, Fault::Exit(3)] {
            cluster.count.set(0);
            let error = catch_then_go_on(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "catch_then_go_on");
            assert_eq!(cluster.count.get(), OPERATIONS * (workers as u32 - 1), "{fault:?}");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn catch_own_misuse(res: Bench) -> u32 {
    let caught = catch_unwind(AssertUnwindSafe(|| res.team.critical(|| res.team.barrier())));
    assert!(caught.is_err());
    5
}

#[dsm::test]
fn a_broken_rule_cannot_be_caught_away() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        let error = catch_own_misuse(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn catch_divergence(res: Bench) {
    let meet = || if res.team.id() == 1 { res.team.single(|| ()) } else { res.team.barrier() };
    assert!(catch_unwind(AssertUnwindSafe(meet)).is_err());
    // All meet now, too late.
    assert!(catch_unwind(AssertUnwindSafe(|| res.team.barrier())).is_err());
}

#[dsm::test]
fn a_divergence_cannot_be_caught_away() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = catch_divergence(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn catch_own_panic(res: Bench) -> u64 {
    // A panic of the worker's own, before any operation of dsm saw it, is the worker's own affair.
    let caught = catch_unwind(|| panic!("caught"));
    res.team.sum(u64::from(caught.is_err()))
}

#[dsm::test]
fn a_panic_that_the_function_catches_itself_is_no_failure() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        assert_eq!(catch_own_panic(&mut cluster).unwrap(), vec![workers as u64; workers]);
        assert_works(&mut cluster);
    }
}

const CAUGHT: u32 = line!() + 4;

#[dsm::parallel]
fn catch_then_die(res: Bench, fault: Fault) {
    let _ = catch_unwind(|| panic!("caught long before"));
    if res.team.id() == 1 {
        fault.strike();
    }
    res.team.barrier();
}

#[dsm::test]
fn a_panic_caught_before_is_not_taken_for_the_cause_of_a_death() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for fault in crate::faults::ALL {
            let error = catch_then_die(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "catch_then_die");
            assert!(!error.to_string().contains("caught long before"), "{error}");
            assert!(error.place().is_none_or(|place| place.line != CAUGHT), "{error}");
            assert_works(&mut cluster);
        }
    }
}
