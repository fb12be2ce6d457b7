//! Several clusters at once and one after the other, and what they leave behind: nothing.

use dsm::Backend;
use dsm::prelude::*;

use crate::support::{Holdings, backend, children};
use crate::teams;

dsm::shared! {
    struct Left(n: usize) { x: [u64; n], total: Lock<u64> }
}

dsm::shared! {
    struct Right(n: usize) { x: [f32; n, n] }
}

#[dsm::parallel(split(x))]
fn raise(mut res: Left, by: u64) -> u64 {
    *res.x += by;
    *res.total.lock() += res.x.len() as u64;
    res.team.sum(res.x.sum())
}

#[dsm::parallel(split(x, cyclic))]
fn scale(mut res: Right) -> usize {
    res.x.iter_mut().map(|(index, mut row)| row.fill(index as f32)).count()
}

#[dsm::parallel]
fn nothing(_res: Left) {}

#[dsm::test]
fn clusters_side_by_side_do_not_disturb_each_other() -> dsm::Result<()> {
    teams([2, 3]);
    for workers in teams([1, 2, 4]) {
        let mut left = Cluster::with_workers(workers, Left { n: 10 })?;
        let mut right = Cluster::with_workers(3, Right { n: 7 })?;
        let mut twin = Cluster::with_workers(2, Left { n: 5 })?;
        for round in 1..=20 {
            assert_eq!(raise(&mut left, 1)?, vec![10 * round; workers]);
            assert_eq!(scale(&mut right)?, [3, 2, 2]);
            assert_eq!(raise(&mut twin, 2)?, vec![10 * round; 2]);
        }
        assert_eq!((left.total.get(), twin.total.get()), (200, 100));
        assert_eq!(*right.x, Array2::from_shape_fn((7, 7), |(row, _)| row as f32));
    }
    Ok(())
}

#[dsm::test]
fn a_hundred_clusters_one_after_the_other_leave_nothing() -> dsm::Result<()> {
    teams([]);
    let before = Holdings::now();
    for round in 0..100 {
        let mut cluster = Cluster::with_workers(round % 4 + 1, Left { n: round })?;
        assert_eq!(raise(&mut cluster, 1)?[0], round as u64);
    }
    assert_eq!(Holdings::now(), before);
    Ok(())
}

#[dsm::test]
fn a_dropped_cluster_leaves_no_process_descriptor_or_name() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        let before = Holdings::now();
        let mut cluster = Cluster::with_workers(workers, Left { n: 10 })?;
        raise(&mut cluster, 1)?;
        let monitor = children(std::process::id());
        if backend() == Backend::Process {
            assert_eq!(monitor.len(), 1, "the driver's one child is the monitor");
            assert_eq!(children(monitor[0]).len(), workers);
        } else {
            assert_eq!(monitor, [0; 0]);
        }
        drop(cluster);
        assert_eq!(Holdings::now(), before);
        // Never started, and started but never called.
        drop(Cluster::with_workers(workers, Left { n: 10 })?);
        Cluster::with_workers(workers, Left { n: 10 })?.start()?;
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::test]
fn clusters_dropped_out_of_order_leave_nothing() -> dsm::Result<()> {
    teams([]);
    let before = Holdings::now();
    let mut clusters = Vec::new();
    for _ in 0..6 {
        let mut cluster = Cluster::with_workers(2, Left { n: 4 })?;
        raise(&mut cluster, 1)?;
        clusters.push(cluster);
    }
    // A later cluster's workers must not keep an earlier one's alive.
    clusters.swap(0, 3);
    while !clusters.is_empty() {
        drop(clusters.remove(clusters.len() / 2));
        for cluster in &mut clusters {
            raise(cluster, 1)?;
        }
    }
    assert_eq!(Holdings::now(), before);
    Ok(())
}

#[dsm::test]
fn a_thousand_empty_calls_return() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Left { n: 0 })?;
        cluster.start()?;
        let before = Holdings::now();
        for _ in 0..1000 {
            assert_eq!(nothing(&mut cluster)?.len(), workers);
        }
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::parallel]
fn inner_sum(res: Left) -> dsm::Result<u64> {
    let mut inner = Cluster::with_workers(2, Right { n: 3 })?;
    let rows: usize = scale(&mut inner)?.into_iter().sum();
    *res.total.lock() += rows as u64;
    Ok(inner.x.sum() as u64)
}

#[dsm::test]
fn a_worker_can_make_a_cluster_of_its_own() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let before = Holdings::now();
        let mut cluster = Cluster::with_workers(workers, Left { n: 1 })?;
        for _ in 0..3 {
            assert_eq!(inner_sum(&mut cluster)?, vec![9; workers]);
        }
        assert_eq!(cluster.total.get(), 9 * workers as u64);
        drop(cluster);
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}
