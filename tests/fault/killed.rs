//! Workers killed or stopped from outside: between calls nothing is lost, during one the call fails.

use dsm::ErrorKind;
use nix::sys::signal::Signal;

use crate::bench::{Bench, assert_works, bench, eventually, is_alive, pids, send, until};
use crate::support::{children, status_of};

#[dsm::test]
fn a_worker_killed_between_calls_is_replaced_and_the_next_call_works() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for round in 0..10 {
            let victim = pids(&mut cluster)[round % workers];
            send(Signal::SIGKILL, victim);
            if round % 2 == 0 {
                eventually(|| !is_alive(victim));
            }
            assert_works(&mut cluster);
            assert!(!pids(&mut cluster).contains(&victim));
        }
    }
}

#[dsm::test]
fn a_worker_killed_just_as_a_call_returns_is_replaced() {
    // The rank may have given its result, and not yet said that it is out.
    let mut cluster = bench(2);
    for round in 0..300 {
        let victim = pids(&mut cluster)[round % 2];
        send(Signal::SIGKILL, victim);
    }
    assert_works(&mut cluster);
}

#[dsm::test]
fn all_workers_killed_between_calls_are_replaced() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            let victims = pids(&mut cluster);
            victims.iter().for_each(|&victim| send(Signal::SIGKILL, victim));
            assert_works(&mut cluster);
            assert!(pids(&mut cluster).iter().all(|worker| !victims.contains(worker)));
        }
    }
}

#[dsm::parallel]
fn die(res: Bench, ranks: &[usize]) {
    let mine = ranks.contains(&res.team.id());
    res.team.barrier();
    if mine {
        send(Signal::SIGKILL, std::process::id());
    }
    res.team.barrier();
}

#[dsm::test]
fn several_workers_killed_at_once_fail_the_call_and_are_all_replaced() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let everybody: Vec<usize> = (0..workers).collect();
        for victims in [&everybody[..2], &everybody[workers / 2..], &everybody[..]] {
            let error = die(&mut cluster, victims).unwrap_err();
            assert_eq!((error.kind(), error.signal()), (ErrorKind::Died, Some(9)));
            assert!(victims.contains(&error.rank().unwrap()), "{error}");
            assert_works(&mut cluster);
            let monitor = children(std::process::id());
            assert_eq!((monitor.len(), children(monitor[0]).len()), (1, workers));
        }
    }
}

#[dsm::test]
fn a_replacement_killed_between_calls_is_replaced_again() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            let before = pids(&mut cluster);
            die(&mut cluster, &[1]).unwrap_err();
            let monitor = children(std::process::id())[0];
            // Not by a call, which the new worker would have begun. It comes when the call is over.
            let mut replacement = None;
            eventually(|| {
                replacement = children(monitor).into_iter().find(|worker| !before.contains(worker));
                replacement.is_some()
            });
            let replacement = replacement.unwrap();
            send(Signal::SIGKILL, replacement);
            eventually(|| !is_alive(replacement));
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn kill_another(res: Bench, victim: usize) {
    let processes = res.team.all_gather(std::process::id());
    res.team.barrier();
    if res.team.id() == 0 {
        send(Signal::SIGKILL, processes[victim]);
    }
    if res.team.id() == victim {
        loop {
            std::hint::spin_loop();
        }
    }
    res.team.barrier();
}

#[dsm::test]
fn a_worker_killed_by_another_process_in_a_call_is_told_as_died() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            let error = kill_another(&mut cluster, workers - 1).unwrap_err();
            assert_eq!((error.kind(), error.rank(), error.signal()), (ErrorKind::Died, Some(workers - 1), Some(9)));
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn stop_and_continue(res: Bench, victim: usize, times: usize) -> u64 {
    let processes = res.team.all_gather(std::process::id());
    let mut sum = 0;
    for _ in 0..times {
        if res.team.id() == 0 {
            send(Signal::SIGSTOP, processes[victim]);
            eventually(|| status_of(processes[victim], "State").is_some_and(|state| state.starts_with('T')));
            res.ready.fetch_add(1);
            send(Signal::SIGCONT, processes[victim]);
        } else if res.team.id() != victim {
            // Some are in the barrier while it stands still.
            until(res.ready, 1);
        }
        sum += res.team.sum(1_u64);
    }
    sum
}

#[dsm::test]
fn a_worker_stopped_and_continued_completes_the_call() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let before = pids(&mut cluster);
        assert_eq!(stop_and_continue(&mut cluster, 1, 20).unwrap(), vec![20 * workers as u64; workers]);
        assert_works(&mut cluster);
        assert_eq!(pids(&mut cluster), before);
    }
}
