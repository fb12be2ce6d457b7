//! What all these tests work on: one declared struct, and a call that shows that a cluster is whole.

use std::time::Duration;

use dsm::prelude::*;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{status_of, watchdog};

dsm::shared! {
    pub(crate) struct Bench(n: usize) {
        written: [u64; n],
        a: [f64; n],
        b: [f64; n],
        grid: [u32; n, 6],
        guarded: Lock<u64>,
        other: Lock<u64>,
        fair: FairLock<u64>,
        other_fair: FairLock<u64>,
        bins: [Lock<u64>; 8],
        fair_bins: [FairLock<u64>; 8],
        flag: Flag,
        flags: [Flag; 8],
        ready: Atomic<u32>,
        count: Atomic<u32>,
    }
}

/// Rows of every array, more than workers.
pub(crate) const N: usize = 40;

/// A cluster for a test, and the test's watchdog.
///
/// Its grace is long, so that on a busy machine no worker is killed that would have left by itself.
pub(crate) fn bench(workers: usize) -> Cluster<Bench> {
    watchdog();
    Cluster::builder(Bench { n: N }).workers(workers).grace(Duration::from_secs(100)).build().unwrap()
}

/// One whose failed calls don't wait long for workers that compute.
pub(crate) fn impatient(workers: usize) -> Cluster<Bench> {
    watchdog();
    Cluster::builder(Bench { n: N }).workers(workers).grace(Duration::from_millis(100)).build().unwrap()
}

#[dsm::parallel(split(a), read(b), atomic(grid))]
fn work(mut res: Bench, round: f64) -> (u64, usize) {
    let (rank, team) = (res.team.id(), res.team);
    res.a.fill(round + rank as f64);
    let (a, mut b) = team.phase((res.a.publish(), res.b.reclaim()));
    b.fill(a.sum());
    let (b, a) = team.phase((b.publish(), a.rows(Schedule::Random)));
    assert!(b.iter().all(|&x| x == b[0]));
    *res.other.lock() += 1;
    *res.other_fair.lock() += 1;
    team.critical(|| res.grid[[0, 0]].store(res.grid[[0, 0]].load() + 1));
    let chosen = team.single(|| rank);
    assert!(chosen < team.size());
    (team.sum(rank as u64), team.sum(a.len()))
}

/// The next call works, with the right results.
#[track_caller]
pub(crate) fn assert_works(cluster: &mut Cluster<Bench>) {
    let size = cluster.size();
    assert!(!cluster.other.is_poisoned() && !cluster.other_fair.is_poisoned(), "locks that nobody held");
    cluster.other.set(0);
    cluster.other_fair.set(0);
    cluster.grid[[0, 0]] = 0;
    for round in 1..=2_u32 {
        let results = work(cluster, f64::from(round)).unwrap();
        assert_eq!(results, vec![((size * (size - 1) / 2) as u64, N); size]);
        assert_eq!(cluster.b[0], cluster.a.sum());
        let calls = u64::from(round) * size as u64;
        assert_eq!((cluster.other.get(), cluster.other_fair.get()), (calls, calls));
        assert_eq!(u64::from(cluster.grid[[0, 0]]), calls);
    }
}

#[dsm::parallel]
fn process_ids(_res: Bench) -> u32 {
    std::process::id()
}

/// The workers' process numbers, by rank.
#[track_caller]
pub(crate) fn pids(cluster: &mut Cluster<Bench>) -> Vec<u32> {
    process_ids(cluster).unwrap()
}

/// Sends a signal to a process of this test.
pub(crate) fn send(signal: Signal, process: u32) {
    kill(Pid::from_raw(process as i32), signal).unwrap();
}

/// Waits until a count is reached.
pub(crate) fn until(count: &Atomic<u32>, value: u32) {
    while count.load() < value {
        std::thread::yield_now();
    }
}

/// Waits for what has no event of its own; the watchdog bounds it.
pub(crate) fn eventually(mut condition: impl FnMut() -> bool) {
    while !condition() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Gives others, who have announced that they are about to wait, the time to fall asleep: there is no event for that.
pub(crate) fn let_them_sleep() {
    std::thread::sleep(Duration::from_millis(10));
}

/// Whether the process is there and no zombie.
pub(crate) fn is_alive(process: u32) -> bool {
    status_of(process, "State").is_some_and(|state| !state.starts_with(['Z', 'X']))
}
