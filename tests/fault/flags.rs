//! Flags that nobody posts: the call fails with who waits where for which number, and the next call begins at zero.

use std::time::Duration;

use dsm::prelude::*;
use dsm::{Error, ErrorKind};
use nix::sys::signal::Signal;

use crate::bench::{Bench, assert_works, bench, let_them_sleep, send, until};
use crate::faults::{Fault, survivable};
use crate::support::needs_processes;

/// The call ended in a deadlock, and each of these ranks is told with its place and what it waits for.
#[track_caller]
fn assert_told(error: &Error, waits: &[(usize, String)]) {
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::Deadlock, "{text}");
    for (rank, waits_for) in waits {
        let told = text.split("; ").any(|said| {
            said.contains(&format!("rank {rank} at {}:", file!()))
                && said.ends_with(&format!(": waits for {waits_for}"))
        });
        assert!(told, "{text}\nsays not that rank {rank} waits for {waits_for}");
    }
}

#[dsm::parallel]
fn numbers(res: Bench) -> u32 {
    res.flags.iter().chain([res.flag]).map(Flag::get).sum()
}

/// The next calls work, and no number is left of the failed one.
#[track_caller]
fn assert_lowered(cluster: &mut Cluster<Bench>) {
    let size = cluster.size();
    assert_eq!(numbers(cluster).unwrap(), vec![0; size]);
    assert_works(cluster);
}

#[dsm::parallel]
fn post_too_little(res: Bench, meet: bool) {
    if res.team.id() == 0 {
        res.flags[3].post(2);
        res.flags[3].wait(5);
    }
    if meet {
        res.team.barrier();
    }
}

#[dsm::test]
fn a_number_that_nobody_posts_is_found_while_the_others_meet_or_have_returned() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for meet in [true, false, true] {
            let error = post_too_little(&mut cluster, meet).unwrap_err();
            assert_told(&error, &[(0, "flag `flags[3]` to reach 5 (it is at 2)".to_owned())]);
            let others = if meet { ": barrier" } else { " returned" };
            assert_eq!(error.to_string().matches(others).count(), workers - 1, "{error}");
            assert_eq!(cluster.flags.get(3), 2);
            assert_lowered(&mut cluster);
        }
    }
}

/// The first ranks each wait for the next one's flag before they would post their own; the others wait at a barrier.
#[dsm::parallel]
fn cycle(res: Bench, ranks: usize) {
    let (rank, next) = (res.team.id(), (res.team.id() + 1) % ranks);
    if rank < ranks {
        res.flags[next].wait(rank as u32 + 1);
        res.flags[rank].post(10);
    }
    res.team.barrier();
}

#[dsm::test]
fn a_cycle_of_flags_is_found() {
    for (workers, ranks) in [(2, 2), (5, 5), (8, 2), (8, 5)] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            let error = cycle(&mut cluster, ranks).unwrap_err();
            let wait = |rank| {
                let (next, number) = ((rank + 1) % ranks, rank + 1);
                (rank, format!("flag `flags[{next}]` to reach {number} (it is at 0)"))
            };
            assert_told(&error, &(0..ranks).map(wait).collect::<Vec<_>>());
            assert_eq!(error.to_string().matches(": barrier").count(), workers - ranks, "{error}");
            assert_lowered(&mut cluster);
        }
    }
}

/// Rank 0 waits with a lock and a section held, which those who would post need.
#[dsm::parallel]
fn flag_against_lock_and_section(res: Bench) {
    match res.team.id() {
        0 => res.team.critical(|| {
            let _held = res.guarded.lock();
            res.ready.store(1);
            res.flag.wait(1);
        }),
        1 => {
            until(res.ready, 1);
            let _held = res.guarded.lock();
            res.flag.post(1);
        }
        _ => {
            until(res.ready, 1);
            res.team.critical(|| res.flag.post(1));
        }
    }
}

#[dsm::test]
fn a_flag_against_a_lock_and_a_section_is_found_with_who_holds_them() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            cluster.ready.set(0);
            let error = flag_against_lock_and_section(&mut cluster).unwrap_err();
            let mut waits = vec![
                (0, "flag `flag` to reach 1 (it is at 0)".to_owned()),
                (1, "lock `guarded`, held by rank 0".to_owned()),
            ];
            waits.extend((2..workers).map(|rank| (rank, "`critical`, held by rank 0".to_owned())));
            assert_told(&error, &waits);
            assert!(cluster.guarded.is_poisoned());
            cluster.guarded.clear_poison();
            assert_lowered(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn lose_the_poster(res: Bench, fault: Fault) {
    if res.team.id() == 1 {
        res.flag.post(1);
        until(res.ready, res.team.size() as u32 - 1);
        let_them_sleep();
        fault.strike();
    }
    res.flag.wait(1);
    res.ready.fetch_add(1);
    res.flag.wait(2);
}

#[dsm::test]
fn who_waits_for_a_flag_leaves_when_its_poster_fails() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for fault in survivable(&[Fault::Panic, Fault::Kill, Fault::Exit(3), Fault::Segfault]) {
            cluster.ready.set(0);
            let error = lose_the_poster(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, 1, "lose_the_poster");
            assert_lowered(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn lose_a_waiter(res: Bench) -> u32 {
    if res.team.id() == 0 {
        until(res.ready, 1);
        let_them_sleep();
        send(Signal::SIGKILL, res.count.load());
        // Awake, so that the others' sleep is no deadlock.
        loop {
            assert_eq!(res.flag.get(), 0);
            std::thread::yield_now();
        }
    } else if res.team.id() == 1 {
        res.count.store(std::process::id());
        res.ready.store(1);
    }
    res.flag.wait(1)
}

#[dsm::parallel]
fn hand_over(res: Bench) -> u32 {
    if res.team.id() == 0 {
        let_them_sleep();
        res.flag.post(1);
    }
    res.flag.wait(1)
}

#[dsm::test]
fn a_waiter_killed_in_its_sleep_leaves_the_flag_usable() {
    needs_processes("it would be the end of the program");
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..3 {
            cluster.ready.set(0);
            let error = lose_a_waiter(&mut cluster).unwrap_err();
            Fault::Kill.assert_told(&error, 1, "lose_a_waiter");
            assert_eq!(hand_over(&mut cluster).unwrap(), vec![1; workers]);
            assert_lowered(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn give_up_then_post(res: Bench) -> Option<u32> {
    if res.team.id() == 0 {
        // While all others sleep until it posts.
        let found = res.flag.wait_timeout(1, Duration::from_millis(50));
        res.flag.post(1);
        return found;
    }
    Some(res.flag.wait(1))
}

#[dsm::test]
fn a_wait_that_ends_by_itself_is_no_part_of_a_deadlock() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..5 {
            let mut expected = vec![Some(1); workers];
            expected[0] = None;
            assert_eq!(give_up_then_post(&mut cluster).unwrap(), expected);
        }
    }
}

/// Round after round all sleep but one, whose turn it is to post.
#[dsm::parallel]
fn long_waits(res: Bench) -> u32 {
    for turn in 0..30 {
        if res.team.id() == turn % res.team.size() {
            let_them_sleep();
            res.flag.post(turn as u32 + 1);
        } else {
            res.flag.wait(turn as u32 + 1);
        }
    }
    res.flag.wait(30)
}

#[dsm::test]
fn long_waits_for_flags_that_end_are_no_deadlock() {
    for workers in [2, 8] {
        assert_eq!(long_waits(&mut bench(workers)).unwrap(), vec![30; workers]);
    }
}

#[dsm::parallel]
fn wait_for_ever(res: Bench) {
    if res.team.id() == 0 {
        res.flag.wait(7);
    }
    // The others are busy, so it is no deadlock.
    while res.flag.get() == 0 {
        std::thread::yield_now();
    }
}

#[dsm::test]
fn a_deadline_names_the_flag_that_is_waited_for() {
    for workers in [2, 4] {
        let mut cluster = Cluster::builder(Bench { n: 1 })
            .workers(workers)
            .grace(Duration::from_secs(100))
            .deadline(Duration::from_millis(100))
            .build()
            .unwrap();
        crate::support::watchdog();
        let error = wait_for_ever(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
        assert!(error.to_string().contains(": waits for flag `flag` to reach 7 (it is at 0)"), "{error}");
    }
}
