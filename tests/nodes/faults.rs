//! What fails on one node is an error at the driver, and the next call works.

use std::time::Duration;

use dsm::prelude::*;
use dsm::{Backend, Error, ErrorKind};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};

use crate::support::{children, role, watchdog};

dsm::shared! {
    struct Bench(n: usize) { a: [u64; n], b: [u64; n], guarded: Lock<u64>, turn: Flag }
}

const N: usize = 24;
const RANKS: usize = 6;

fn bench() -> Cluster<Bench> {
    watchdog();
    let builder = Cluster::builder(Bench { n: N }).backend(Backend::Mpi).grace(Duration::from_millis(100));
    let cluster = builder.build().unwrap();
    assert_eq!(cluster.size(), RANKS);
    cluster
}

#[dsm::parallel(split(a), read(b))]
fn work(mut res: Bench, round: u64) -> (u64, u64) {
    res.a.fill(round + res.id as u64);
    let (a, mut b) = res.team.phase((res.a.publish(), res.b.reclaim()));
    b.fill(a.sum());
    let b = res.team.phase(b.publish());
    (res.team.sum(res.id as u64), b.sum())
}

#[track_caller]
fn assert_works(cluster: &mut Cluster<Bench>) {
    for round in 1..3 {
        let each: u64 = (0..RANKS as u64).map(|rank| (round + rank) * (N / RANKS) as u64).sum();
        assert_eq!(work(cluster, round).unwrap(), [(15, each * N as u64); RANKS]);
        assert_eq!((cluster.a[N - 1], cluster.b.sum()), (round + 5, each * N as u64));
    }
}

/// What a rank does while the others meet and meet again.
#[dsm::parallel(split(a))]
fn strike(mut res: Bench, who: usize, what: &str) {
    let team = &res.team;
    res.a.fill(100 + res.id as u64);
    team.barrier();
    if res.id == who {
        match what {
            "panic" => panic!("as asked"),
            "kill" => kill(Pid::this(), Signal::SIGKILL).unwrap(),
            "exit" => std::process::exit(3),
            "monitor" => kill(getppid(), Signal::SIGKILL).unwrap(),
            "return" => return,
            "other" => drop(team.sum(1)),
            "lock" => drop(res.guarded.lock()),
            "flag" => res.turn.post(1),
            "critical" => team.critical(|| ()),
            "ordered" => team.ordered(0, || ()),
            "split" => drop(team.split(0)),
            "endless" => loop {
                std::hint::black_box(());
            },
            _ => {}
        }
    }
    for _ in 0..100 {
        team.barrier();
    }
}

fn struck(cluster: &mut Cluster<Bench>, who: usize, what: &str) -> Error {
    strike(cluster, who, what).unwrap_err()
}

#[dsm::test]
fn a_failure_on_any_node_is_told_by_its_rank_and_the_next_call_works() {
    if role().is_none() {
        return on_nodes!(a_failure_on_any_node_is_told_by_its_rank_and_the_next_call_works, 3, 2);
    }
    let mut cluster = bench();
    for who in 0..RANKS {
        let error = struck(&mut cluster, who, "panic");
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Panicked, Some(who)), "{error}");
        assert!(error.to_string().contains("as asked"), "{error}");
        // Arrays keep what was written.
        let rows = N / RANKS;
        assert_eq!(
            cluster.a.iter().copied().collect::<Vec<_>>(),
            Vec::from_iter((0..N).map(|i| 100 + (i / rows) as u64))
        );
        let error = struck(&mut cluster, who, "kill");
        assert_eq!((error.kind(), error.rank(), error.signal()), (ErrorKind::Died, Some(who), Some(9)), "{error}");
        assert_works(&mut cluster);
        let error = struck(&mut cluster, who, "exit");
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Exited, Some(who)), "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn a_monitor_killed_on_any_node_is_replaced_with_its_workers() {
    if role().is_none() {
        return on_nodes!(a_monitor_killed_on_any_node_is_replaced_with_its_workers, 3, 2);
    }
    let mut cluster = bench();
    for who in [0, 2, 5] {
        assert_eq!(struck(&mut cluster, who, "monitor").kind(), ErrorKind::Monitor);
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn different_collectives_on_different_nodes_are_told_with_each_ranks_place() {
    if role().is_none() {
        return on_nodes!(different_collectives_on_different_nodes_are_told_with_each_ranks_place, 2, 3);
    }
    let mut cluster = bench();
    for who in [0, 5] {
        // One rank is found out by those of its node, while the others may still be on their way.
        for (what, says) in [("return", "returned"), ("other", "sum")] {
            let error = struck(&mut cluster, who, what);
            assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
            let of_who =
                error.to_string().split("; ").any(|rank| rank.contains(&format!("rank {who} ")) && rank.contains(says));
            assert!(of_who, "{error}");
            assert_works(&mut cluster);
        }
    }
    // All ranks of a node are found out by those of the others, which are there.
    let error = half(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
    for (rank, says) in ["barrier", "barrier", "barrier", "sum", "sum", "sum"].into_iter().enumerate() {
        let told = format!("rank {rank} at tests/nodes/faults.rs");
        assert!(error.to_string().split("; ").any(|rank| rank.contains(&told) && rank.ends_with(says)), "{error}");
    }
    assert_works(&mut cluster);
}

#[dsm::parallel]
fn half(res: Bench) {
    if res.id < RANKS / 2 {
        res.team.barrier();
    } else {
        res.team.sum(1);
    }
}

#[dsm::test]
fn who_computes_for_ever_on_another_node_is_killed_when_the_call_fails() {
    if role().is_none() {
        return on_nodes!(who_computes_for_ever_on_another_node_is_killed_when_the_call_fails, 3, 2);
    }
    let mut cluster = bench();
    for who in [1, 4] {
        cluster.set_deadline(Some(Duration::from_millis(300)));
        let error = struck(&mut cluster, who, "endless");
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert!(error.to_string().contains(&format!("rank {who} computes")), "{error}");
        cluster.set_deadline(None);
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn what_nodes_do_not_share_yet_is_refused() {
    if role().is_none() {
        return on_nodes!(what_nodes_do_not_share_yet_is_refused, 2, 3);
    }
    let mut cluster = bench();
    for what in ["lock", "flag", "critical", "ordered", "split"] {
        let error = struck(&mut cluster, 4, what);
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Misuse, Some(4)), "{error}");
        assert!(error.to_string().contains("run this on one node"), "{error}");
        assert_works(&mut cluster);
    }
    let error = handed_out(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Backend, "{error}");
    assert_works(&mut cluster);
    let error = contributed_to(&mut cluster).unwrap_err();
    assert!(error.to_string().contains("`a`: ranks on several nodes can't use an array in this way yet"), "{error}");
    assert_works(&mut cluster);
}

#[dsm::parallel(split(a, dynamic(2)))]
fn handed_out(res: Bench) -> usize {
    res.a.len()
}

#[dsm::parallel(read(a))]
fn contributed_to(res: Bench) {
    res.team.phase(res.a.accumulate(ops::Add));
}

#[dsm::test]
fn a_restart_and_a_drop_leave_no_process_on_any_node() {
    if role().is_none() {
        return on_nodes!(a_restart_and_a_drop_leave_no_process_on_any_node, 3, 2);
    }
    let agents = children(std::process::id());
    assert_eq!(agents.len(), 2);
    let below = || agents.iter().map(|&agent| children(agent).len()).collect::<Vec<_>>();
    assert_eq!(below(), [0, 0]);
    let mut cluster = bench();
    cluster.b.fill(5);
    for _ in 0..3 {
        assert_works(&mut cluster);
        assert_eq!(below(), [1, 1], "a monitor on each");
        let written = cluster.b.sum();
        cluster.restart().unwrap();
        assert_eq!(cluster.b.sum(), written, "arrays keep their contents");
    }
    drop(cluster);
    while below() != [0, 0] {
        std::thread::yield_now();
    }
    assert_eq!(children(std::process::id()), agents);
}

#[dsm::parallel(split(a))]
fn kill_an_agent(res: Bench) {
    if res.id == RANKS - 1 {
        let agent = crate::support::parent_of(getppid().as_raw() as u32).unwrap();
        kill(Pid::from_raw(agent as i32), Signal::SIGKILL).unwrap();
    }
    res.team.barrier();
}

#[dsm::test]
fn an_agent_that_is_killed_ends_the_program_and_every_process_of_it() {
    const TEST: &str = "an_agent_that_is_killed_ends_the_program_and_every_process_of_it";
    if role().is_some() {
        kill_an_agent(&mut bench()).unwrap();
        unreachable!("{TEST}");
    }
    watchdog();
    let mut again = again!(an_agent_that_is_killed_ends_the_program_and_every_process_of_it, "nodes");
    again.env("DSM_PRETEND_NODES", "3").env("DSM_NUM_WORKERS", "2");
    // The streams end when the last process that holds them is gone.
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("node 2 is gone"), "{said}");
}
