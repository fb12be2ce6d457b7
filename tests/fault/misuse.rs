//! Rules of dsm that types can't state: broken, they fail the call with the rank, the place and the lock's name.

use std::time::Duration;

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench, until};

/// The collectives, by name.
const COLLECTIVES: [&str; 12] = [
    "barrier",
    "phase",
    "reduce",
    "sum",
    "min",
    "max",
    "broadcast",
    "gather",
    "all_gather",
    "single",
    "split_indices",
    "barrier",
];

fn meet(team: &Team<'_>, a: Split<'_, f64, Ix1>, which: usize) {
    match COLLECTIVES[which] {
        "barrier" => team.barrier(),
        "phase" => drop(team.phase(a.publish())),
        "reduce" => drop(team.reduce(1, |a, b| a * b)),
        "sum" => drop(team.sum(1.0)),
        "min" => drop(team.min(1)),
        "max" => drop(team.max(1)),
        "broadcast" => drop(team.broadcast(0, "x".to_owned())),
        "gather" => drop(team.gather(1)),
        "all_gather" => drop(team.all_gather(1)),
        "single" => team.single(|| ()),
        _ => drop(team.split_indices(9, Schedule::Random)),
    }
}

#[track_caller]
fn assert_misused(error: &Error, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{text}");
    assert!(error.rank().is_some_and(|rank| text.contains(&format!("rank {rank}"))), "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

/// The place is in this file, and in the text.
#[track_caller]
fn assert_placed(error: &Error) {
    let place = error.place().unwrap();
    assert!(place.file == file!() && error.to_string().contains(&place.to_string()), "{error}");
}

#[dsm::parallel(split(a))]
fn meet_inside(res: Bench, section: &str, which: usize) {
    let team = &res.team;
    let a = res.a;
    match section {
        "critical" => team.critical(|| meet(team, a, which)),
        "master" => drop(team.master(|| meet(team, a, which))),
        _ => team.single(|| meet(team, a, which)),
    }
    team.barrier();
}

#[dsm::test]
fn a_collective_inside_a_section_is_refused() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for section in ["critical", "master", "single"] {
            for (which, name) in COLLECTIVES.iter().enumerate() {
                let error = meet_inside(&mut cluster, section, which).unwrap_err();
                assert_misused(&error, &[&format!("`{name}` is a collective"), &format!("inside `{section}`")]);
                assert_placed(&error);
            }
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel(split(a))]
fn meet_with_a_lock(res: Bench, lock: &str, which: usize) {
    if res.team.id() == 0 {
        match lock {
            "guarded" => {
                let _guard = res.guarded.lock();
                meet(&res.team, res.a, which);
            }
            "fair" => {
                let _guard = res.fair.lock();
                meet(&res.team, res.a, which);
            }
            _ => {
                let _guard = res.bins[2].try_lock();
                meet(&res.team, res.a, which);
            }
        }
    }
    res.team.barrier();
}

#[dsm::test]
fn a_collective_with_a_lock_held_is_refused_by_the_locks_name() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for lock in ["guarded", "fair", "bins[2]"] {
            for (which, name) in COLLECTIVES.iter().enumerate() {
                let error = meet_with_a_lock(&mut cluster, lock, which).unwrap_err();
                assert_misused(&error, &[&format!("`{name}` is a collective"), &format!("lock `{lock}` held")]);
                assert_placed(&error);
                assert_eq!(error.rank(), Some(0));
                // Held at the failure, it is poisoned.
                assert_eq!(cluster.guarded.is_poisoned(), lock == "guarded");
                assert_eq!(cluster.fair.is_poisoned(), lock == "fair");
                assert_eq!(cluster.bins.is_poisoned(2), lock == "bins[2]");
                cluster.guarded.clear_poison();
                cluster.fair.clear_poison();
                cluster.bins.clear_poison();
            }
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn forget_a_guard(res: Bench, rank: usize, lock: &str) {
    if res.team.id() == rank {
        match lock {
            "guarded" => std::mem::forget(res.guarded.lock()),
            "fair" => std::mem::forget(res.fair.lock()),
            _ => std::mem::forget(res.bins[5].lock()),
        }
    }
}

#[dsm::test]
fn a_guard_forgotten_is_found_at_return_by_the_locks_name() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for lock in ["guarded", "fair", "bins[5]"] {
            for rank in [0, workers - 1] {
                let error = forget_a_guard(&mut cluster, rank, lock).unwrap_err();
                assert_misused(&error, &[&format!("rank {rank} returned with lock `{lock}` held")]);
                assert_eq!(error.rank(), Some(rank));
                assert_works(&mut cluster);
                cluster.guarded.clear_poison();
                cluster.fair.clear_poison();
                cluster.bins.clear_poison();
            }
        }
    }
}

#[dsm::parallel]
fn forget_two_guards(res: Bench) {
    std::mem::forget(res.bins[res.team.id()].lock());
    std::mem::forget(res.fair_bins[res.team.id()].lock());
}

#[dsm::test]
fn all_locks_of_forgotten_guards_are_named() {
    let mut cluster = bench(2);
    let error = forget_two_guards(&mut cluster).unwrap_err();
    let rank = error.rank().unwrap();
    assert_misused(&error, &[&format!("`bins[{rank}]`"), &format!("`fair_bins[{rank}]`")]);
    cluster.bins.clear_poison();
    cluster.fair_bins.clear_poison();
    assert_works(&mut cluster);
}

#[dsm::parallel]
fn lock_twice(res: Bench, how: &str) {
    if res.team.id() == 0 {
        let (_guard, _fair) = (res.guarded.lock(), res.fair.lock());
        match how {
            "guarded" => drop(res.guarded.lock()),
            "fair" => drop(res.fair.lock()),
            "timeout" => drop(res.guarded.lock_timeout(Duration::from_secs(1000))),
            _ => res.team.critical(|| res.team.critical(|| ())),
        }
    }
    res.team.barrier();
}

#[dsm::test]
fn a_worker_that_would_wait_for_itself_is_told() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for (how, words) in [
            ("guarded", "rank 0 locks `guarded`, which it holds already"),
            ("fair", "rank 0 locks `fair`, which it holds already"),
            ("timeout", "rank 0 locks `guarded`, which it holds already"),
            ("critical", "`critical` inside `critical`"),
        ] {
            let error = lock_twice(&mut cluster, how).unwrap_err();
            assert_misused(&error, &[words]);
            assert_placed(&error);
            assert_eq!(error.rank(), Some(0));
            assert!(cluster.guarded.is_poisoned() && cluster.fair.is_poisoned());
            cluster.guarded.clear_poison();
            cluster.fair.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn try_own(res: Bench) -> bool {
    let _guards = (res.bins[res.team.id()].lock(), res.fair_bins[res.team.id()].lock());
    res.bins[res.team.id()].try_lock().is_none() && res.fair_bins[res.team.id()].try_lock().is_none()
}

#[dsm::test]
fn trying_a_lock_that_this_worker_holds_is_no_error() {
    for workers in [1, 2, 8] {
        assert_eq!(try_own(&mut bench(workers)).unwrap(), vec![true; workers]);
    }
}

#[dsm::parallel]
fn break_a_rule_twice(res: Bench) {
    // Every rank does; the first to do so is told, and only it.
    res.count.fetch_add(1);
    until(res.count, res.team.size() as u32);
    res.team.broadcast(99, ());
}

#[dsm::test]
fn a_rule_broken_by_all_is_told_of_one() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = break_a_rule_twice(&mut cluster).unwrap_err();
        assert_misused(&error, &["broadcast from rank 99"]);
        assert_eq!(error.to_string().matches("broadcast").count(), 1);
        assert_works(&mut cluster);
    }
}
