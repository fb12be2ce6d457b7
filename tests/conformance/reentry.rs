//! A cluster reached again while a call of it is being made, and clusters that are suspended, forgotten or shared.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Mutex;

use dsm::Backend;
use dsm::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::support::{backend, children, needs_processes};
use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n], total: Lock<u64> }
}

#[dsm::parallel(split(x))]
fn raise(mut res: Plain, by: u64) -> u64 {
    *res.x += by;
    *res.total.lock() += by;
    res.team.sum(res.x.sum())
}

#[dsm::parallel(split(x))]
fn raise_by(mut res: Plain, by: Reaching) -> Reaching {
    *res.x += by.0;
    Reaching(res.team.sum(res.x.sum()))
}

thread_local! {
    static SAME: RefCell<Option<Rc<RefCell<Cluster<Plain>>>>> = const { RefCell::new(None) };
    static OTHER: RefCell<Option<Cluster<Plain>>> = const { RefCell::new(None) };
}

/// A number that reaches for clusters whenever the driver writes or reads it.
#[derive(Debug, PartialEq)]
struct Reaching(u64);

/// The same cluster can't be had, and the other is called as ever; in a worker there are none.
fn reach() {
    if let Some(same) = SAME.with_borrow(|same| same.clone())
        && let Ok(mut same) = same.try_borrow_mut()
    {
        // Only in a worker, where nobody holds it.
        assert_eq!(raise(&mut same, 1).unwrap_err().kind(), dsm::ErrorKind::Process);
    }
    if let Some(mut other) = OTHER.take() {
        match raise(&mut other, 1) {
            Ok(sums) => assert_eq!(sums.len(), 1),
            Err(error) => assert_eq!(error.kind(), dsm::ErrorKind::Process),
        }
        OTHER.set(Some(other));
    }
}

impl Serialize for Reaching {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        reach();
        assert!(self.0 < 100, "too much");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Reaching {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        reach();
        u64::deserialize(deserializer).map(Reaching)
    }
}

#[dsm::test]
fn a_cluster_reached_from_within_its_own_call_cannot_be_had_and_others_can() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let shared = Rc::new(RefCell::new(Cluster::with_workers(workers, Plain { n: 4 })?));
        SAME.set(Some(Rc::clone(&shared)));
        OTHER.set(Some(Cluster::with_workers(1, Plain { n: 1 })?));
        for round in 1..=3 {
            let results = raise_by(&mut shared.borrow_mut(), Reaching(2))?;
            assert!(results.iter().all(|sum| *sum == Reaching(8 * round)), "{results:?}");
        }
        let unwound = catch_unwind(AssertUnwindSafe(|| raise_by(&mut shared.borrow_mut(), Reaching(100))));
        assert!(unwound.is_err());
        // Written once and read by each worker or for it in three calls, written in the fourth.
        let calls = OTHER.take().unwrap().total.get();
        assert_eq!(calls, 3 * (1 + workers as u64) + 1);
        SAME.set(None);
        assert_eq!(raise(&mut shared.borrow_mut(), 1)?[0], 28);
    }
    Ok(())
}

#[dsm::test]
fn a_forgotten_cluster_is_in_nobodys_way() -> dsm::Result<()> {
    teams([2]);
    for round in 1..=5 {
        let mut cluster = Cluster::with_workers(2, Plain { n: 4 })?;
        raise(&mut cluster, 1)?;
        std::mem::forget(cluster);
        let monitors = if backend() == Backend::Process { round } else { 0 };
        assert_eq!(children(std::process::id()).len(), monitors, "its monitor stays until the driver ends");
        let mut next = Cluster::with_workers(2, Plain { n: 4 })?;
        assert_eq!(raise(&mut next, 1)?, [4, 4]);
    }
    Ok(())
}

#[dsm::test]
fn a_driver_that_panics_between_calls_finds_its_cluster_as_it_was() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 4 })?;
        for round in 1..=3 {
            raise(&mut cluster, 1)?;
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let PlainHandles { x, total } = &mut *cluster;
                let x = x.view_mut();
                *total.get_mut() += 10;
                assert!(x[0] > 100, "the driver panics with views of its arrays");
            }));
            assert!(unwound.is_err());
            assert_eq!(cluster.x.to_vec(), [round; 4]);
        }
        assert_eq!(cluster.total.get(), 3 * (workers as u64 + 10));
    }
    Ok(())
}

#[dsm::test]
fn clusters_shared_by_threads_are_called_by_one_at_a_time() -> dsm::Result<()> {
    teams([2]);
    let mut one = Cluster::with_workers(2, Plain { n: 4 })?;
    let mut other = Cluster::with_workers(2, Plain { n: 4 })?;
    one.start()?;
    other.start()?;
    let (one, other) = (Mutex::new(one), Mutex::new(other));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (one, other) = (&one, &other);
            scope.spawn(move || {
                for round in 0..25 {
                    let mut cluster = if (thread + round) % 2 == 0 { one } else { other }.lock().unwrap();
                    let before = cluster.x.sum();
                    assert_eq!(raise(&mut cluster, 1).unwrap(), [before + 4; 2]);
                }
            });
        }
    });
    let total = one.lock().unwrap().total.get() + other.lock().unwrap().total.get();
    assert_eq!(total, 2 * 4 * 25);
    Ok(())
}

#[dsm::parallel(split(x))]
fn thread_that_is_no_rank(mut res: Plain, allowed: bool) -> Vec<String> {
    // Whatever a thread of the worker's own does, it is no part of the team: it can only be a driver of its own.
    let said = std::thread::scope(|scope| {
        let x = &mut res.x;
        let thread = scope.spawn(move || {
            **x += 1;
            let mut own = Cluster::builder(Plain { n: 2 }).workers(1);
            if allowed {
                own = own.allow_threads();
            }
            let mut own = own.build().unwrap();
            raise(&mut own, 3).map_or_else(|error| format!("{:?}", error.kind()), |sums| format!("{sums:?}"))
        });
        thread.join().unwrap()
    });
    res.team.all_gather(said)
}

#[dsm::test]
fn a_workers_thread_can_be_a_driver_where_threads_are_allowed() -> dsm::Result<()> {
    needs_processes("threads are refused beside a fork only");
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 4 })?;
        for (allowed, words) in [(false, "Threads"), (true, "[6]")] {
            let said = thread_that_is_no_rank(&mut cluster, allowed)?;
            assert!(said.iter().flatten().all(|said| said == words), "{said:?}");
        }
        assert_eq!(cluster.x.to_vec(), [2; 4]);
    }
    Ok(())
}
