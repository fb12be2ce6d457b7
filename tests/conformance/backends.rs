//! What carries the workers: the whole suite on each backend, and what is particular to one.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ThreadId;

use dsm::prelude::*;
use dsm::{Backend, ErrorKind};

use crate::support::{role, run_again};
use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n], total: Lock<u64>, fair: FairLock<u64> }
}

const ALL: [Backend; 3] = [Backend::Process, Backend::Thread, Backend::Serial];

fn cluster(backend: Backend, workers: usize) -> Cluster<Plain> {
    Cluster::builder(Plain { n: 10 }).workers(workers).backend(backend).seed(5).build().unwrap()
}

#[test]
fn the_suite_passes_on_threads() {
    run_again(Backend::Thread, &[], "backends::");
}

#[test]
fn the_suite_passes_with_the_one_worker_on_the_drivers_thread() {
    run_again(Backend::Serial, &[], "backends::");
}

/// Draws numbers, deals rows at random and adds floating-point numbers in the order of ranks.
#[dsm::parallel(split(x, random))]
fn draw(mut res: Plain) -> (Vec<u64>, Vec<usize>, f64) {
    let mut numbers = res.team.rng();
    for (_, x) in res.x.iter_mut() {
        *x = numbers.random();
    }
    let rows = res.team.split_indices(20, Schedule::Random).collect();
    let share: f64 = res.team.rng().random();
    (res.x.iter_mut().map(|(_, x)| *x).collect(), rows, res.team.sum(share))
}

#[dsm::test]
fn the_same_numbers_come_on_each_backend() {
    teams([]);
    for workers in [1, 2, 3] {
        let results = ALL.map(|backend| {
            let mut cluster = cluster(backend, workers);
            let calls = [draw(&mut cluster).unwrap(), draw(&mut cluster).unwrap()];
            (calls, cluster.x.to_vec())
        });
        assert_eq!(results[0], results[1]);
        assert!(workers > 1 || results[0] == results[2]);
    }
}

#[dsm::parallel(split(x))]
fn whereabouts(mut res: Plain) -> (usize, u32, String) {
    res.x.fill(res.team.id() as u64);
    (res.team.size(), std::process::id(), format!("{:?}", std::thread::current().id()))
}

fn text(thread: ThreadId) -> String {
    format!("{thread:?}")
}

#[dsm::test]
fn a_thread_for_each_worker_and_none_for_the_one_that_is_serial() {
    teams([]);
    let here = (std::process::id(), text(std::thread::current().id()));
    let mut threads = cluster(Backend::Thread, 3);
    assert_eq!((threads.size(), threads.backend()), (3, Backend::Thread));
    let first = whereabouts(&mut threads).unwrap();
    assert!(first.iter().all(|(size, process, thread)| (*size, *process) == (3, here.0) && *thread != here.1));
    assert!(first[0].2 != first[1].2 && first[1].2 != first[2].2 && first[0].2 != first[2].2);
    assert_eq!(whereabouts(&mut threads).unwrap(), first, "the same threads serve all calls");
    assert_eq!(threads.x.to_vec(), [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]);

    let mut serial = cluster(Backend::Serial, 3);
    assert_eq!((serial.size(), serial.backend()), (1, Backend::Serial));
    assert_eq!(whereabouts(&mut serial).unwrap(), [(1, here.0, here.1)]);
    let error = Cluster::builder(Plain { n: 1 }).workers(0).backend(Backend::Serial).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Workers, "a number that can't be is refused all the same");
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

#[dsm::parallel]
fn count(_res: Plain) -> u64 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

#[dsm::test]
fn threads_share_statics_with_the_driver_and_processes_do_not() {
    teams([]);
    for (backend, expected) in [(Backend::Thread, 4), (Backend::Serial, 1), (Backend::Process, 0)] {
        COUNTER.store(0, Ordering::Relaxed);
        let mut counts = count(&mut cluster(backend, 4)).unwrap();
        counts.sort_unstable();
        assert_eq!(COUNTER.load(Ordering::Relaxed), expected);
        assert!(backend == Backend::Process || counts.into_iter().eq(0..expected));
    }
}

/// Calls a cluster of its own in the middle of a call, and goes on with its own.
#[dsm::parallel(split(x))]
fn call_within(mut res: Plain, inner: Vec<u8>) -> (u64, Vec<u64>) {
    let held = res.total.lock();
    let mut own = cluster(ALL[usize::from(inner[0])], 2);
    let rest = inner[1..].to_vec();
    let sums = if rest.is_empty() {
        raise(&mut own).unwrap()
    } else {
        crate::backends::call_within(&mut own, rest).unwrap().into_iter().map(|(sum, _)| sum).collect()
    };
    let error = refuse(&mut own).unwrap_err();
    assert!(error.kind() == ErrorKind::Panicked && error.to_string().contains("not today"), "{error}");
    // The lock, the team and the arrays are those of this call again.
    drop(held);
    *res.total.lock() += own.x[0];
    *res.fair.lock() += 1;
    res.x.fill(own.x[0]);
    (res.team.sum(res.x.sum()), sums)
}

#[dsm::parallel(split(x))]
fn raise(mut res: Plain) -> u64 {
    *res.x += 1;
    res.team.sum(res.x.sum())
}

#[dsm::parallel]
fn refuse(res: Plain) {
    assert!(res.team.id() > 0, "not today");
    res.team.barrier();
}

#[dsm::test]
fn a_call_within_a_call_works_on_the_same_thread_and_on_others() {
    teams([]);
    // Processes come innermost: they aren't forked beside threads.
    for (outer, inner) in [(2, vec![2]), (2, vec![1]), (1, vec![2]), (1, vec![1]), (1, vec![2, 1]), (2, vec![2, 0])] {
        let mut outer = cluster(ALL[outer], 2);
        let workers = outer.size();
        for _ in 0..2 {
            outer.x.fill(0);
            for (sum, sums) in call_within(&mut outer, inner.clone()).unwrap() {
                assert!(sum == 10 && sums.iter().all(|&sum| sum == 10), "{inner:?}: {sum} {sums:?}");
            }
        }
        assert_eq!((outer.total.get(), outer.fair.get()), (2 * workers as u64, 2 * workers as u64));
    }
}

thread_local! {
    static OWN: RefCell<Option<Cluster<Plain>>> = const { RefCell::new(None) };
}

#[dsm::parallel]
fn call_own_of_before(_res: Plain) -> u64 {
    let mut own = OWN.take().unwrap_or_else(|| cluster(Backend::Serial, 1));
    let sum = raise(&mut own).unwrap()[0];
    assert_eq!(own.x.sum(), sum);
    OWN.set(Some(own));
    sum
}

#[dsm::test]
fn a_workers_own_cluster_is_its_own_in_the_next_call_too() {
    teams([]);
    for backend in ALL {
        let mut cluster = cluster(backend, 2);
        for round in 1..=3 {
            assert_eq!(call_own_of_before(&mut cluster).unwrap(), vec![10 * round; cluster.size()]);
        }
        OWN.set(None);
    }
}

#[dsm::test]
fn processes_are_not_forked_beside_ranks_that_are_threads() {
    teams([]);
    let mut processes = cluster(Backend::Process, 2);
    let mut threads = cluster(Backend::Thread, 3);
    raise(&mut threads).unwrap();
    let error = raise(&mut processes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Threads);
    let said = error.to_string();
    assert!(said.contains("4 threads (3 of them run the ranks of clusters with the backend `thread`)"), "{said}");
    drop(threads);
    assert_eq!(raise(&mut processes).unwrap(), [10, 10], "alone again, it works");
    let mut threads = cluster(Backend::Thread, 3);
    for round in 2..10 {
        assert_eq!(raise(&mut threads).unwrap(), [10 * (round - 1); 3]);
        assert_eq!(raise(&mut processes).unwrap(), [10 * round; 2], "started before, it works beside threads");
    }
}

#[dsm::test]
fn threads_start_beside_threads_and_move_with_their_cluster() {
    teams([]);
    let mut threads = cluster(Backend::Thread, 3);
    for round in 1..=2 {
        let sums = std::thread::scope(|scope| scope.spawn(|| raise(&mut threads).unwrap()).join().unwrap());
        assert_eq!(sums, [10 * round; 3]);
    }
    let mut serial = cluster(Backend::Serial, 1);
    let moved = std::thread::spawn(move || raise(&mut serial).map(|sums| (sums, serial)));
    let (sums, mut serial) = moved.join().unwrap().unwrap();
    assert_eq!((sums, raise(&mut serial).unwrap()), (vec![10], vec![20]));
}

#[dsm::test]
fn the_builder_goes_before_the_variable_and_a_wrong_one_is_refused() {
    match role().as_deref() {
        Some("says nothing") => match Cluster::builder(Plain { n: 1 }).workers(2).build() {
            Ok(cluster) => return print!("{}", cluster.backend()),
            Err(error) => return print!("{:?}: {error}", error.kind()),
        },
        Some(_) => return print!("{}", cluster(Backend::Thread, 2).backend()),
        None => {}
    }
    teams([]);
    let asked = |role, value| {
        let mut program = again!(the_builder_goes_before_the_variable_and_a_wrong_one_is_refused, role);
        let output = program.env("DSM_BACKEND", value).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    for (value, backend) in [("", "process"), ("process", "process"), ("thread", "thread"), ("serial", "serial")] {
        assert_eq!(asked("says nothing", value), backend);
        assert_eq!(asked("says thread", value), "thread");
    }
    let wrong = asked("says nothing", "fibre");
    assert_eq!(wrong, "Backend: DSM_BACKEND is `fibre`: write `process`, `thread` or `serial`, or unset it");
    assert_eq!(asked("says thread", "fibre"), "thread");
}
