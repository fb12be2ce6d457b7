//! Turns of `ordered` that are skipped, repeated, nested or never over: an error that names the index, never a hang.

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench};
use crate::faults::{ALL, Fault, survivable};

#[track_caller]
fn assert_told(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), kind, "{error}");
    for words in words {
        assert!(error.to_string().contains(words), "{error}\nsays nothing of {words:?}");
    }
}

#[dsm::parallel]
fn skip(res: Bench, skipped: usize, then_meet: bool) {
    for index in res.team.split_indices(24, Schedule::Cyclic(1)) {
        if index != skipped {
            res.team.ordered(index, || ());
        }
    }
    if then_meet {
        res.team.barrier();
    }
}

#[dsm::test]
fn an_index_that_never_comes_is_a_deadlock_that_names_it() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for then_meet in [false, true] {
            for skipped in [0, 5, 22] {
                let error = skip(&mut cluster, skipped, then_meet).unwrap_err();
                let next = format!("waits for the turn of index {} in `ordered`, which is at {skipped}", skipped + 1);
                assert_told(&error, ErrorKind::Deadlock, &[&next, file!()]);
                assert_works(&mut cluster);
            }
        }
    }
}

#[dsm::parallel]
fn repeat(res: Bench, by_all: bool) {
    let (team, rank) = (&res.team, res.team.id());
    if by_all {
        // All come with index 1; one of them has had index 0 before.
        if rank == 0 {
            team.ordered(0, || ());
        }
        team.ordered(1, || ());
    } else if rank == 1 {
        team.ordered(0, || ());
        team.ordered(1, || ());
        team.ordered(0, || ());
    }
    team.barrier();
}

#[dsm::test]
fn an_index_that_comes_twice_is_named() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = repeat(&mut cluster, false).unwrap_err();
        assert_told(&error, ErrorKind::Misuse, &["rank 1", "ordered(0): this index has come before", "that of 2"]);
        assert_works(&mut cluster);
        let error = repeat(&mut cluster, true).unwrap_err();
        assert_told(&error, ErrorKind::Misuse, &["ordered(1): this index has come before"]);
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn misuse(res: Bench, what: u8) {
    if res.team.id() == 0 {
        match what {
            0 => res.team.ordered(0, || res.team.ordered(1, || ())),
            1 => res.team.ordered(0, || res.team.barrier()),
            _ => res.team.ordered(usize::MAX, || ()),
        }
    }
    res.team.barrier();
}

#[dsm::test]
fn what_would_wait_for_itself_or_lies_beyond_the_limit_is_refused() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let told = ["`ordered` inside `ordered`", "from inside `ordered`", "indices of `ordered` go to 2147483646"];
        for (what, told) in (0..).zip(told) {
            let error = misuse(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Misuse, &["rank 0", told]);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn fail_in_a_turn(res: Bench, fault: Fault) {
    let rank = res.team.id();
    res.team.ordered(rank, || {
        if rank == 1 {
            fault.strike();
        }
    });
}

#[dsm::test]
fn whoever_waits_for_the_turn_after_a_failure_leaves() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for fault in survivable(&ALL) {
            let error = fail_in_a_turn(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "fail_in_a_turn");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn turn_against_lock(res: Bench) {
    match res.team.id() {
        0 => {
            let _held = res.guarded.lock();
            res.team.ordered(1, || ());
        }
        1 => res.team.ordered(0, || {
            while res.guarded.try_lock().is_some() {
                std::thread::yield_now();
            }
            *res.guarded.lock() += 1;
        }),
        _ => {}
    }
}

#[dsm::test]
fn a_turn_against_a_lock_is_found() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = turn_against_lock(&mut cluster).unwrap_err();
        let turn = "waits for the turn of index 1 in `ordered`, which is at 0";
        assert_told(&error, ErrorKind::Deadlock, &[turn, "waits for lock `guarded`, held by rank 0"]);
        cluster.guarded.clear_poison();
        assert_works(&mut cluster);
    }
}
