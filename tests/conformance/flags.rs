//! Flags: a wait ends when the number it waits for, or a higher one, has been posted in this call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use dsm::prelude::*;
use dsm::{Error, WaitPolicy};

use crate::teams;

dsm::shared! {
    struct Line(n: usize) {
        ready: Flag,
        done: [Flag; n],
        taken: [Flag; n],
        values: [u64; n],
        total: Lock<u64>,
    }
}

/// Clusters whose workers look for a while before they sleep, and whose workers sleep at once.
fn lines(workers: usize, n: usize) -> impl Iterator<Item = dsm::Result<Cluster<Line>>> {
    let policies = [WaitPolicy::Active, WaitPolicy::Passive].into_iter();
    policies.map(move |policy| Cluster::builder(Line { n }).workers(workers).wait_policy(policy).build())
}

/// What rank `rank` makes of a value on its way down the line.
fn step(value: u64, rank: usize) -> u64 {
    value.wrapping_mul(31).wrapping_add(rank as u64)
}

/// Values go from rank to rank, one place for each: it is filled again only when the next rank has taken what was there.
#[dsm::parallel(atomic(values))]
fn pipeline(res: Line, rounds: u32) -> u64 {
    let (rank, last) = (res.team.id(), res.team.size() - 1);
    let mut sum: u64 = 0;
    for round in 1..=rounds {
        let mut value = u64::from(round);
        if rank > 0 {
            res.done[rank - 1].wait(round);
            value = res.values[rank - 1].load();
            res.taken[rank - 1].post(round);
        }
        value = step(value, rank);
        if rank < last {
            res.taken[rank].wait(round - 1);
            res.values[rank].store(value);
            res.done[rank].post(round);
        }
        sum = sum.wrapping_mul(7).wrapping_add(value);
    }
    sum
}

#[dsm::test]
fn a_pipeline_between_neighbours_loses_and_repeats_nothing() -> dsm::Result<()> {
    const ROUNDS: u32 = 300;
    for workers in teams([1, 2, 4]) {
        for line in lines(workers, workers) {
            let mut cluster = line?;
            for _ in 0..3 {
                let sums = pipeline(&mut cluster, ROUNDS)?;
                for (rank, sum) in sums.into_iter().enumerate() {
                    let values = (1..=ROUNDS).map(|round| (0..=rank).fold(u64::from(round), step));
                    let expected = values.fold(0_u64, |sum, value| sum.wrapping_mul(7).wrapping_add(value));
                    assert_eq!(sum, expected, "rank {rank} of {workers}");
                }
                let posted: Vec<u32> = (0..workers).map(|rank| cluster.done.get(rank)).collect();
                assert!(posted[..workers - 1].iter().all(|&number| number == ROUNDS), "{posted:?}");
                assert_eq!(posted[workers - 1], 0);
            }
        }
    }
    Ok(())
}

#[dsm::parallel]
fn numbers_below(res: Line) -> Vec<u32> {
    let ready = res.ready;
    let mut found = vec![ready.get(), ready.wait(0)];
    ready.post(5);
    found.extend([ready.wait(0), ready.wait(3), ready.wait(5), ready.get()]);
    ready.post(4);
    ready.post(0);
    found.extend([ready.get(), ready.wait(5)]);
    ready.post(u32::MAX);
    found.extend([ready.wait(6), ready.wait(u32::MAX)]);
    found
}

#[dsm::test]
fn a_number_that_is_reached_is_not_waited_for_and_a_lower_post_changes_nothing() -> dsm::Result<()> {
    for _ in teams([1]) {
        let mut cluster = Cluster::with_workers(1, Line { n: 0 })?;
        assert_eq!(numbers_below(&mut cluster)?, [[0, 0, 5, 5, 5, 5, 5, 5, u32::MAX, u32::MAX]]);
    }
    Ok(())
}

#[dsm::parallel]
fn raise_all(res: Line, by: u32) -> Vec<u32> {
    let found = res.done.iter().chain([res.ready]).map(Flag::get).collect();
    res.team.barrier();
    res.ready.post(by + res.team.id() as u32);
    for flag in res.done.iter().skip(res.team.id()).step_by(res.team.size()) {
        flag.post(by);
    }
    found
}

#[dsm::parallel]
fn post_and_panic(res: Line) {
    res.ready.post(8);
    res.team.barrier();
    panic!("after the post");
}

#[dsm::test]
fn every_flag_is_zero_when_a_call_begins() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Line { n: 5 })?;
        // What the driver writes before the first call is gone too.
        cluster.ready.set(9);
        *cluster.done.get_mut(2) = 9;
        for by in [7, 3, 11] {
            assert_eq!(raise_all(&mut cluster, by)?, vec![vec![0; 6]; workers]);
            // In between the driver sees what the call has come to.
            assert_eq!(cluster.ready.get(), by + workers as u32 - 1);
            assert!((0..5).all(|number| cluster.done.get(number) == by));
        }
        assert!(post_and_panic(&mut cluster).is_err());
        assert_eq!(cluster.ready.get(), 8);
        assert_eq!(raise_all(&mut cluster, 1)?, vec![vec![0; 6]; workers]);
    }
    Ok(())
}

#[dsm::parallel]
fn wait_for_all(res: Line) -> Vec<u32> {
    let rank = res.team.id();
    res.done[rank].post(rank as u32 + 1);
    res.done[..res.team.size()].iter().enumerate().map(|(other, flag)| flag.wait(other as u32 + 1)).collect()
}

#[dsm::test]
fn flags_of_an_array_are_apart() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for line in lines(workers, 6) {
            let mut cluster = line?;
            for _ in 0..50 {
                let expected: Vec<u32> = (1..=workers as u32).collect();
                assert_eq!(wait_for_all(&mut cluster)?, vec![expected; workers]);
                assert!((workers..6).all(|number| cluster.done.get(number) == 0));
            }
        }
    }
    Ok(())
}

/// Rank 0 leaps; each other waits for a number of its own on the way.
#[dsm::parallel]
fn leap(res: Line, rounds: u32) {
    let (rank, size) = (res.team.id() as u32, res.team.size() as u32);
    for round in 1..=rounds {
        if rank == 0 {
            res.ready.post(round * size);
        } else {
            assert!(res.ready.wait(round * size - rank) >= round * size);
        }
        res.team.barrier();
    }
}

#[dsm::test]
fn one_post_lets_through_all_who_wait_for_less() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for line in lines(workers, 0) {
            let mut cluster = line?;
            leap(&mut cluster, 200)?;
            assert_eq!(cluster.ready.get(), 200 * workers as u32);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn wait_no_longer(res: Line) -> [Option<u32>; 3] {
    let ready = res.ready;
    if res.team.id() > 0 {
        // Posted only after all have waited in vain.
        let vain = ready.wait_timeout(1, Duration::from_millis(20));
        res.team.barrier();
        return [vain, ready.wait_timeout(1, Duration::from_secs(100)), ready.wait_timeout(0, Duration::ZERO)];
    }
    let vain = ready.wait_timeout(1, Duration::ZERO);
    res.team.barrier();
    ready.post(2);
    [vain, ready.wait_timeout(1, Duration::MAX), ready.wait_timeout(2, Duration::ZERO)]
}

#[dsm::test]
fn a_wait_with_a_timeout_ends_by_the_post_or_by_itself() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for line in lines(workers, 0) {
            assert_eq!(wait_no_longer(&mut line?)?, vec![[None, Some(2), Some(2)]; workers]);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn wait_in_sections(res: Line) -> u64 {
    let team = &res.team;
    if team.id() == 0 {
        let mut total = res.total.lock();
        *total += u64::from(res.done[1].wait(1));
        team.critical(|| *total += u64::from(res.done[1].wait(2)));
        drop(total);
        team.master(|| res.done[1].wait(3));
        res.done[0].post(1);
    } else if team.id() == 1 {
        (1..=3).for_each(|number| res.done[1].post(number));
    }
    let found = team.single(|| res.done[0].wait(1));
    let total = *res.total.lock();
    total + u64::from(found)
}

#[dsm::test]
fn a_wait_may_stand_in_a_section_and_with_locks_held() -> dsm::Result<()> {
    for workers in teams([2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Line { n: 2 })?;
        for sum in wait_in_sections(&mut cluster)? {
            // The 1 may already have been a 2 or a 3 when it was found.
            assert!((4..=7).contains(&sum), "{sum}");
        }
    }
    Ok(())
}

#[dsm::parallel]
fn shown(res: Line) -> String {
    res.ready.post(3);
    format!("{:?} {:?}", res.ready, res.done)
}

#[dsm::test]
fn a_flag_shows_its_number() -> dsm::Result<()> {
    for _ in teams([1]) {
        let mut cluster = Cluster::with_workers(1, Line { n: 2 })?;
        assert_eq!(shown(&mut cluster)?, ["Flag(3) [Flag(0), Flag(0)]"]);
        assert_eq!(format!("{:?}", cluster.done), "[0, 0]");
        assert_eq!(format!("{:?}", cluster.ready), "Handle { value: 3, poisoned: false }");
        assert!(!cluster.ready.is_poisoned() && cluster.done.len() == 2);
    }
    Ok(())
}

#[dsm::test]
fn a_flag_that_is_not_there_is_named() -> dsm::Result<()> {
    for _ in teams([1]) {
        let cluster = Cluster::with_workers(1, Line { n: 3 })?;
        let payload = catch_unwind(AssertUnwindSafe(|| cluster.done.get(3))).unwrap_err();
        assert!(payload.downcast_ref::<String>().unwrap().contains("flag 3 of 3 in `done`"));
        let error: Error = Cluster::with_workers(1, Line { n: usize::MAX / 64 }).unwrap_err();
        assert!(error.to_string().contains("flags need more bytes than an address space holds"), "{error}");
    }
    Ok(())
}
