//! `split_indices` and `rng`: what each worker gets of `0..n`, and random numbers of its own.

use dsm::prelude::*;
use rand::RngExt;

use crate::teams;

dsm::shared! {
    struct Nothing { unused: Atomic<u8> }
}

const SCHEDULES: [Schedule; 5] =
    [Schedule::Block, Schedule::Cyclic(1), Schedule::Cyclic(3), Schedule::Cyclic(1000), Schedule::Random];

#[dsm::parallel]
fn deal(res: Nothing, n: usize, schedule: usize) -> Vec<usize> {
    res.team.split_indices(n, SCHEDULES[schedule]).collect()
}

#[dsm::test]
fn every_schedule_deals_each_index_once_and_evenly() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        let mut cluster = Cluster::with_workers(workers, Nothing)?;
        for n in [0, 1, 3, 10, 100, 1001] {
            for (number, schedule) in SCHEDULES.into_iter().enumerate() {
                let parts = deal(&mut cluster, n, number)?;
                let mut all = parts.concat();
                all.sort_unstable();
                assert!(all.into_iter().eq(0..n), "{schedule} of {n}");
                let lengths = parts.iter().map(Vec::len);
                let spread = lengths.clone().max().unwrap() - lengths.min().unwrap();
                let allowed = if let Schedule::Cyclic(chunk) = schedule { chunk } else { 1 };
                assert!(spread <= allowed, "{schedule} of {n}: {parts:?}");
            }
        }
        assert!(workers != 4 || deal(&mut cluster, 10, 0)?.iter().map(Vec::len).eq([3, 3, 2, 2]));
    }
    Ok(())
}

#[dsm::parallel]
fn two_deals(res: Nothing) -> [Vec<usize>; 2] {
    [(); 2].map(|()| res.team.split_indices(500, Schedule::Random).collect())
}

#[dsm::test]
fn a_random_deal_is_new_each_time_and_made_again_by_the_seed() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let make = |seed| Cluster::builder(Nothing).workers(workers).seed(seed).build();
        let (mut cluster, mut twin, mut other) = (make(1)?, make(1)?, make(2)?);
        let mut seen = Vec::new();
        for _ in 0..3 {
            let deals = two_deals(&mut cluster)?;
            assert_eq!(deals, two_deals(&mut twin)?);
            seen.extend([0, 1].map(|which| deals.iter().flat_map(|d| d[which].iter().copied()).collect::<Vec<_>>()));
        }
        let deals = two_deals(&mut other)?;
        seen.push(deals.iter().flat_map(|d| d[0].iter().copied()).collect());
        seen.push((0..500).collect());
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
    Ok(())
}

#[dsm::parallel]
fn no_collective(res: Nothing) -> usize {
    // Block and cyclic are arithmetic: each rank may ask for its own, inside a section too.
    let n = res.team.id() * 10;
    let block = res.team.split_indices(n, Schedule::Block);
    let range = block.as_range().map_or(0, |range| range.len());
    let inside = res.team.critical(|| res.team.split_indices(n + 1, Schedule::Cyclic(2)).len());
    assert!(range == block.len() && inside <= n + 1);
    n
}

#[dsm::test]
fn block_and_cyclic_indices_are_arithmetic_of_each_rank() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Nothing)?;
        assert!(no_collective(&mut cluster)?.into_iter().eq((0..workers).map(|rank| rank * 10)));
    }
    Ok(())
}

#[dsm::parallel]
fn chunks_of_nothing(res: Nothing) -> usize {
    res.team.split_indices(10, Schedule::Cyclic(0)).len()
}

#[dsm::test]
fn chunks_of_no_indices_are_refused() -> dsm::Result<()> {
    teams([2]);
    let error = chunks_of_nothing(&mut Cluster::with_workers(2, Nothing)?).unwrap_err();
    assert!(error.to_string().contains("write `Cyclic(1)` or more"), "{error}");
    Ok(())
}

#[dsm::parallel]
fn draw(res: Nothing) -> [u64; 4] {
    let mut first = res.team.rng();
    let mut second = res.team.rng();
    [first.random(), first.random(), second.random(), second.random()]
}

#[dsm::test]
fn generators_differ_by_rank_call_and_draw_and_repeat_by_seed() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let make = |seed| Cluster::builder(Nothing).workers(workers).seed(seed).build();
        let (mut cluster, mut twin, mut other) = (make(9)?, make(9)?, make(10)?);
        let mut seen = Vec::new();
        for _ in 0..5 {
            let drawn = draw(&mut cluster)?;
            assert_eq!(drawn, draw(&mut twin)?);
            seen.extend(drawn.concat());
        }
        seen.extend(draw(&mut other)?.concat());
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((count, seen.len()), (6 * 4 * workers, 6 * 4 * workers));
    }
    Ok(())
}
