//! The first example, with the cases of py-dsm.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    /// Two vectors and their sum.
    struct VecAdd(n: usize) {
        a: [i64; n],
        b: [i64; n],
        c: [i64; n],
        total: Lock<i64>,
    }
}

#[dsm::parallel(read(a, b), split(c))]
fn add(mut res: VecAdd, scale: i64) -> usize {
    let mine = res.c.range();
    for (c, i) in res.c.iter_mut().zip(mine) {
        *c = scale * (res.a[i] + res.b[i]);
    }
    *res.total.lock() += res.c.sum();
    res.c.len()
}

/// A cluster with 0, 1, 2, … and 1, 2, 3, … to add.
fn numbers(workers: usize, n: usize) -> dsm::Result<Cluster<VecAdd>> {
    let mut cluster = Cluster::with_workers(workers, VecAdd { n })?;
    cluster.a.assign(&Array1::from_iter(0..n as i64));
    cluster.b.assign(&Array1::from_iter(1..=n as i64));
    Ok(cluster)
}

#[dsm::test]
fn ten_numbers_give_the_odd_ones() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        let mut cluster = numbers(workers, 10)?;
        let lengths = add(&mut cluster, 1)?;
        assert_eq!(cluster.c.to_vec(), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
        assert_eq!(cluster.total.get(), 100);
        assert_eq!((lengths.len(), lengths.iter().sum::<usize>()), (workers, 10));
    }
    Ok(())
}

#[dsm::test]
fn more_workers_than_numbers_leave_some_idle() -> dsm::Result<()> {
    teams([4]);
    let mut cluster = numbers(4, 3)?;
    assert_eq!(add(&mut cluster, 1)?, [1, 1, 1, 0]);
    assert_eq!(cluster.c.to_vec(), [1, 3, 5]);
    Ok(())
}

#[dsm::test]
fn no_numbers_give_none() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = numbers(workers, 0)?;
        assert_eq!(add(&mut cluster, 1)?, vec![0; workers]);
        assert!(cluster.c.is_empty());
    }
    Ok(())
}

#[dsm::test]
fn calls_follow_each_other_with_what_the_driver_changed_between() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = numbers(workers, 100)?;
        for round in 1..=20 {
            cluster.a.fill(round);
            add(&mut cluster, 2)?;
            assert_eq!(*cluster.c, Array1::from_iter((1..=100).map(|b| 2 * (round + b))));
            assert_eq!(std::mem::take(cluster.total.get_mut()), 200 * round + 10_100);
        }
    }
    Ok(())
}

#[dsm::test]
fn a_vector_of_many_pages_is_added() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let n = 1_000_003;
        let mut cluster = numbers(workers, n)?;
        add(&mut cluster, 1)?;
        assert!(cluster.c.iter().enumerate().all(|(i, &c)| c == 2 * i as i64 + 1));
        assert_eq!(cluster.total.get(), (n * n) as i64);
    }
    Ok(())
}
