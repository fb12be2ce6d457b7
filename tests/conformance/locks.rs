//! Locks own their data: nothing is lost under contention, fair ones are granted in order, and waiting can be bounded.

use std::time::Duration;

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Locked(n: usize) {
        sum: Lock<u64>,
        fair: FairLock<u64>,
        order: FairLock<[u32; 64]>,
        bare: Lock,
        bins: [Lock<u64>; n],
        fair_bins: [FairLock<[u64; 2]>; n],
        asked: Atomic<u32>,
        inside: Atomic<u32>,
        counts: [u64; 2],
    }
}

#[dsm::parallel]
fn increment(res: Locked, times: usize) {
    for _ in 0..times {
        *res.sum.lock() += 1;
    }
}

#[dsm::parallel]
fn increment_fairly(res: Locked, times: usize) {
    for _ in 0..times {
        *res.fair.lock() += 1;
    }
}

#[dsm::test]
fn a_hundred_thousand_increments_under_contention_are_all_there() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        increment(&mut cluster, 100_000)?;
        assert_eq!(cluster.sum.get(), 100_000 * workers as u64);
    }
    Ok(())
}

#[dsm::test]
fn fair_increments_under_contention_are_all_there() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        increment_fairly(&mut cluster, 100_000 / workers)?;
        assert_eq!(cluster.fair.get(), (100_000 / workers * workers) as u64);
    }
    Ok(())
}

/// Gives whoever has just announced that it asks the time to fall asleep: there is no event for having asked.
fn let_it_ask() {
    std::thread::sleep(Duration::from_millis(20));
}

#[dsm::parallel]
fn queue_up(res: Locked) -> usize {
    let (rank, size) = (res.team.id() as u32, res.team.size() as u32);
    if rank == 0 {
        let mut order = res.order.lock();
        order[0] = u32::MAX;
        res.asked.store(1);
        while res.asked.load() != size {
            std::thread::yield_now();
        }
        let_it_ask();
        return 0;
    }
    // They ask one after the other while rank 0 holds the lock.
    while res.asked.load() != rank {
        std::thread::yield_now();
    }
    let_it_ask();
    res.asked.store(rank + 1);
    let mut order = res.order.lock();
    let place = order.iter().position(|&mark| mark == 0).unwrap_or(0);
    order[place] = rank;
    place
}

#[dsm::parallel]
fn nest(res: Locked) -> u64 {
    let outer = res.sum.lock();
    let inner = res.fair.lock();
    let _bare = res.bare.lock();
    let _critical = res.team.critical(|| *outer + *inner);
    *outer + *inner
}

#[dsm::test]
fn different_locks_nest() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        cluster.sum.set(3);
        cluster.fair.set(4);
        assert_eq!(nest(&mut cluster)?, vec![7; workers]);
    }
    Ok(())
}

#[dsm::parallel]
fn histogram(res: Locked, times: usize) {
    let n = res.bins.len();
    let mut state = res.team.id() + 1;
    for _ in 0..times {
        state = state * 75 % 65_537;
        let bin = state % n;
        *res.bins[bin].lock() += 1;
        let mut pair = res.fair_bins[bin].lock();
        pair[0] += 1;
        pair[1] += bin as u64;
    }
}

#[dsm::test]
fn each_lock_of_an_array_guards_its_own_value() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let (n, times) = (7, 2_000);
        let mut cluster = Cluster::with_workers(workers, Locked { n })?;
        histogram(&mut cluster, times)?;
        assert_eq!((0..n).map(|bin| cluster.bins.get(bin)).sum::<u64>(), (workers * times) as u64);
        for bin in 0..n {
            let count = cluster.bins.get(bin);
            assert_eq!(cluster.fair_bins.get(bin), [count, count * bin as u64]);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn try_while_held(res: Locked) -> (bool, bool, bool, bool) {
    let team = &res.team;
    if team.id() == 0 {
        let (held, fairly_held) = (res.sum.lock(), res.fair.lock());
        res.asked.store(1);
        while res.inside.load() as usize + 1 < team.size() {
            std::thread::yield_now();
        }
        drop((held, fairly_held));
        team.barrier();
        (true, true, true, true)
    } else {
        while res.asked.load() == 0 {
            std::thread::yield_now();
        }
        let before = (res.sum.try_lock().is_none(), res.fair.try_lock().is_none());
        let timed = res.sum.lock_timeout(Duration::from_millis(5)).is_none();
        res.inside.fetch_add(1);
        team.barrier();
        // Whoever else tries may hold it for a moment; waiting is bounded, but long enough.
        let after = res.sum.lock_timeout(Duration::from_secs(100)).is_some();
        (before.0, before.1, timed, after)
    }
}

#[dsm::test]
fn a_lock_that_is_held_is_refused_or_timed_out_and_free_ones_are_taken() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        for _ in 0..20 {
            assert_eq!(try_while_held(&mut cluster)?, vec![(true, true, true, true); workers]);
            cluster.asked.set(0);
            cluster.inside.set(0);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn try_free(res: Locked) -> u64 {
    let mut taken = 0;
    for _ in 0..1_000 {
        if let Some(mut guard) = res.sum.try_lock() {
            *guard += 1;
            taken += 1;
        }
        if let Some(mut guard) = res.fair.try_lock() {
            *guard += 1;
        }
        if let Some(mut guard) = res.sum.lock_timeout(Duration::from_secs(100)) {
            *guard += 1;
            taken += 1;
        }
        if let Some(mut guard) = res.sum.lock_timeout(Duration::MAX) {
            *guard += 1;
            taken += 1;
        }
        if let Some(mut guard) = res.sum.lock_timeout(Duration::ZERO) {
            *guard += 1;
            taken += 1;
        }
    }
    taken
}

#[dsm::test]
fn tries_and_timeouts_under_contention_lose_nothing() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        let taken: u64 = try_free(&mut cluster)?.into_iter().sum();
        assert_eq!(cluster.sum.get(), taken);
        assert!(taken >= 2_000 * workers as u64);
        assert!((1..=1_000 * workers as u64).contains(&cluster.fair.get()));
    }
    Ok(())
}

#[dsm::test]
fn a_fair_lock_is_granted_in_order_of_request() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Locked { n: 0 })?;
        assert!(queue_up(&mut cluster)?.into_iter().eq(0..workers), "{:?}", cluster.order.get());
    }
    Ok(())
}
