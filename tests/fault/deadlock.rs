//! When every worker waits for another, the call fails with who waits where for what, and who holds it.

use std::time::Duration;

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench, let_them_sleep, until};

/// Every rank of the cycle is told with its place, the lock it waits for, and who holds that.
#[track_caller]
fn assert_told(error: &Error, waits: &[(usize, String, usize)]) {
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Deadlock, "{text}");
    for (rank, lock, holder) in waits {
        let told = text.split("; ").any(|said| {
            said.contains(&format!("rank {rank} at {}:", file!()))
                && said.ends_with(&format!(": waits for {lock}, held by rank {holder}"))
        });
        assert!(told, "{text}\nsays not that rank {rank} waits for {lock}, held by rank {holder}");
    }
}

/// Everybody is at this point.
fn all_here(res_ready: &Atomic<u32>, size: usize) {
    res_ready.fetch_add(1);
    until(res_ready, size as u32);
}

#[dsm::parallel]
fn cycle(res: Bench, ranks: usize, fair: bool) {
    let (rank, next) = (res.team.id(), (res.team.id() + 1) % ranks);
    if rank < ranks {
        if fair {
            let _mine = res.fair_bins[rank].lock();
            all_here(res.ready, ranks);
            *res.fair_bins[next].lock() += 1;
        } else {
            let _mine = res.bins[rank].lock();
            all_here(res.ready, ranks);
            *res.bins[next].lock() += 1;
        }
    }
    res.team.barrier();
}

/// A cycle of locks among the first ranks; the others wait at a barrier. All locks of it are poisoned afterwards.
fn assert_cycle_found(workers: usize, ranks: usize, fair: bool) {
    let mut cluster = bench(workers);
    for _ in 0..5 {
        cluster.ready.set(0);
        let error = cycle(&mut cluster, ranks, fair).unwrap_err();
        let name = if fair { "fair_bins" } else { "bins" };
        let wait = |rank| (rank, format!("lock `{name}[{}]`", (rank + 1) % ranks), (rank + 1) % ranks);
        assert_told(&error, &(0..ranks).map(wait).collect::<Vec<_>>());
        let text = error.to_string();
        assert!((ranks..workers).all(|rank| text.contains(&format!("rank {rank} at {}:", file!()))), "{text}");
        assert_eq!(text.matches(": barrier").count(), workers - ranks, "{text}");
        for bin in 0..8 {
            assert_eq!(cluster.bins.is_poisoned(bin), !fair && bin < ranks);
            assert_eq!(cluster.fair_bins.is_poisoned(bin), fair && bin < ranks);
        }
        cluster.bins.clear_poison();
        cluster.fair_bins.clear_poison();
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn a_cycle_of_two_locks_is_found() {
    assert_cycle_found(2, 2, false);
}

#[dsm::test]
fn a_cycle_of_five_locks_is_found() {
    assert_cycle_found(5, 5, false);
}

#[dsm::test]
fn a_cycle_of_some_while_others_wait_at_a_barrier_is_found() {
    assert_cycle_found(8, 2, false);
    assert_cycle_found(8, 5, false);
}

#[dsm::test]
fn a_cycle_of_two_fair_locks_is_found_with_who_holds_them() {
    assert_cycle_found(2, 2, true);
}

#[dsm::test]
fn a_cycle_of_five_fair_locks_is_found_with_who_holds_them() {
    assert_cycle_found(8, 5, true);
}

#[dsm::parallel]
fn cycle_while_one_returns(res: Bench) {
    match res.team.id() {
        0 => {
            let _mine = res.guarded.lock();
            all_here(res.ready, 2);
            *res.fair.lock() += 1;
        }
        1 => {
            let _mine = res.fair.lock();
            all_here(res.ready, 2);
            *res.guarded.lock() += 1;
        }
        // The others return.
        _ => {}
    }
}

#[dsm::test]
fn a_cycle_while_others_have_returned_is_found() {
    for workers in [2, 3, 8] {
        let mut cluster = bench(workers);
        let error = cycle_while_one_returns(&mut cluster).unwrap_err();
        assert_told(&error, &[(0, "lock `fair`".to_owned(), 1), (1, "lock `guarded`".to_owned(), 0)]);
        assert_eq!(error.to_string().matches("returned").count(), workers - 2, "{error}");
        cluster.guarded.clear_poison();
        cluster.fair.clear_poison();
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn critical_against_lock(res: Bench) {
    match res.team.id() {
        0 => res.team.critical(|| {
            all_here(res.ready, 2);
            *res.guarded.lock() += 1;
        }),
        1 => {
            let _held = res.guarded.lock();
            all_here(res.ready, 2);
            res.team.critical(|| ());
        }
        _ => {}
    }
    res.team.barrier();
}

#[dsm::test]
fn critical_against_a_lock_is_found_with_who_is_in_it() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = critical_against_lock(&mut cluster).unwrap_err();
        assert_told(&error, &[(0, "lock `guarded`".to_owned(), 1), (1, "`critical`".to_owned(), 0)]);
        cluster.guarded.clear_poison();
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn lock_against_collective(res: Bench) {
    if res.team.id() == 0 {
        // In the section, where the others wait for its result, it waits for a lock of theirs.
        res.team.single(|| {
            res.ready.store(1);
            until(res.count, 1);
            *res.guarded.lock() += 1;
        });
    } else if res.team.id() == 1 {
        until(res.ready, 1);
        let _held = res.guarded.lock();
        res.count.store(1);
        res.team.critical(|| *res.fair.lock() += 1);
        let_them_sleep();
        // Held by nobody who could let it go.
        *res.other.lock() += 1;
    } else {
        let _held = (res.team.id() == 2).then(|| res.other.lock());
        until(res.ready, 1);
        until(res.count, 1);
        *res.guarded.lock() += 1;
    }
}

#[dsm::test]
fn locks_against_a_section_others_wait_for_are_found() {
    for workers in [3, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            cluster.ready.set(0);
            cluster.count.set(0);
            let error = lock_against_collective(&mut cluster).unwrap_err();
            let mut waits: Vec<_> = (2..workers).map(|rank| (rank, "lock `guarded`".to_owned(), 1)).collect();
            waits.push((0, "lock `guarded`".to_owned(), 1));
            waits.push((1, "lock `other`".to_owned(), 2));
            assert_told(&error, &waits);
            cluster.guarded.clear_poison();
            cluster.other.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn cycle_with_timeout(res: Bench) -> bool {
    let (rank, size) = (res.team.id(), res.team.size());
    let got = {
        let _mine = res.bins[rank].lock();
        all_here(res.ready, size);
        let next = &res.bins[(rank + 1) % size];
        // One of them gives up.
        if rank == 0 { next.lock_timeout(Duration::from_millis(50)).is_some() } else { *next.lock() == 0 }
    };
    res.team.barrier();
    got
}

#[dsm::test]
fn a_timed_wait_is_no_part_of_a_deadlock() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            cluster.ready.set(0);
            let mut expected = vec![true; workers];
            expected[0] = false;
            assert_eq!(cycle_with_timeout(&mut cluster).unwrap(), expected);
        }
    }
}

#[dsm::parallel]
fn long_waits(res: Bench) -> u64 {
    for turn in 0..30 {
        if res.team.id() == turn % res.team.size() {
            let _held = res.guarded.lock();
            let_them_sleep();
        } else {
            *res.guarded.lock() += 1;
        }
        res.team.barrier();
        if res.team.id() == 0 {
            let_them_sleep();
        }
        res.team.barrier();
    }
    res.team.sum(1)
}

#[dsm::test]
fn long_waits_that_end_are_no_deadlock() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        assert_eq!(long_waits(&mut cluster).unwrap(), vec![workers as u64; workers]);
        assert_eq!(cluster.guarded.get(), 30 * (workers as u64 - 1));
    }
}
