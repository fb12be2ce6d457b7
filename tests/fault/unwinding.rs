//! Clusters in destructors that run because of a panic, in the driver and in a worker.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench};
use crate::support::Holdings;

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// Does it while this thread unwinds from a panic.
fn while_unwinding(act: impl FnMut()) {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _act = OnDrop(act);
        panic!("unwinds");
    }));
    assert!(caught.is_err());
}

#[track_caller]
fn assert_refused(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    assert!(error.to_string().contains("can't be forked by a destructor that runs because of a panic"), "{error}");
}

#[dsm::test]
fn workers_are_not_forked_while_a_panic_unwinds() {
    let mut cluster = bench(2);
    let before = Holdings::now();
    while_unwinding(|| {
        assert_refused(&cluster.start().unwrap_err());
        assert_refused(&cluster.first_touch().unwrap_err());
    });
    assert_eq!(Holdings::now(), before);
    assert_works(&mut cluster);
    while_unwinding(|| assert_refused(&cluster.restart().unwrap_err()));
    assert_works(&mut cluster);
}

#[dsm::test]
fn a_cluster_started_before_is_called_while_a_panic_unwinds() {
    let mut cluster = bench(2);
    cluster.start().unwrap();
    while_unwinding(|| assert_works(&mut cluster));
    // The workers' own panics are told as ever.
    while_unwinding(|| assert_eq!(panic_in_a_worker(&mut cluster).unwrap_err().kind(), ErrorKind::Panicked));
    while_unwinding(|| assert_works(&mut cluster));
    let before = Holdings::now();
    while_unwinding(|| {
        let mut inner = Cluster::with_workers(2, Bench { n: 1 }).unwrap();
        assert_refused(&panic_in_a_worker(&mut inner).unwrap_err());
    });
    assert_eq!(Holdings::now(), before);
    assert_works(&mut cluster);
}

#[dsm::parallel]
fn panic_in_a_worker(res: Bench) {
    assert!(res.team.id() > 0, "rank 0 panics");
}

#[dsm::parallel]
fn start_within(res: Bench) -> u64 {
    let mut inner = bench(2);
    while_unwinding(|| assert_refused(&inner.start().unwrap_err()));
    assert_works(&mut inner);
    while_unwinding(|| assert_works(&mut inner));
    res.team.sum(1)
}

#[dsm::test]
fn a_worker_is_no_exception() {
    let mut cluster = bench(2);
    assert_eq!(start_within(&mut cluster).unwrap(), [2, 2]);
    assert_works(&mut cluster);
}
