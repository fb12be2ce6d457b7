//! Each way of failing at each named point: the error is right, the others are out and live on, arrays keep what was
//! written, locks held are poisoned and no others, and the next call works.

use dsm::ErrorKind;
use dsm::prelude::*;

use crate::bench::{Bench, assert_works, bench, let_them_sleep, pids, until};
use crate::faults::{ALL, Fault, survivable};

type Scenario = fn(&mut Cluster<Bench>, Fault, usize) -> dsm::Result<Vec<()>>;

/// Runs a scenario with one fault after the other, on one cluster of each size.
fn strike_all(faults: &[Fault], function: &str, scenario: Scenario, aftermath: fn(&mut Cluster<Bench>)) {
    let faults = survivable(faults);
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (round, &fault) in faults.iter().enumerate() {
            let rank = (round + 1) % workers;
            let before = pids(&mut cluster);
            cluster.written.fill(0);
            cluster.ready.set(0);
            cluster.count.set(0);
            let error = scenario(&mut cluster, fault, rank).unwrap_err();
            fault.assert_told(&error, rank, function);
            assert!(cluster.written.iter().all(|&x| x == 7), "{fault:?}: arrays keep what was written");
            aftermath(&mut cluster);
            assert_works(&mut cluster);
            for (other, (before, after)) in before.iter().zip(pids(&mut cluster)).enumerate() {
                let replaced = other == rank && fault.is_deadly();
                assert_eq!(*before != after, replaced, "rank {other} is replaced, or lives on: {error}");
            }
        }
    }
}

/// A module of tests of one scenario: one for panics, one for signals, one for exits, one for all in a row.
macro_rules! scenario {
    ($name:ident, $aftermath:expr) => {
        mod $name {
            use super::*;

            #[dsm::test]
            fn panic() {
                strike_all(&[Fault::Panic, Fault::Panic], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn abort() {
                strike_all(&[Fault::Abort], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn segfault() {
                strike_all(&[Fault::Segfault], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn kill() {
                strike_all(&[Fault::Kill], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn exit() {
                strike_all(&[Fault::Exit(0), Fault::Exit(3)], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn stack_overflow() {
                strike_all(&[Fault::StackOverflow], stringify!($name), super::$name, $aftermath);
            }

            #[dsm::test]
            fn one_after_the_other() {
                strike_all(&ALL, stringify!($name), super::$name, $aftermath);
            }
        }
    };
}

fn no_lock_is_poisoned(cluster: &mut Cluster<Bench>) {
    assert!(!cluster.guarded.is_poisoned() && !cluster.fair.is_poisoned());
    assert!((0..8).all(|bin| !cluster.bins.is_poisoned(bin) && !cluster.fair_bins.is_poisoned(bin)));
}

scenario!(computing, no_lock_is_poisoned);
scenario!(peers_at_the_barrier, no_lock_is_poisoned);
scenario!(inside_critical, no_lock_is_poisoned);
scenario!(inside_single, no_lock_is_poisoned);
scenario!(amid_phases, no_lock_is_poisoned);
scenario!(holding_a_lock, lock_is_poisoned);
scenario!(holding_a_lock_others_wait_for, lock_is_poisoned);
scenario!(holding_a_fair_lock, fair_lock_is_poisoned);
scenario!(holding_a_fair_lock_others_wait_for, fair_lock_is_poisoned);
scenario!(holding_one_of_many_locks, bin_is_poisoned);

#[dsm::parallel(split(written))]
fn computing(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        fault.strike();
    }
    std::hint::black_box((0..100_000_u64).fold(0, |a, b| a ^ b));
    res.team.barrier();
}

#[dsm::parallel(split(written))]
fn peers_at_the_barrier(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    if res.team.id() == rank {
        until(res.ready, res.team.size() as u32 - 1);
        let_them_sleep();
        fault.strike();
    }
    res.ready.fetch_add(1);
    res.team.barrier();
}

#[dsm::parallel(split(written))]
fn inside_critical(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() != rank {
        until(res.ready, 1);
        res.count.fetch_add(1);
    }
    res.team.critical(|| {
        if res.team.id() == rank {
            res.ready.store(1);
            until(res.count, res.team.size() as u32 - 1);
            let_them_sleep();
            fault.strike();
        }
    });
    res.team.barrier();
}

#[dsm::parallel(split(written))]
fn inside_single(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() != rank {
        until(res.ready, 1);
        res.count.fetch_add(1);
    }
    res.team.single::<()>(|| {
        res.ready.store(1);
        until(res.count, res.team.size() as u32 - 1);
        fault.strike();
    });
}

#[dsm::parallel(split(written), split(a), read(b))]
fn amid_phases(mut res: Bench, fault: Fault, rank: usize) {
    let (team, mut a, mut b) = (res.team, res.a, res.b);
    res.written.fill(7);
    for step in 0..40 {
        a.fill(f64::from(step));
        if step == 20 && team.id() == rank {
            fault.strike();
        }
        (b, a) = team.phase((a.publish(), b.reclaim()));
        assert!(b.iter().all(|&x| x == f64::from(step)));
    }
}

#[dsm::parallel(split(written))]
fn holding_a_lock(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        let mut guard = res.guarded.lock();
        *guard = 99;
        fault.strike();
    }
    res.team.barrier();
}

#[dsm::parallel(split(written))]
fn holding_a_lock_others_wait_for(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        let mut guard = res.guarded.lock();
        *guard = 99;
        res.ready.store(1);
        until(res.count, res.team.size() as u32 - 1);
        let_them_sleep();
        fault.strike();
    }
    until(res.ready, 1);
    res.count.fetch_add(1);
    *res.guarded.lock() += 1;
}

#[dsm::parallel(split(written))]
fn holding_a_fair_lock(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        let mut guard = res.fair.lock();
        *guard = 99;
        fault.strike();
    }
    res.team.barrier();
}

#[dsm::parallel(split(written))]
fn holding_a_fair_lock_others_wait_for(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        let mut guard = res.fair.lock();
        *guard = 99;
        res.ready.store(1);
        until(res.count, res.team.size() as u32 - 1);
        let_them_sleep();
        fault.strike();
    }
    until(res.ready, 1);
    res.count.fetch_add(1);
    *res.fair.lock() += 1;
}

#[dsm::parallel(split(written))]
fn holding_one_of_many_locks(mut res: Bench, fault: Fault, rank: usize) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        *res.bins[1].lock() = 1;
        *res.bins[3].lock() = 99;
        let _other = res.fair_bins[2].lock();
        let _guard = res.bins[3].lock();
        fault.strike();
    }
    res.team.barrier();
}

/// Which lock a call is to take.
const GUARDED: u8 = 0;
const FAIR: u8 = 1;
const BIN: u8 = 2;

#[dsm::parallel]
fn take(res: Bench, which: u8) -> u64 {
    match which {
        GUARDED => *res.guarded.lock(),
        FAIR => *res.fair.lock(),
        _ => *res.bins[3].lock(),
    }
}

/// A call that takes the poisoned lock is told its name.
#[track_caller]
fn assert_refused(cluster: &mut Cluster<Bench>, which: u8, name: &str) {
    for _ in 0..2 {
        let error = take(cluster, which).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
        assert!(error.to_string().contains(&format!("lock `{name}` is poisoned")), "{error}");
        assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()), "{error}");
    }
}

fn lock_is_poisoned(cluster: &mut Cluster<Bench>) {
    assert!(cluster.guarded.is_poisoned() && !cluster.fair.is_poisoned() && !cluster.other.is_poisoned());
    assert_eq!(cluster.guarded.get(), 99, "the driver sees the value all the same");
    assert_refused(cluster, GUARDED, "guarded");
    assert_works(cluster);
    assert!(cluster.guarded.is_poisoned(), "no call mends it");
    cluster.guarded.clear_poison();
    assert_eq!(take(cluster, GUARDED).unwrap()[0], 99, "the value is left as it is");
}

fn fair_lock_is_poisoned(cluster: &mut Cluster<Bench>) {
    assert!(cluster.fair.is_poisoned() && !cluster.guarded.is_poisoned() && !cluster.other_fair.is_poisoned());
    assert_refused(cluster, FAIR, "fair");
    assert_works(cluster);
    assert!(cluster.fair.is_poisoned(), "no call mends it");
    *cluster.fair.get_mut() = 5;
    assert_eq!(take(cluster, FAIR).unwrap()[0], 5);
}

fn bin_is_poisoned(cluster: &mut Cluster<Bench>) {
    assert!((0..8).all(|bin| cluster.bins.is_poisoned(bin) == (bin == 3)));
    assert!((0..8).all(|bin| cluster.fair_bins.is_poisoned(bin) == (bin == 2)));
    assert_refused(cluster, BIN, "bins[3]");
    cluster.bins.clear_poison();
    cluster.fair_bins.set(2, 0);
    assert_eq!(take(cluster, BIN).unwrap()[0], 99);
    no_lock_is_poisoned(cluster);
}

#[dsm::test]
fn the_failure_reported_is_the_first_not_one_that_it_leads_to() {
    // Those who wait for the lock find it poisoned, and may be faster than the rank that panicked.
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for round in 0..100 {
            for scenario in [holding_a_lock_others_wait_for, holding_a_fair_lock_others_wait_for] {
                cluster.ready.set(0);
                cluster.count.set(0);
                let error = scenario(&mut cluster, Fault::Panic, round % workers).unwrap_err();
                assert_eq!(error.rank(), Some(round % workers), "round {round}: {error}");
                cluster.guarded.clear_poison();
                cluster.fair.clear_poison();
            }
        }
    }
}
