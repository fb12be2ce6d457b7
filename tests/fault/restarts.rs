//! Pools that are started anew, or can't be: what the next call gets, and what it finds as before.

use std::time::Duration;

use dsm::ErrorKind;
use dsm::prelude::*;
use nix::sys::signal::Signal;

use crate::bench::{Bench, N, assert_works, bench, eventually, is_alive, pids, send};
use crate::support::{Holdings, children, watchdog};

#[dsm::parallel]
fn stand(res: Bench) {
    if res.team.id() == 1 {
        nix::sys::signal::raise(Signal::SIGSTOP).unwrap();
    }
    res.team.barrier();
}

#[dsm::test]
fn a_worker_that_stands_still_past_the_deadline_is_killed_and_replaced() {
    watchdog();
    for workers in [2, 8] {
        let builder = Cluster::builder(Bench { n: N }).workers(workers).grace(Duration::from_millis(50));
        let mut cluster = builder.deadline(Duration::from_millis(200)).build().unwrap();
        let before = pids(&mut cluster);
        let error = stand(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert!(error.to_string().contains("rank 1 did not reach a dsm operation within 50ms"), "{error}");
        eventually(|| !is_alive(before[1]));
        assert_eq!(pids(&mut cluster).len(), workers);
    }
}

#[dsm::test]
fn all_workers_of_a_fresh_pool_may_die_at_once_and_nothing_is_lost() {
    for _ in 0..10 {
        let mut cluster = bench(8);
        cluster.start().unwrap();
        let monitor = children(std::process::id())[0];
        children(monitor).into_iter().for_each(|worker| send(Signal::SIGKILL, worker));
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn draw(res: Bench) -> u64 {
    res.team.rng().random()
}

#[dsm::test]
fn random_numbers_do_not_come_again_with_a_new_pool() {
    let mut cluster = bench(2);
    let mut drawn = Vec::new();
    for round in 0..4 {
        drawn.extend(draw(&mut cluster).unwrap());
        if round % 2 == 0 {
            cluster.restart().unwrap();
        } else {
            let monitor = children(std::process::id())[0];
            send(Signal::SIGKILL, monitor);
            eventually(|| !is_alive(monitor));
        }
    }
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), 8);
}

#[dsm::test]
fn a_driver_with_threads_that_lost_its_monitor_is_told_so() {
    let mut cluster = bench(2);
    let workers = pids(&mut cluster);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || stopped.recv());
    assert_works(&mut cluster);
    send(Signal::SIGKILL, children(std::process::id())[0]);
    eventually(|| !workers.iter().any(|&worker| is_alive(worker)));
    let error = draw(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Threads, "{error}");
    assert!(error.to_string().contains("the process that watched over the workers was killed since"), "{error}");
    drop(stop);
    thread.join().unwrap().unwrap_err();
    assert_works(&mut cluster);
}

#[cfg(debug_assertions)]
#[dsm::test]
fn a_monitor_that_stands_still_as_it_starts_is_killed_when_the_deadline_has_passed() {
    use crate::strikes::{Strike, arm};
    use dsm::__private::point::Point;

    watchdog();
    let before = Holdings::now();
    let strikes = arm(&[Strike::stop_at(Point::MonitorForked)]);
    let builder = Cluster::builder(Bench { n: N }).workers(2).deadline(Duration::from_millis(50));
    let mut cluster = builder.build().unwrap();
    let error = draw(&mut cluster).unwrap_err();
    assert_eq!((strikes.made(1), error.kind()), (vec![None], ErrorKind::Deadline), "{error}");
    assert!(error.to_string().contains("was to fork 2 workers"), "{error}");
    assert!(draw(&mut cluster).is_ok());
    drop(cluster);
    crate::strikes::disarm();
    drop(strikes);
    assert_eq!(Holdings::now(), before);
}

/// A child that other code forks on another thread, again and again while clusters come and go, holds nothing of theirs.
#[dsm::test]
#[allow(unsafe_code)]
fn forks_by_other_threads_hold_up_no_cluster() {
    use std::sync::mpsc::RecvTimeoutError;

    use nix::sys::wait::waitpid;
    use nix::unistd::{ForkResult, Pid, fork};

    fn end(child: Pid) {
        nix::sys::signal::kill(child, Signal::SIGKILL).unwrap();
        waitpid(child, None).unwrap();
    }

    watchdog();
    // Enough memory that a fork takes a while.
    let ballast = vec![1_u8; 400 << 20];
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let forks = std::thread::spawn(move || {
        let mut children = Vec::new();
        // Every child stays: one that held the lifeline of a cluster would hold up its end until the watchdog comes.
        while stopped.recv_timeout(Duration::from_millis(2)) == Err(RecvTimeoutError::Timeout) {
            // SAFETY: the child calls nothing but what may be called after a fork beside threads.
            match unsafe { fork() }.unwrap() {
                ForkResult::Child => loop {
                    // SAFETY: sleeps until it is killed.
                    unsafe { libc::pause() };
                },
                ForkResult::Parent { child } => children.push(child),
            }
        }
        children
    });
    for _ in 0..20 {
        let builder = Cluster::builder(Bench { n: N }).workers(2).allow_threads();
        let mut cluster = builder.build().unwrap();
        assert_works(&mut cluster);
        drop(cluster);
    }
    drop(stop);
    forks.join().unwrap().into_iter().for_each(end);
    drop(ballast);
}

#[dsm::test]
fn whoever_holds_the_standard_output_may_start_clusters_beside_others_who_do() {
    watchdog();
    let run = |holds: bool| {
        let _out = holds.then(|| std::io::stdout().lock());
        let builder = Cluster::builder(Bench { n: N }).workers(1).allow_threads();
        assert_eq!(draw(&mut builder.build().unwrap()).unwrap().len(), 1);
    };
    std::thread::scope(|scope| {
        for holds in [false, true] {
            scope.spawn(move || (0..60).for_each(|_| run(holds)));
        }
    });
}
