//! The driver's threads: workers aren't forked beside them, unless the user says so.

use std::sync::mpsc;

use dsm::ErrorKind;
use dsm::prelude::*;

use crate::support::needs_processes;
use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n] }
}

#[dsm::parallel(split(x))]
fn raise(mut res: Plain) -> usize {
    *res.x += 1;
    res.team.id()
}

/// A thread that lives until the sender is dropped.
fn thread() -> (mpsc::Sender<()>, std::thread::JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || _ = receiver.recv());
    (sender, thread)
}

#[dsm::test]
fn a_thread_beside_the_driver_is_refused_with_what_to_do() -> dsm::Result<()> {
    needs_processes("threads are refused beside a fork only");
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 4 })?;
        let (sender, thread) = thread();
        for error in [raise(&mut cluster).unwrap_err(), cluster.start().unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Threads);
            let text = error.to_string();
            assert!(text.contains("2 threads") && text.contains("allow_threads") && text.contains("start()"), "{text}");
        }
        drop(sender);
        thread.join().unwrap();
        assert_eq!(raise(&mut cluster)?.len(), workers, "alone again, it works");
    }
    Ok(())
}

#[dsm::test]
fn a_cluster_started_before_the_thread_works_beside_it() -> dsm::Result<()> {
    needs_processes("threads are refused beside a fork only");
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 4 })?;
        cluster.start()?;
        let (sender, thread) = thread();
        for round in 1..=10 {
            raise(&mut cluster)?;
            assert_eq!(cluster.x.to_vec(), [round; 4]);
        }
        assert_eq!(cluster.restart().unwrap_err().kind(), ErrorKind::Threads);
        drop(sender);
        thread.join().unwrap();
        raise(&mut cluster)?;
        assert_eq!(cluster.x.to_vec(), [11; 4]);
    }
    Ok(())
}

#[dsm::test]
fn a_thread_that_the_user_allows_is_no_obstacle() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let (sender, thread) = thread();
        let mut cluster = Cluster::builder(Plain { n: 4 }).workers(workers).allow_threads().build()?;
        assert!(raise(&mut cluster)?.into_iter().eq(0..workers));
        cluster.restart()?;
        raise(&mut cluster)?;
        assert_eq!(cluster.x.to_vec(), [2; 4]);
        drop(sender);
        thread.join().unwrap();
    }
    Ok(())
}

#[dsm::test]
fn a_started_cluster_moves_to_another_thread() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 4 })?;
        cluster.start()?;
        let moved = std::thread::spawn(move || {
            let results = raise(&mut cluster).map(|ranks| ranks.len());
            (results, cluster)
        });
        let (results, mut cluster) = moved.join().unwrap();
        assert_eq!(results?, workers);
        raise(&mut cluster)?;
        assert_eq!(cluster.x.to_vec(), [2; 4]);
        // Dropped on a thread that isn't the one that forked.
        std::thread::spawn(move || drop(cluster)).join().unwrap();
        assert_eq!(crate::support::children(std::process::id()), [0; 0]);
    }
    Ok(())
}

#[dsm::test]
fn the_workers_outlive_the_thread_that_forked_them() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let made = std::thread::spawn(move || {
            let mut cluster = Cluster::builder(Plain { n: 4 }).workers(workers).allow_threads().build()?;
            cluster.start()?;
            dsm::Result::Ok(cluster)
        });
        let mut cluster = made.join().unwrap()?;
        for _ in 0..5 {
            raise(&mut cluster)?;
        }
        assert_eq!(cluster.x.to_vec(), [5; 4]);
    }
    Ok(())
}

#[dsm::parallel(split(x))]
fn with_threads(mut res: Plain) -> u64 {
    let (left, right) = {
        let middle = res.x.len() / 2;
        res.x.view_mut().split_at(Axis(0), middle)
    };
    std::thread::scope(|scope| {
        for mut half in [left, right] {
            scope.spawn(move || half += 1);
        }
    });
    let all = res.team.phase(res.x.publish());
    let sum = std::thread::scope(|scope| scope.spawn(|| all.sum()).join().unwrap());
    res.team.barrier();
    sum
}

#[dsm::test]
fn views_cross_into_a_workers_scoped_threads() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain { n: 100 })?;
        assert_eq!(with_threads(&mut cluster)?, vec![100; workers]);
        assert_eq!(with_threads(&mut cluster)?, vec![200; workers]);
    }
    Ok(())
}
