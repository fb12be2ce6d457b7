//! Workers that compute for ever can't be asked to leave: they are killed after the grace period, or at the deadline.

use std::num::NonZero;
use std::process::Child;
use std::time::Duration;

use dsm::ErrorKind;

use crate::bench::{Bench, assert_works, bench, impatient, pids, until};
use crate::faults::{ALL, Fault};
use crate::support::role;

/// Computes without any operation of dsm.
fn for_ever() -> ! {
    let mut x = 0_u64;
    loop {
        x = std::hint::black_box(x.wrapping_add(1));
    }
}

#[dsm::parallel(split(written))]
fn compute_while_one_fails(mut res: Bench, fault: Fault) {
    res.written.fill(7);
    res.team.barrier();
    if res.team.id() == 1 {
        fault.strike();
    }
    for_ever();
}

#[dsm::test]
fn peers_that_compute_for_ever_are_killed_after_the_grace_and_replaced() {
    for workers in [2, 8] {
        let mut cluster = impatient(workers);
        for fault in ALL {
            let before = pids(&mut cluster);
            cluster.written.fill(0);
            let error = compute_while_one_fails(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "compute_while_one_fails");
            let overdue: Vec<String> = (0..workers).filter(|&rank| rank != 1).map(|rank| rank.to_string()).collect();
            let plural = if overdue.len() == 1 { "" } else { "s" };
            let text = error.to_string();
            assert!(text.contains(&format!("rank{plural} {} did not reach", overdue.join(", "))), "{text}");
            assert!(text.contains("100ms") && text.contains("killed and replaced"), "{text}");
            assert!(cluster.written.iter().all(|&x| x == 7));
            assert_works(&mut cluster);
            for (rank, (before, after)) in before.into_iter().zip(pids(&mut cluster)).enumerate() {
                assert_eq!(before != after, rank != 1 || fault.is_deadly(), "rank {rank}");
            }
        }
    }
}

/// What the workers are in the middle of when the deadline comes.
const COMPUTING: u8 = 0;
const AT_A_LOCK: u8 = 1;
const AT_A_BARRIER: u8 = 2;
const AT_A_FAIR_LOCK: u8 = 3;
const AT_CRITICAL: u8 = 4;

#[dsm::parallel]
fn never_end(res: Bench, doing: u8) {
    let team = &res.team;
    if team.id() == 0 {
        let _held = (doing == AT_A_LOCK).then(|| res.guarded.lock());
        let _fairly_held = (doing == AT_A_FAIR_LOCK).then(|| res.fair.lock());
        let tell_and_compute = || {
            res.ready.store(1);
            for_ever();
        };
        if doing == AT_CRITICAL {
            team.critical(tell_and_compute);
        }
        tell_and_compute();
    }
    until(res.ready, 1);
    match doing {
        COMPUTING => for_ever(),
        AT_A_LOCK => drop(res.guarded.lock()),
        AT_A_BARRIER => team.barrier(),
        AT_A_FAIR_LOCK => drop(res.fair.lock()),
        _ => team.critical(|| ()),
    }
}

#[dsm::test]
fn a_deadline_ends_a_call_whatever_its_workers_do() {
    for workers in [2, 8] {
        let mut cluster = impatient(workers);
        for doing in [COMPUTING, AT_A_BARRIER, AT_A_LOCK, AT_A_FAIR_LOCK] {
            cluster.ready.set(0);
            cluster.set_deadline(Some(Duration::from_millis(500)));
            let error = never_end(&mut cluster, doing).unwrap_err();
            cluster.set_deadline(None);
            assert_eq!(error.kind(), ErrorKind::Deadline);
            let text = error.to_string();
            assert!(
                text.contains("`never_end` did not end within 500ms") && text.contains("rank 0 computes"),
                "{text}"
            );
            let waiting = match doing {
                COMPUTING => "rank 1 computes",
                AT_A_LOCK => ": waits for lock `guarded`",
                AT_A_FAIR_LOCK => ": waits for lock `fair`",
                _ => ": barrier",
            };
            assert!(text.contains(waiting), "{text}");
            assert!(doing == COMPUTING || text.contains(&format!("rank 1 at {}:", file!())), "{text}");
            assert!(text.contains("rank 0"), "{text}");
            assert_eq!(cluster.guarded.is_poisoned(), doing == AT_A_LOCK);
            assert_eq!(cluster.fair.is_poisoned(), doing == AT_A_FAIR_LOCK);
            cluster.guarded.clear_poison();
            cluster.fair.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::test]
fn a_deadline_while_others_wait_for_critical_ends_the_call_and_leaves_it_usable() {
    for workers in [2, 8] {
        let mut cluster = impatient(workers);
        cluster.set_deadline(Some(Duration::from_millis(500)));
        let error = never_end(&mut cluster, AT_CRITICAL).unwrap_err();
        cluster.set_deadline(None);
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert!(error.to_string().contains("waits for `critical`"), "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn calls_that_end_in_time_know_nothing_of_the_deadline() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for deadline in [Duration::from_secs(140), Duration::MAX] {
            cluster.set_deadline(Some(deadline));
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn sleep(_res: Bench, milliseconds: u64) {
    std::thread::sleep(Duration::from_millis(milliseconds));
}

#[dsm::test]
fn workers_that_leave_within_the_grace_are_not_killed() {
    let mut cluster = bench(4);
    let before = pids(&mut cluster);
    cluster.set_deadline(Some(Duration::from_millis(50)));
    let error = sleep(&mut cluster, 2000).unwrap_err();
    cluster.set_deadline(None);
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(!error.to_string().contains("killed"), "{error}");
    assert_eq!(pids(&mut cluster), before);
}

/// Processes that keep the machine busy, ended when dropped.
struct Busy(Vec<Child>);

impl Drop for Busy {
    fn drop(&mut self) {
        for process in &mut self.0 {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[dsm::test]
fn a_deadline_comes_also_while_others_keep_the_machine_busy() {
    if role().is_some() {
        for_ever();
    }
    let mut cluster = bench(2);
    pids(&mut cluster);
    let busy = || again!(a_deadline_comes_also_while_others_keep_the_machine_busy, "busy").spawn().unwrap();
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let _busy = Busy((0..10 * cores).map(|_| busy()).collect());
    cluster.set_deadline(Some(Duration::from_millis(50)));
    // Who waits may yield its core for long each time it looks: it must not only count how often.
    let error = sleep(&mut cluster, 4000).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}
