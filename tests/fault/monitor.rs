//! The monitor is killed: its workers go with it, the call fails, and the next one has a new monitor.

use dsm::ErrorKind;
use dsm::prelude::*;
use nix::sys::signal::Signal;

use crate::bench::{Bench, assert_works, bench, eventually, impatient, is_alive, pids, send, until};
use crate::support::{Holdings, children, parent_of};

/// What the workers do while their monitor is killed.
const COMPUTE: u8 = 0;
const WAIT: u8 = 1;
const HOLD: u8 = 2;

#[dsm::parallel(split(written))]
fn lose_the_monitor(mut res: Bench, doing: u8) {
    res.written.fill(7);
    res.team.barrier();
    let mut guard = None;
    if res.team.id() == 0 {
        if doing == HOLD {
            guard = Some(res.guarded.lock());
        }
        if doing != COMPUTE {
            until(res.ready, res.team.size() as u32 - 1);
        }
        send(Signal::SIGKILL, parent_of(std::process::id()).unwrap());
    } else {
        res.ready.fetch_add(1);
        match doing {
            WAIT => res.team.barrier(),
            HOLD => drop(res.guarded.lock()),
            _ => {}
        }
    }
    // Workers die with their monitor.
    loop {
        std::hint::black_box(&mut guard);
    }
}

/// None of these is left. The driver waits until they have closed what they shared; the very end comes a moment later.
fn assert_gone(workers: &[u32]) {
    eventually(|| !workers.iter().any(|&worker| is_alive(worker)));
}

/// Every worker of before is gone, and there is one monitor with its workers.
#[track_caller]
fn assert_whole(cluster: &mut Cluster<Bench>, before: &[u32]) {
    assert_gone(before);
    assert_works(cluster);
    let monitors = children(std::process::id());
    assert_eq!(monitors.len(), 1);
    assert_eq!(children(monitors[0]).len(), cluster.size());
}

#[dsm::test]
fn a_monitor_killed_during_a_call_fails_it() {
    for workers in [2, 8] {
        for doing in [COMPUTE, WAIT, HOLD] {
            let holdings = Holdings::now();
            let mut cluster = bench(workers);
            let before = pids(&mut cluster);
            let error = lose_the_monitor(&mut cluster, doing).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Monitor);
            assert!(error.to_string().contains("`lose_the_monitor`"), "{error}");
            assert!(cluster.written.iter().all(|&x| x == 7));
            assert_whole(&mut cluster, &before);
            drop(cluster);
            assert_eq!(Holdings::now(), holdings);
        }
    }
}

#[dsm::parallel]
fn take(res: Bench) -> u64 {
    *res.guarded.lock()
}

#[dsm::test]
fn a_lock_held_when_the_monitor_was_killed_is_poisoned() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        lose_the_monitor(&mut cluster, HOLD).unwrap_err();
        assert!(cluster.guarded.is_poisoned() && !cluster.other.is_poisoned());
        let error = take(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(error.to_string().contains("lock `guarded` is poisoned"), "{error}");
        cluster.guarded.set(4);
        assert_eq!(take(&mut cluster).unwrap(), vec![4; workers]);
    }
}

#[dsm::test]
fn after_a_monitor_killed_between_calls_the_next_call_just_works() {
    for workers in [2, 8] {
        let holdings = Holdings::now();
        let mut cluster = bench(workers);
        for round in 0..6 {
            let before = pids(&mut cluster);
            let monitor = parent_of(before[0]).unwrap();
            assert_eq!(parent_of(monitor), Some(std::process::id()));
            send(Signal::SIGKILL, monitor);
            if round % 2 == 0 {
                eventually(|| !is_alive(monitor));
            }
            // Killed a moment ago, it may die only once the next call is under way, or over.
            while let Err(error) = take(&mut cluster) {
                assert!(round % 2 == 1 && error.kind() == ErrorKind::Monitor, "{error}");
            }
            assert_whole(&mut cluster, &before);
        }
        drop(cluster);
        assert_eq!(Holdings::now(), holdings);
    }
}

#[dsm::test]
fn a_cluster_whose_monitor_was_killed_is_dropped_without_a_trace() {
    for workers in [2, 8] {
        let holdings = Holdings::now();
        let mut cluster = bench(workers);
        let before = pids(&mut cluster);
        send(Signal::SIGKILL, parent_of(before[0]).unwrap());
        drop(cluster);
        assert_gone(&before);
        assert_eq!(Holdings::now(), holdings);
    }
}

#[dsm::test]
fn a_monitor_killed_with_all_its_workers_is_made_anew() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let before = pids(&mut cluster);
        let monitor = parent_of(before[0]).unwrap();
        before.iter().chain([&monitor]).for_each(|&process| send(Signal::SIGKILL, process));
        eventually(|| !is_alive(monitor));
        assert_whole(&mut cluster, &before);
    }
}

#[dsm::parallel]
fn stop_the_monitor(res: Bench) {
    if res.team.id() == 0 {
        send(Signal::SIGSTOP, parent_of(std::process::id()).unwrap());
    }
    loop {
        std::hint::spin_loop();
    }
}

#[dsm::test]
fn a_deadline_holds_also_when_the_monitor_is_stopped() {
    let mut cluster = impatient(2);
    let before = pids(&mut cluster);
    let monitor = parent_of(before[0]).unwrap();
    cluster.set_deadline(Some(std::time::Duration::from_millis(100)));
    let error = stop_the_monitor(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(error.to_string().contains("did not answer"), "{error}");
    cluster.set_deadline(None);
    assert_whole(&mut cluster, &before);
    eventually(|| !is_alive(monitor));
}

#[dsm::test]
fn a_cluster_whose_monitor_is_stopped_is_dropped_without_a_trace() {
    let holdings = Holdings::now();
    let mut cluster = bench(2);
    let before = pids(&mut cluster);
    send(Signal::SIGSTOP, parent_of(before[0]).unwrap());
    // The longest drop there is: a stopped monitor is given two seconds.
    drop(cluster);
    assert_gone(&before);
    assert_eq!(Holdings::now(), holdings);
}

#[dsm::test]
fn a_request_to_end_leaves_the_monitor_to_the_driver() {
    let mut cluster = bench(2);
    let before = pids(&mut cluster);
    let monitor = parent_of(before[0]).unwrap();
    send(Signal::SIGTERM, monitor);
    send(Signal::SIGHUP, monitor);
    assert_works(&mut cluster);
    assert_eq!(pids(&mut cluster), before);
}
