//! `ordered`: turns in the order of their indices, whoever takes them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Log(n: usize) { seen: Lock<[u32; 64]>, length: Lock<usize>, x: [u64; n] }
}

/// Notes an index. Two locks, taken one after the other: only the order of turns keeps them together.
fn note(res: &LogInTurnsResources<'_>, index: usize) {
    let at = *res.length.lock();
    res.seen.lock()[at] = index as u32;
    *res.length.lock() = at + 1;
}

#[dsm::parallel(split(x))]
fn log_in_turns(mut res: Log, schedule: u8) -> usize {
    let schedule = [Schedule::Block, Schedule::Cyclic(1), Schedule::Cyclic(3), Schedule::Random][usize::from(schedule)];
    let mut indices: Vec<usize> = res.team.split_indices(30, schedule).collect();
    // Each worker's own in order; a turn waits for those of others only.
    indices.sort_unstable();
    let given: usize = indices.iter().map(|&index| res.team.ordered(index, || (note(&res, index), index).1)).sum();
    res.team.barrier();
    // Again from 0 after a collective, by other workers.
    let (rank, size) = (res.team.id(), res.team.size());
    for index in (0..30).filter(|index| (index + 1) % size == rank) {
        res.team.ordered(index, || note(&res, index));
    }
    res.x.fill(1);
    let x = res.team.phase(res.x.publish());
    if rank + 1 == size {
        res.team.ordered(0, || *res.length.lock() += 1);
    }
    given + x.len()
}

#[dsm::test]
fn turns_come_in_order_with_every_schedule_and_again_after_each_collective() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Log { n: 8 })?;
        for schedule in 0..4 {
            cluster.length.set(0);
            let given: usize = log_in_turns(&mut cluster, schedule)?.into_iter().sum();
            assert_eq!(given, 30 * 29 / 2 + 8 * workers);
            assert_eq!(cluster.length.get(), 61);
            assert!(cluster.seen.get().into_iter().take(60).eq((0..30).chain(0..30)));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn panic_in_a_turn(res: Log) -> bool {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        res.team.ordered(res.team.id(), || assert!(res.team.id() != 0, "in turn 0"));
    }));
    res.team.barrier();
    caught.is_err()
}

#[dsm::test]
fn a_turn_left_by_a_panic_that_is_caught_is_over() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut expected = vec![false; workers];
        expected[0] = true;
        assert_eq!(panic_in_a_turn(&mut Cluster::with_workers(workers, Log { n: 8 })?)?, expected);
    }
    Ok(())
}
