//! Failure is sticky: whoever catches the unwinding of a failed call unwinds again at its next dsm operation.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use dsm::prelude::*;
use dsm::{Backend, ErrorKind};

use crate::bench::{Bench, assert_works, bench};
use crate::faults::{ALL, Fault, survivable};
use crate::support::backend;

/// How many operations a worker tries after it caught the first failure.
const OPERATIONS: u32 = 21;

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
    attempt(&mut || res.flag.post(1));
    attempt(&mut || _ = res.flag.wait(0));
    attempt(&mut || _ = res.flag.wait_timeout(0, Duration::ZERO));
    attempt(&mut || _ = res.flag.get());
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
        for fault in survivable(&[Fault::Panic, Fault::Kill, Fault::Exit(3)]) {
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
        for fault in survivable(&ALL) {
            let error = catch_then_die(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "catch_then_die");
            assert!(!error.to_string().contains("caught long before"), "{error}");
            assert!(error.place().is_none_or(|place| place.line != CAUGHT), "{error}");
            assert_works(&mut cluster);
        }
    }
}

/// What a worker does after it caught the unwinding of a failed call.
const AFTERWARDS: [&str; 7] = [
    "write and count",
    "return an error",
    "throw",
    "throw again what was caught",
    "panic in a destructor",
    "exit",
    "die",
];

/// Those of them that end no more than their worker.
fn afterwards() -> &'static [&'static str] {
    if backend() == Backend::Process { &AFTERWARDS } else { &AFTERWARDS[..4] }
}

#[dsm::parallel(split(a), atomic(grid))]
fn catch_then(mut res: Bench, fault: Fault, afterwards: &str) -> Result<(), String> {
    res.team.barrier();
    if res.team.id() == 1 {
        fault.strike();
    }
    let payload = catch_unwind(AssertUnwindSafe(|| res.team.barrier())).unwrap_err();
    // Its own block is still its own, and atomics are anybody's.
    res.a.fill(5.0);
    res.grid[[0, 1]].fetch_add(1);
    match afterwards {
        "write and count" => Ok(()),
        "return an error" => Err("an error after the failure".to_owned()),
        "throw" => panic!("a panic after the failure"),
        "throw again what was caught" => std::panic::resume_unwind(payload),
        "panic in a destructor" => {
            struct Meets<'t, 'w>(&'t Team<'w>);
            impl Drop for Meets<'_, '_> {
                fn drop(&mut self) {
                    self.0.barrier();
                }
            }
            let _meets = Meets(&res.team);
            panic!("a panic after the failure")
        }
        "exit" => std::process::exit(9),
        _ => std::process::abort(),
    }
}

#[dsm::test]
fn nothing_that_follows_a_caught_failure_takes_its_place() {
    for workers in [2, 4] {
        let mut cluster = bench(workers);
        for fault in survivable(&[Fault::Panic, Fault::Kill]) {
            for afterwards in afterwards() {
                cluster.grid.fill(0);
                let error = catch_then(&mut cluster, fault, afterwards).unwrap_err();
                fault.assert_told(&error, 1, "catch_then");
                assert!(!error.to_string().contains("after the failure"), "{afterwards}: {error}");
                assert_eq!(cluster.grid[[0, 1]], workers as u32 - 1, "{afterwards}");
                assert_works(&mut cluster);
            }
        }
    }
}

thread_local! {
    static KEPT: std::cell::Cell<Option<Box<dyn std::any::Any + Send>>> = const { std::cell::Cell::new(None) };
}

#[dsm::parallel]
fn keep_what_was_caught(res: Bench) {
    // Who hasn't begun when the call fails never begins.
    res.team.barrier();
    if res.team.id() == 1 {
        panic!("the first call fails");
    }
    KEPT.set(catch_unwind(AssertUnwindSafe(|| res.team.barrier())).err());
}

#[dsm::parallel]
fn throw_what_was_kept(res: Bench) -> u64 {
    match KEPT.take() {
        Some(payload) => std::panic::resume_unwind(payload),
        None => res.team.sum(1),
    }
}

#[dsm::test]
fn what_one_call_caught_thrown_in_the_next_fails_it() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        assert_eq!(keep_what_was_caught(&mut cluster).unwrap_err().rank(), Some(1));
        let error = throw_what_was_kept(&mut cluster).unwrap_err();
        assert!(error.rank() != Some(1) && !error.to_string().contains("the first call"), "{error}");
        // Thrown once, it is gone.
        let sums = (0..workers).find_map(|_| throw_what_was_kept(&mut cluster).ok());
        assert_eq!(sums, Some(vec![workers as u64; workers]));
        assert_works(&mut cluster);
    }
}
