//! Handles stay at home: in their cluster, and in the process that made them.

use std::sync::{Mutex, OnceLock};

use dsm::ErrorKind;
use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Home(n: usize) { x: [u64; n], y: [u64; n], total: Lock<u64>, bins: [Lock<u64>; n] }
}

#[dsm::parallel(split(x), read(y))]
fn raise(mut res: Home) -> u64 {
    *res.x += 1;
    *res.total.lock() += 1;
    res.y.sum()
}

/// Both clusters refuse calls because of `name`, and work again once it is put back.
fn assert_refused_while_swapped(
    name: &str,
    workers: usize,
    swap: fn(&mut Cluster<Home>, &mut Cluster<Home>),
) -> dsm::Result<()> {
    let mut one = Cluster::with_workers(workers, Home { n: 4 })?;
    let mut other = Cluster::with_workers(workers, Home { n: 4 })?;
    raise(&mut one)?;
    one.y.fill(1);
    swap(&mut one, &mut other);
    for cluster in [&mut one, &mut other] {
        let error = raise(cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Handle);
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
    swap(&mut one, &mut other);
    assert_eq!((raise(&mut one)?, raise(&mut other)?), (vec![4; workers], vec![0; workers]));
    assert_eq!((one.x.to_vec(), one.total.get()), (vec![2; 4], 2 * workers as u64));
    assert_eq!((other.x.to_vec(), other.total.get()), (vec![1; 4], workers as u64));
    Ok(())
}

#[dsm::test]
fn a_handle_swapped_between_clusters_is_refused_until_it_is_back() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        assert_refused_while_swapped("x", workers, |one, other| std::mem::swap(&mut one.x, &mut other.x))?;
        assert_refused_while_swapped("y", workers, |one, other| std::mem::swap(&mut one.y, &mut other.y))?;
        assert_refused_while_swapped("total", workers, |one, other| std::mem::swap(&mut one.total, &mut other.total))?;
        assert_refused_while_swapped("bins", workers, |one, other| std::mem::swap(&mut one.bins, &mut other.bins))?;
        assert_refused_while_swapped("x", workers, |one, other| std::mem::swap(&mut **one, &mut **other))?;
    }
    Ok(())
}

#[dsm::test]
fn a_handle_swapped_within_a_cluster_is_refused() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Home { n: 4 })?;
    let Handles { x, y } = Handles::of(&mut cluster);
    std::mem::swap(x, y);
    assert_eq!(raise(&mut cluster).unwrap_err().kind(), ErrorKind::Handle);
    let Handles { x, y } = Handles::of(&mut cluster);
    std::mem::swap(x, y);
    assert_eq!(raise(&mut cluster)?, [0, 0]);
    Ok(())
}

/// Two handles of one cluster at a time.
struct Handles<'c> {
    x: &'c mut dsm::SharedArray<u64, Ix1>,
    y: &'c mut dsm::SharedArray<u64, Ix1>,
}

impl<'c> Handles<'c> {
    fn of(cluster: &'c mut Cluster<Home>) -> Self {
        let HomeHandles { x, y, .. } = &mut **cluster;
        Handles { x, y }
    }
}

#[dsm::test]
fn a_handle_outlives_its_cluster_and_keeps_its_array() -> dsm::Result<()> {
    teams([]);
    let mut lasting = Cluster::with_workers(2, Home { n: 4 })?;
    {
        let mut passing = Cluster::with_workers(2, Home { n: 3 })?;
        raise(&mut passing)?;
        std::mem::swap(&mut lasting.x, &mut passing.x);
    }
    assert_eq!(lasting.x.to_vec(), [1; 3]);
    assert_eq!(raise(&mut lasting).unwrap_err().kind(), ErrorKind::Handle);
    Ok(())
}

static ELSEWHERE: OnceLock<Cluster<Home>> = OnceLock::new();

#[dsm::parallel]
fn touch_the_drivers_array(_res: Home) -> u64 {
    ELSEWHERE.get().unwrap().y[0]
}

#[dsm::parallel]
fn touch_the_drivers_lock(_res: Home) -> u64 {
    ELSEWHERE.get().unwrap().total.get()
}

#[dsm::test]
fn the_drivers_handles_in_a_worker_panic_with_their_name() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let kept = Cluster::with_workers(workers, Home { n: 4 })?;
        let kept = ELSEWHERE.get_or_init(|| kept);
        let mut cluster = Cluster::with_workers(workers, Home { n: 4 })?;
        let error = touch_the_drivers_array(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(error.to_string().contains("`y` is the driver's handle"), "{error}");
        assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()));
        let error = touch_the_drivers_lock(&mut cluster).unwrap_err();
        assert!(error.to_string().contains("`total` is the driver's handle"), "{error}");
        assert_eq!(kept.y[0], 0);
        raise(&mut cluster)?;
    }
    Ok(())
}

static CLUSTER: Mutex<Option<Cluster<Home>>> = Mutex::new(None);

#[dsm::parallel]
fn call_from_a_worker(_res: Home) -> String {
    let mut cluster = CLUSTER.try_lock().unwrap();
    let error = raise(cluster.as_mut().unwrap()).unwrap_err();
    format!("{:?}: {error}", error.kind())
}

#[dsm::test]
fn the_drivers_cluster_in_a_worker_refuses_calls() -> dsm::Result<()> {
    teams([]);
    let mut cluster = Cluster::with_workers(2, Home { n: 4 })?;
    raise(&mut cluster)?;
    *CLUSTER.lock().unwrap() = Some(cluster);
    let mut other = Cluster::with_workers(2, Home { n: 4 })?;
    for said in call_from_a_worker(&mut other)? {
        assert!(said.starts_with("Process: ") && said.contains("`Home`"), "{said}");
    }
    drop(other);
    let mut cluster = CLUSTER.lock().unwrap().take().unwrap();
    raise(&mut cluster)?;
    assert_eq!(cluster.x.to_vec(), [2; 4]);
    Ok(())
}
