//! Locks and atomics on the driver, between calls: get, set, get_mut.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Cells(n: usize) {
        total: Lock<f64>,
        fair: FairLock<[i16; 3]>,
        hits: Atomic<u64>,
        low: Atomic<i32>,
        ratio: Atomic<f32>,
        done: Atomic<bool>,
        bins: [Lock<u64>; n],
    }
}

#[dsm::parallel]
fn use_all(res: Cells) -> (f64, u64) {
    *res.total.lock() *= 2.0;
    res.fair.lock()[1] += 1;
    res.hits.fetch_add(res.id as u64);
    res.low.fetch_min(-(res.id as i32));
    res.ratio.fetch_add(0.5);
    res.done.fetch_or(res.id + 1 == res.workers);
    *res.bins[res.id % res.bins.len()].lock() += 1;
    res.team.barrier();
    (*res.total.lock(), res.hits.load())
}

#[dsm::test]
fn what_the_driver_sets_the_workers_find_and_the_other_way_round() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Cells { n: 3 })?;
        cluster.total.set(1.0);
        *cluster.hits.get_mut() = 1000;
        cluster.ratio.set(0.25);
        cluster.fair.get_mut()[0] = -7;
        cluster.bins.set(2, 40);
        *cluster.bins.get_mut(0) += 5;
        let hits = 1000 + (workers * (workers - 1) / 2) as u64;
        let total = (1 << workers) as f64;
        assert_eq!(use_all(&mut cluster)?, vec![(total, hits); workers]);
        assert_eq!((cluster.total.get(), cluster.hits.get()), (total, hits));
        assert_eq!(cluster.fair.get(), [-7, workers as i16, 0]);
        assert_eq!((cluster.low.get(), cluster.done.get()), (1 - workers as i32, true));
        assert_eq!(cluster.ratio.get(), 0.25 + 0.5 * workers as f32);
        let visits = |bin: usize| (0..workers).filter(|rank| rank % 3 == bin).count() as u64;
        let bins: Vec<u64> = (0..cluster.bins.len()).map(|bin| cluster.bins.get(bin)).collect();
        assert_eq!(bins, [visits(0) + 5, visits(1), visits(2) + 40]);
        assert!(!cluster.total.is_poisoned() && !cluster.bins.is_poisoned(1) && !cluster.bins.is_empty());
        assert_eq!(std::mem::take(cluster.total.get_mut()), total);
        assert_eq!(cluster.total.get(), 0.0);
    }
    Ok(())
}

#[dsm::test]
fn a_lock_that_is_not_there_is_named() -> dsm::Result<()> {
    teams([1]);
    let cluster = Cluster::with_workers(1, Cells { n: 3 })?;
    let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cluster.bins.get(3))).unwrap_err();
    assert!(payload.downcast_ref::<String>().unwrap().contains("lock 3 of 3 in `bins`"));
    Ok(())
}

#[dsm::test]
fn a_lock_on_the_driver_is_reached_by_its_handle_only() -> dsm::Result<()> {
    teams([1]);
    let cluster = Cluster::with_workers(1, Cells { n: 3 })?;
    let text = format!("{:?} {:?} {:?}", cluster.total, cluster.hits, cluster.bins);
    assert!(text.contains("0.0") && text.contains("[0, 0, 0]"), "{text}");
    Ok(())
}
