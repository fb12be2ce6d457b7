//! Hundreds of failing calls, in turns with working ones, leave nothing behind; nor do calls and clusters in numbers.

use crate::bench::{Bench, assert_works, bench, pids};
use crate::faults::{ALL, Fault};
use crate::support::{Holdings, children, watchdog};
use crate::wear::{calls, clusters, recoveries};

#[dsm::parallel(split(written))]
fn fail(mut res: Bench, fault: Fault, rank: usize, held: bool) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == rank {
        let _guard = held.then(|| res.guarded.lock());
        fault.strike();
    }
    res.team.barrier();
}

#[dsm::test]
fn two_hundred_failing_calls_in_turns_with_working_ones_leave_nothing() {
    for workers in [2, 8] {
        let before = Holdings::now();
        let mut cluster = bench(workers);
        assert_works(&mut cluster);
        let with_cluster = Holdings::now();
        for round in 0..200 {
            let (fault, rank) = (ALL[round % ALL.len()], round % workers);
            let error = fail(&mut cluster, fault, rank, round % 3 == 0).unwrap_err();
            fault.assert_told(&error, rank, "fail");
            cluster.guarded.clear_poison();
            assert_works(&mut cluster);
            assert_eq!(Holdings::now(), with_cluster);
        }
        let monitor = children(std::process::id());
        assert_eq!((monitor.len(), children(monitor[0]).len()), (1, workers));
        drop(cluster);
        assert_eq!(Holdings::now(), before);
    }
}

#[dsm::test]
fn a_cluster_dropped_after_a_failed_call_leaves_nothing() {
    for workers in [2, 8] {
        let before = Holdings::now();
        for (round, fault) in ALL.into_iter().enumerate() {
            let mut cluster = bench(workers);
            fail(&mut cluster, fault, round % workers, true).unwrap_err();
            drop(cluster);
            assert_eq!(Holdings::now(), before);
        }
    }
}

#[dsm::test]
fn the_monitors_descriptors_do_not_grow_with_failures() {
    let mut cluster = bench(2);
    let monitor = {
        pids(&mut cluster);
        children(std::process::id())[0]
    };
    let open = |process: u32| std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    let (before, of_worker) = (open(monitor), open(pids(&mut cluster)[1]));
    for _ in 0..50 {
        fail(&mut cluster, Fault::Kill, 1, false).unwrap_err();
    }
    assert_eq!(open(monitor), before);
    assert_eq!(open(pids(&mut cluster)[1]), of_worker, "replacements hold as many");
}

#[dsm::test]
fn thousands_of_calls_of_all_sizes_hold_no_more_than_the_first_hundreds() {
    watchdog();
    calls::run(2_100, || ()).assert_flat();
}

#[dsm::test]
fn hundreds_of_clusters_hold_no_more_than_the_first_tens() {
    watchdog();
    clusters::run(240, || ()).assert_flat();
}

#[dsm::test]
fn hundreds_of_recoveries_hold_no_more_than_the_first_tens() {
    watchdog();
    recoveries::run(210, || ()).assert_flat();
}
