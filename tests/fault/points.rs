//! Each process, ended in each way at each named point of a call: the right error or the right result, the locks that
//! were held poisoned and no others, nothing left behind, and the next call works.

use std::time::Duration;

use dsm::__private::point::Point;
use dsm::prelude::*;
use dsm::{ErrorKind, WaitPolicy};

use crate::bench::{Bench, N, assert_works, eventually, is_alive, pids};
use crate::faults::Fault;
use crate::strikes::{Strike, arm, disarm};
use crate::support::{Holdings, children, watchdog};

/// A call that comes to every point: waits for locks and in collectives, phases, contributions, sections, loops, a result.
///
/// While a lock is held nothing else of dsm is done, so that only whoever is struck then leaves it poisoned.
#[dsm::parallel(split(a), read(b))]
fn tour(res: Bench) -> (u64, f64) {
    let (team, mut a, mut b) = (res.team, res.a, res.b);
    let mut sum = 0;
    for round in 0..3 {
        *res.guarded.lock() += 1;
        *res.fair.lock() += 1;
        a.fill(f64::from(round));
        let mut adding = team.phase(a.accumulate(ops::Add));
        adding.contribute(0, 0.0);
        a = team.phase(adding.reclaim());
        (b, a) = team.phase((a.publish(), b.reclaim()));
        sum += team.sum(1_u64) + team.single(|| 1_u64);
        team.critical(|| std::hint::black_box(()));
        team.for_each(0..2 * team.size(), Schedule::Dynamic(1), |_| ());
    }
    (sum + team.all_gather(1_u64).len() as u64, b.sum())
}

fn toured(workers: usize) -> Vec<(u64, f64)> {
    let (size, sum) = (workers as u64, 2.0 * N as f64);
    vec![(3 * (size + 1) + size, sum); workers]
}

/// A cluster whose waiting workers sleep at once, so that they come to the points of sleeping too.
fn sleepy(workers: usize) -> Cluster<Bench> {
    watchdog();
    let builder = Cluster::builder(Bench { n: N }).workers(workers).wait_policy(WaitPolicy::Passive);
    builder.grace(Duration::from_secs(100)).build().unwrap()
}

/// Nothing of a cluster is left: no process, descriptor or name.
fn leaves_nothing(run: impl FnOnce(&mut Cluster<Bench>), workers: usize) {
    let before = Holdings::now();
    let mut cluster = sleepy(workers);
    run(&mut cluster);
    disarm();
    cluster.guarded.clear_poison();
    cluster.fair.clear_poison();
    assert_works(&mut cluster);
    let processes: Vec<u32> = pids(&mut cluster).into_iter().chain(children(std::process::id())).collect();
    drop(cluster);
    eventually(|| !processes.iter().any(|&process| is_alive(process)));
    assert_eq!(Holdings::now(), before);
}

/// Whether a worker that ends at this point ends after the driver's results are safe, or before it has begun.
fn may_succeed(point: Point) -> bool {
    use Point::{Answering, Finished, Returned, WorkerForked, WorkerIdle};
    matches!(point, WorkerForked | WorkerIdle | Finished | Returned | Answering)
}

/// The kinds of error that a fault of a worker may end in.
fn kinds(fault: Fault) -> &'static [ErrorKind] {
    match fault {
        // Outside the user's function a panic ends the process.
        Fault::Panic => &[ErrorKind::Panicked, ErrorKind::Exited],
        Fault::Exit(_) => &[ErrorKind::Exited],
        _ => &[ErrorKind::Died],
    }
}

/// A worker is struck at a point while all tour.
fn strike_worker(point: Point, fault: Fault, workers: usize) {
    leaves_nothing(
        |cluster| {
            let strikes = arm(&[Strike::at(point, fault)]);
            let result = tour(cluster);
            let rank = strikes.made(1)[0].unwrap();
            match &result {
                Ok(results) => {
                    assert!(may_succeed(point), "{point:?} {fault:?}: rank {rank} was struck in the call");
                    assert_eq!(*results, toured(workers));
                }
                Err(error) => {
                    let told = kinds(fault).contains(&error.kind()) && error.rank() == Some(rank);
                    assert!(told, "{point:?} {fault:?} of rank {rank}: {error}");
                }
            }
            let held = matches!(point, Point::LockTaken | Point::LockReleasing);
            let poisoned = cluster.guarded.is_poisoned() || cluster.fair.is_poisoned();
            assert_eq!(poisoned, held, "{point:?} {fault:?}: {result:?}");
        },
        workers,
    );
}

const WORKERS_POINTS: [Point; 21] = [
    Point::WorkerForked,
    Point::WorkerIdle,
    Point::WorkerBegun,
    Point::WorkerSleeping,
    Point::WorkerWoken,
    Point::LockTaken,
    Point::LockReleasing,
    Point::Arriving,
    Point::Opening,
    Point::Met,
    Point::Granting,
    Point::Combining,
    Point::Contributing,
    Point::First,
    Point::ChunkTaken,
    Point::Writing,
    Point::Returning,
    Point::Returned,
    Point::Finished,
    Point::Answering,
    Point::Leaving,
];

/// Where the monitor comes as the pool starts, as a call runs, and as it ends.
const MONITORS_POINTS: [Point; 8] = [
    Point::MonitorForked,
    Point::MonitorForking,
    Point::MonitorReady,
    Point::MonitorPolling,
    Point::MonitorReaped,
    Point::MonitorRecovering,
    Point::MonitorRebuilding,
    Point::MonitorRecovered,
];

fn strike_workers(fault: Fault) {
    for workers in [2, 8] {
        for point in WORKERS_POINTS {
            match point {
                Point::Leaving => strike_one_who_leaves(fault, workers),
                _ => strike_worker(point, fault, workers),
            }
        }
    }
}

/// A worker fails the call, and another, on its way out, is struck too: the first is told, and both are replaced.
fn strike_one_who_leaves(fault: Fault, workers: usize) {
    leaves_nothing(
        |cluster| {
            let first = Strike::at(Point::Granting, Fault::Panic).of_rank(0);
            let strikes = arm(&[first, Strike::at(Point::Leaving, fault).of_rank(1)]);
            let error = tour(cluster).unwrap_err();
            assert_eq!(strikes.made(2), [Some(0), Some(1)]);
            assert_eq!((error.kind(), error.rank()), (ErrorKind::Panicked, Some(0)), "{error}");
        },
        workers,
    );
}

#[dsm::test]
fn a_worker_killed_at_any_point() {
    strike_workers(Fault::Kill);
}

#[dsm::test]
fn a_worker_that_segfaults_at_any_point() {
    strike_workers(Fault::Segfault);
}

#[dsm::test]
fn a_worker_that_aborts_at_any_point() {
    strike_workers(Fault::Abort);
}

#[dsm::test]
fn a_worker_that_overflows_its_stack_at_any_point() {
    strike_workers(Fault::StackOverflow);
}

#[dsm::test]
fn a_worker_that_exits_at_any_point() {
    strike_workers(Fault::Exit(3));
}

#[dsm::test]
fn a_worker_that_panics_at_any_point() {
    strike_workers(Fault::Panic);
}

/// The monitor is struck at a point while all tour; where a worker's death leads it there, a worker dies first.
fn strike_monitor(point: Point, fault: Fault, workers: usize) {
    use Point::{MonitorReaped, MonitorRebuilding, MonitorRecovered, MonitorRecovering};
    leaves_nothing(
        |cluster| {
            let after_a_death =
                matches!(point, MonitorReaped | MonitorRecovering | MonitorRebuilding | MonitorRecovered);
            let mut planned = vec![Strike::at(point, fault)];
            if after_a_death {
                planned.push(Strike::at(Point::Granting, Fault::Kill).of_rank(1));
            }
            let strikes = arm(&planned);
            match tour(cluster) {
                Err(error) => assert_eq!(error.kind(), ErrorKind::Monitor, "{point:?} {fault:?}: {error}"),
                // The workers live a moment longer than their monitor, and may have returned by then.
                Ok(results) => assert_eq!((point, results), (Point::MonitorPolling, toured(workers))),
            }
            assert_eq!(strikes.made(planned.len()).last(), Some(&None), "{point:?} {fault:?}");
            // The next call must not begin under a monitor that is about to end.
            eventually(|| !children(std::process::id()).into_iter().any(is_alive));
        },
        workers,
    );
}

#[dsm::test]
fn the_monitor_killed_at_any_point() {
    for workers in [2, 8] {
        for point in MONITORS_POINTS {
            strike_monitor(point, Fault::Kill, workers);
        }
    }
}

#[dsm::test]
fn the_monitor_ended_by_itself_at_any_point() {
    for fault in [Fault::Segfault, Fault::Abort, Fault::StackOverflow, Fault::Panic] {
        for point in MONITORS_POINTS {
            strike_monitor(point, fault, 2);
        }
    }
}

#[dsm::test]
fn the_monitor_killed_as_it_replaces_a_worker() {
    for workers in [2, 8] {
        leaves_nothing(
            |cluster| {
                // The workers of the start are as many forks as there are ranks.
                let replacing = Strike::at(Point::MonitorForking, Fault::Kill).for_the(workers as u32 + 1);
                let strikes = arm(&[Strike::at(Point::Met, Fault::Kill), replacing]);
                // The driver has its error by then; the next call finds a monitor that is gone.
                let error = tour(cluster).unwrap_err();
                assert_eq!((strikes.made(2)[1], error.kind()), (None, ErrorKind::Died), "{error}");
                eventually(|| !children(std::process::id()).into_iter().any(is_alive));
            },
            workers,
        );
    }
}

#[dsm::test]
fn a_replacement_killed_before_it_is_ready_is_replaced_in_its_turn() {
    for workers in [2, 8] {
        leaves_nothing(
            |cluster| {
                let dies = Strike::at(Point::Met, Fault::Kill).of_rank(1);
                // Counted in each process by itself: the first of this rank is spared.
                let again = Strike::at(Point::WorkerForked, Fault::Segfault).of_rank(1);
                let strikes = arm(&[dies]);
                cluster.start().unwrap();
                let error = tour(cluster).unwrap_err();
                assert_eq!((strikes.made(1), error.rank()), (vec![Some(1)], Some(1)), "{error}");
                drop(strikes);
                // A new pool, whose worker dies as it starts; nothing of the call is lost.
                cluster.restart().unwrap();
                let strikes = arm(&[again]);
                cluster.restart().unwrap();
                assert_eq!(tour(cluster).unwrap(), toured(workers));
                assert_eq!(strikes.made(1), [Some(1)]);
            },
            workers,
        );
    }
}

#[dsm::test]
fn two_workers_that_die_at_once() {
    for workers in [2, 8] {
        for (one, other) in [
            (Point::Arriving, Point::Opening),
            (Point::LockTaken, Point::LockTaken),
            (Point::Met, Point::WorkerSleeping),
            (Point::Writing, Point::Writing),
            (Point::WorkerBegun, Point::WorkerBegun),
        ] {
            leaves_nothing(
                |cluster| {
                    let pair = [Strike::at(one, Fault::Kill).of_rank(0), Strike::at(other, Fault::Kill).of_rank(1)];
                    let strikes = arm(&pair);
                    let error = tour(cluster).unwrap_err();
                    assert!(!strikes.made(1).is_empty());
                    assert_eq!(error.kind(), ErrorKind::Died, "{error}");
                    assert!(error.rank().is_some_and(|rank| rank < 2), "{error}");
                },
                workers,
            );
        }
    }
}

#[dsm::test]
fn whoever_stands_still_at_a_point_goes_on_and_nothing_is_lost() {
    use Point::{Leaving, MonitorReaped, MonitorRebuilding, MonitorRecovered, MonitorRecovering};
    let amid_failure = [Leaving, MonitorReaped, MonitorRecovering, MonitorRebuilding, MonitorRecovered];
    for workers in [2, 8] {
        for &point in WORKERS_POINTS.iter().chain(&MONITORS_POINTS) {
            leaves_nothing(
                |cluster| {
                    let dies = Strike::at(Point::Granting, Fault::Kill).of_rank(1);
                    if amid_failure.contains(&point) {
                        let strikes = arm(&[dies, Strike::still_at(point)]);
                        let error = tour(cluster).unwrap_err();
                        assert_eq!((error.kind(), error.rank()), (ErrorKind::Died, Some(1)), "{error}");
                        strikes.made(2);
                    } else {
                        let strikes = arm(&[Strike::still_at(point)]);
                        assert_eq!(tour(cluster).unwrap(), toured(workers));
                        strikes.made(1);
                    }
                },
                workers,
            );
        }
    }
}

#[dsm::test]
fn the_monitor_ended_as_it_leaves_leaves_nothing() {
    for fault in [Fault::Kill, Fault::Segfault, Fault::Abort, Fault::Panic] {
        let before = Holdings::now();
        let mut cluster = sleepy(4);
        let strikes = arm(&[Strike::at(Point::MonitorLeaving, fault)]);
        assert_eq!(tour(&mut cluster).unwrap(), toured(4));
        let processes = pids(&mut cluster);
        drop(cluster);
        assert_eq!(strikes.made(1), [None]);
        disarm();
        drop(strikes);
        eventually(|| !processes.iter().any(|&process| is_alive(process)));
        assert_eq!(Holdings::now(), before, "{fault:?}");
    }
}

#[dsm::test]
fn a_rank_whose_workers_all_die_as_they_start_is_given_up_and_the_next_call_has_a_new_pool() {
    for workers in [2, 8] {
        leaves_nothing(
            |cluster| {
                let stillborn = Strike::at(Point::WorkerForked, Fault::Kill).of_rank(1);
                let _strikes = arm(&[stillborn; 12]);
                let error = tour(cluster).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Os, "{error}");
                // As the call runs, or before the driver has posted it.
                let told = ["the worker of rank 1 could not be replaced", "a rank ends as soon as it starts"];
                assert!(told.iter().any(|told| error.to_string().contains(told)), "{error}");
            },
            workers,
        );
    }
}
