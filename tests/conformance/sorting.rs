//! Sorting on the driver and in workers, on every kind of array, and what is left when it fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::prelude::*;
use dsm::{ErrorKind, Side, Sort, SortKey};

use crate::support::{Holdings, role, status_of};
use crate::teams;

dsm::shared! {
    struct Data(n: usize) { x: [f64; n], y: [f64; n] }
}

/// Numbers in no order, every seventh special.
fn mixed(i: usize) -> f64 {
    match i % 7 {
        0 => f64::NAN,
        1 => -0.0,
        2 => 0.0,
        _ => ((i * 7919) % 1009) as f64 - 500.0,
    }
}

fn expected(n: usize) -> Vec<f64> {
    let mut expected: Vec<f64> = (0..n).map(mixed).collect();
    expected.sort_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan())));
    expected
}

fn bits<'a>(array: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    array.into_iter().map(|x| x.to_bits()).collect()
}

#[dsm::parallel(split(x), read(y))]
fn sort_own_block(mut res: Data, threads: Option<usize>) -> dsm::Result<Vec<usize>> {
    Sort::new().workers(threads).sort(&mut res.x)?;
    assert!(res.x.iter().is_sorted_by(|a, b| a <= b || b.is_nan()));
    let places = Sort::new().workers(threads).argsort(&res.y)?;
    Ok(places.to_vec())
}

#[dsm::test]
fn a_worker_sorts_its_block_and_the_driver_the_whole() -> dsm::Result<()> {
    const N: usize = 150_000;
    for workers in teams([1, 2, 3]) {
        for threads in [None, Some(1), Some(2)] {
            let mut cluster = Cluster::with_workers(workers, Data { n: N })?;
            cluster.x.assign(&Array1::from_shape_fn(N, mixed));
            cluster.y.assign(&Array1::from_shape_fn(N, |i| mixed(i + 3)));
            let places = sort_own_block(&mut cluster, threads)?;
            let of_driver = dsm::argsort(&cluster.y)?;
            assert!(places.iter().all(|places| *places == of_driver.to_vec()));
            Sort::new().workers(threads).sort(&mut cluster.x)?;
            let sorted = cluster.y.select(Axis(0), &of_driver.to_vec());
            assert!(sorted.iter().is_sorted_by(|a, b| a <= b || b.is_nan()));
            assert!(cluster.x.iter().is_sorted_by(|a, b| a <= b || b.is_nan()));
        }
    }
    Ok(())
}

#[dsm::test]
fn every_kind_of_array_is_sorted_stably_in_the_order_of_numpy() -> dsm::Result<()> {
    teams([]);
    for n in [0, 1, 2, 100, 5000, 120_000] {
        for threads in [1, 2, 3, 4] {
            let sorter = Sort::new().workers(threads);
            let mut shared = SharedArray::from_fn(n, mixed)?;
            let places = sorter.argsort(&shared)?;
            sorter.sort(&mut shared)?;
            assert_eq!(bits(&*shared), bits(&expected(n)));
            assert_eq!(bits(places.iter().map(|&i| mixed(i)).collect::<Vec<_>>().iter()), bits(&expected(n)));
            let mut columns = SharedArray::from_fn((n, 2), |(i, _)| mixed(i))?;
            sorter.sort(&mut columns.column_mut(1))?;
            assert_eq!(bits(columns.column(1)), bits(&expected(n)));
            assert_eq!(bits(columns.column(0)), bits(&(0..n).map(mixed).collect::<Vec<_>>()));
            let mut own = Array1::from_shape_fn(n, mixed);
            sorter.sort_by_key(&mut own.slice_mut(s![..;-1]), |x| std::cmp::Reverse(x.sort_key()))?;
            assert!(own.iter().is_sorted_by(|a, b| a <= b || b.is_nan()));
        }
    }
    Ok(())
}

#[dsm::test]
fn a_panic_in_a_key_leaves_a_permutation_and_the_program_going() -> dsm::Result<()> {
    teams([]);
    const N: u64 = 100_000;
    let mut array = SharedArray::from_fn(N as usize, |i| (i as u64 * 7919) % N)?;
    let calls = std::sync::atomic::AtomicU64::new(0);
    let count = |&x: &u64| {
        calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        x
    };
    Sort::new().workers(3).sort_by_key(&mut SharedArray::copy_of(&array)?, count)?;
    let all = calls.load(std::sync::atomic::Ordering::Relaxed);
    // While runs are sorted, and in both rounds of merges.
    for at in [0, 1, all / 2, all - 300_000, all - 100_000, all - 1000, all - 1] {
        calls.store(0, std::sync::atomic::Ordering::Relaxed);
        let key = |&x: &u64| {
            assert!(calls.fetch_add(1, std::sync::atomic::Ordering::Relaxed) != at, "no key for this one");
            x
        };
        let sort = || Sort::new().workers(3).sort_by_key(&mut array, key);
        let payload = catch_unwind(AssertUnwindSafe(sort)).unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"no key for this one"), "at {at}");
        let mut seen = array.to_vec();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(0..N));
        // Before the next: in no order again.
        array.assign(&Array1::from_shape_fn(N as usize, |i| (i as u64 * 7919) % N));
    }
    dsm::sort(&mut array)?;
    assert!(array.iter().copied().eq(0..N));
    Ok(())
}

#[dsm::parallel(split(x))]
fn fill(mut res: Data) {
    res.x.fill(1.0);
}

#[dsm::test]
fn workers_can_be_forked_right_after_a_sort() -> dsm::Result<()> {
    teams([]);
    let before = Holdings::now();
    let data = Array1::from_shape_fn(200_000, mixed);
    for _ in 0..50 {
        let mut cluster = Cluster::with_workers(2, Data { n: 10 })?;
        let mut array = SharedArray::copy_of(&data)?;
        Sort::new().workers(4).sort(&mut array)?;
        fill(&mut cluster)?;
    }
    // A fork counts the threads.
    let mut sorted = Array1::<u8>::zeros(200_000);
    for _ in 0..2000 {
        Sort::new().workers(4).sort(&mut sorted)?;
        assert_eq!(std::fs::read_dir("/proc/self/task").unwrap().count(), 1);
    }
    assert_eq!(Holdings::now(), before);
    assert_eq!(status_of(std::process::id(), "Threads").as_deref(), Some("1"));
    Ok(())
}

#[dsm::test]
fn the_number_of_threads_is_checked_as_that_of_workers_is() -> dsm::Result<()> {
    teams([2]);
    let mut array = array![3, 1, 2];
    if role().is_some() {
        let error = dsm::sort(&mut array).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Workers);
        assert!(error.to_string().contains("DSM_NUM_WORKERS is `many`"), "{error}");
        assert_eq!(array, array![3, 1, 2]);
        Sort::new().workers(2).sort(&mut array)?;
        assert_eq!(array, array![1, 2, 3]);
        return Ok(());
    }
    assert_eq!(Sort::new().workers(0).argsort(&array).unwrap_err().kind(), ErrorKind::Workers);
    assert_eq!(Sort::new().workers(2000).argsort(&array).unwrap_err().kind(), ErrorKind::Workers);
    let mut again = again!(the_number_of_threads_is_checked_as_that_of_workers_is, "misled");
    assert!(again.env("DSM_NUM_WORKERS", "many").status().unwrap().success());
    Ok(())
}

#[dsm::test]
fn values_are_found_among_sorted_ones() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Data { n: 100_000 })?;
        cluster.x.assign(&Array1::from_shape_fn(100_000, |i| (i / 2) as f64));
        cluster.x.slice_mut(s![99_990..]).fill(f64::NAN);
        cluster.y.assign(&Array1::from_shape_fn(100_000, |i| i as f64 / 4.0));
        cluster.y[7] = f64::NAN;
        let sorter = Sort::new().workers(workers);
        let left = sorter.searchsorted(&cluster.x, &cluster.y, Side::Left)?;
        let right = sorter.searchsorted(&cluster.x, &cluster.y, Side::Right)?;
        let places = |i: usize| [left[i], right[i]];
        assert_eq!(
            [places(0), places(1), places(3), places(4), places(40)],
            [[0, 2], [2, 2], [2, 2], [2, 4], [20, 22]]
        );
        assert_eq!(places(7), [99_990, 100_000]);
    }
    Ok(())
}
