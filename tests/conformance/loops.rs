//! `for_each`: every index runs once, whatever shares them out, and nobody goes on before all are done.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Loops(n: usize) { runs: [u32; n], order: Lock<[u32; 128]>, length: Lock<usize>, done: Atomic<u64> }
}

const SCHEDULES: [Schedule; 9] = [
    Schedule::Block,
    Schedule::Cyclic(1),
    Schedule::Cyclic(7),
    Schedule::Random,
    Schedule::Dynamic(1),
    Schedule::Dynamic(7),
    Schedule::Dynamic(usize::MAX),
    Schedule::Guided(1),
    Schedule::Guided(9),
];

#[dsm::parallel(atomic(runs))]
fn run_all(res: Loops, start: usize, end: usize) -> Vec<usize> {
    let mut taken = Vec::new();
    for schedule in SCHEDULES {
        let mut mine = 0;
        res.team.for_each(start..end, schedule, |i| {
            res.runs[i].fetch_add(1);
            res.done.fetch_add(1);
            mine += 1;
        });
        // All are done, not only this worker's.
        taken.push(res.done.load() as usize);
        let all: usize = res.team.sum(mine);
        assert_eq!(all, end.saturating_sub(start), "{schedule}");
    }
    taken
}

#[dsm::test]
fn every_index_runs_once_and_all_have_when_the_loop_ends() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Loops { n: 200 })?;
        for (start, end) in [(0, 200), (13, 14), (0, 0), (5, 3), (17, 150)] {
            cluster.runs.fill(0);
            cluster.done.set(0);
            let count = end - start.min(end);
            let expected: Vec<usize> = (1..=SCHEDULES.len()).map(|loops| loops * count).collect();
            assert_eq!(run_all(&mut cluster, start, end)?, vec![expected; workers]);
            let runs = |i: usize| if (start..end).contains(&i) { SCHEDULES.len() as u32 } else { 0 };
            assert_eq!(*cluster.runs, Array1::from_shape_fn(200, runs));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn taken(res: Loops, schedule: Schedule) -> Vec<usize> {
    let mut mine = Vec::new();
    res.team.for_each(3..103, schedule, |i| mine.push(i));
    mine
}

#[dsm::test]
fn what_is_settled_beforehand_goes_to_whom_split_indices_says() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Loops { n: 1 })?;
        for (rank, mine) in taken(&mut cluster, Schedule::Block)?.into_iter().enumerate() {
            let (length, longer) = (100 / workers, 100 % workers);
            let start = 3 + rank * length + rank.min(longer);
            assert!(mine.into_iter().eq(start..start + length + usize::from(rank < longer)));
        }
        for (rank, mine) in taken(&mut cluster, Schedule::Cyclic(3))?.into_iter().enumerate() {
            assert!(mine.into_iter().eq((3..103).filter(|i| (i - 3) / 3 % workers == rank)));
        }
        // Ascending, whoever asked when.
        for schedule in [Schedule::Dynamic(4), Schedule::Guided(2)] {
            let by_rank = taken(&mut cluster, schedule)?;
            assert!(by_rank.iter().all(|mine| mine.is_sorted()));
        }
        let again = || -> dsm::Result<_> {
            taken(&mut Cluster::builder(Loops { n: 1 }).workers(workers).seed(5).build()?, Schedule::Random)
        };
        assert_eq!(again()?, again()?);
        assert!(!again()?.concat().is_sorted());
    }
    Ok(())
}

#[dsm::parallel]
fn nests(res: Loops, schedule: Schedule) -> Vec<Vec<usize>> {
    let mut seen = vec![Vec::new(); 4];
    res.team.for_each((2..5, 1..8), schedule, |(i, j)| seen[0].push(100 * i + j));
    res.team.for_each((0..3, 4..6, 0..5), schedule, |(i, j, k)| seen[1].push(100 * i + 10 * j + k));
    res.team.for_each((0..usize::MAX, 3..3), schedule, |(i, _)| seen[2].push(i));
    res.team.for_each((usize::MAX - 2..usize::MAX, 0..1), schedule, |(i, _)| seen[3].push(usize::MAX - i));
    seen
}

#[dsm::test]
fn nested_loops_are_shared_out_as_one() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Loops { n: 1 })?;
        let two: Vec<usize> = (2..5).flat_map(|i| (1..8).map(move |j| 100 * i + j)).collect();
        let three: Vec<usize> =
            (0..3).flat_map(|i| (4..6).flat_map(move |j| (0..5).map(move |k| 100 * i + 10 * j + k))).collect();
        for schedule in SCHEDULES {
            let by_rank = nests(&mut cluster, schedule)?;
            let all = |which: usize| {
                let mut all: Vec<usize> = by_rank.iter().flat_map(|seen| seen[which].clone()).collect();
                if schedule == Schedule::Block {
                    // Blocks follow each other in rank order.
                    return all;
                }
                all.sort_unstable();
                all
            };
            assert_eq!((all(0), all(1), all(2)), (two.clone(), three.clone(), vec![]), "{schedule}");
            assert_eq!(all(3).len(), 2);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn largest(res: Loops) -> Vec<usize> {
    let mut mine = Vec::new();
    for schedule in [Schedule::Dynamic(3), Schedule::Dynamic(usize::MAX / 2), Schedule::Guided(2), Schedule::Block] {
        res.team.for_each(usize::MAX - 10..usize::MAX, schedule, |i| mine.push(usize::MAX - i));
    }
    mine
}

#[dsm::test]
fn the_largest_indices_do_not_overflow() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut all = largest(&mut Cluster::with_workers(workers, Loops { n: 1 })?)?.concat();
        all.sort_unstable();
        assert!(all.into_iter().eq((1..=10).flat_map(|i| [i; 4])));
    }
    Ok(())
}

/// Notes an index. Two locks, taken one after the other: only the order of turns keeps them together.
fn note(res: &InOrderResources<'_>, index: usize) {
    let at = *res.length.lock();
    res.order.lock()[at] = index as u32;
    *res.length.lock() = at + 1;
}

#[dsm::parallel]
fn in_order(res: Loops, schedule: Schedule) {
    // Turns before the loop are another count, which a slow worker may still be at.
    res.team.ordered(res.id, || ());
    res.team.for_each(10..70, schedule, |i| {
        res.team.ordered(i, || note(&res, i));
    });
    // A loop without turns, and one over two ranges.
    res.team.for_each(0..10, schedule, |_| ());
    res.team.for_each((3..5, 7..9), schedule, |(i, j)| res.team.ordered((i, j), || note(&res, 10 * i + j)));
    res.team.ordered(res.workers - 1 - res.id, || ());
}

#[dsm::test]
fn turns_in_a_loop_come_in_the_order_of_its_range() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Loops { n: 1 })?;
        for schedule in SCHEDULES.into_iter().filter(|&schedule| schedule != Schedule::Random) {
            cluster.length.set(0);
            in_order(&mut cluster, schedule)?;
            assert_eq!(cluster.length.get(), 64, "{schedule}");
            let order = cluster.order.get();
            assert!(order.into_iter().take(64).eq((10..70).chain([37, 38, 47, 48])), "{schedule}");
        }
    }
    Ok(())
}

#[dsm::parallel(atomic(runs))]
fn sections_inside(res: Loops, schedule: Schedule) -> usize {
    let mut masters = 0;
    res.team.for_each(0..30, schedule, |i| {
        res.team.critical(|| res.runs[i].store(res.runs[i].load() + 1));
        *res.length.lock() += 1;
        masters += usize::from(res.team.master(|| ()).is_some());
    });
    masters
}

#[dsm::test]
fn locks_and_sections_that_are_no_collective_work_inside() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Loops { n: 30 })?;
        for schedule in SCHEDULES {
            cluster.runs.fill(0);
            cluster.length.set(0);
            let masters = sections_inside(&mut cluster, schedule)?;
            assert!(masters[1..].iter().all(|&count| count == 0));
            assert_eq!((cluster.runs.sum(), cluster.length.get()), (30, 30));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn catch(res: Loops) -> (bool, usize) {
    let mut ran = 0;
    let mut caught = false;
    res.team.for_each(0..20, Schedule::Dynamic(1), |i| {
        caught |= catch_unwind(AssertUnwindSafe(|| assert!(i != 7, "index 7"))).is_err();
        ran += 1;
    });
    (caught, ran)
}

#[dsm::test]
fn a_panic_that_the_body_catches_is_its_own_affair() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let results = catch(&mut Cluster::with_workers(workers, Loops { n: 1 })?)?;
        assert_eq!(results.iter().filter(|(caught, _)| *caught).count(), 1);
        assert_eq!(results.iter().map(|(_, ran)| ran).sum::<usize>(), 20);
    }
    Ok(())
}

#[dsm::parallel]
fn refused(res: Loops, what: u8) {
    match what {
        0 => res.team.for_each(0..4, Schedule::Cyclic(0), |_| ()),
        1 => res.team.for_each(0..4, Schedule::Dynamic(0), |_| ()),
        2 => res.team.for_each(0..4, Schedule::Guided(0), |_| ()),
        3 => res.team.for_each((0..usize::MAX, 0..2), Schedule::Block, |_| ()),
        4 => drop(res.team.split_indices(4, Schedule::Dynamic(1))),
        _ => drop(res.team.split_indices(4, Schedule::Guided(1))),
    }
}

#[dsm::test]
fn what_cannot_be_shared_out_is_refused_with_what_to_write() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Loops { n: 1 })?;
    let told = [
        "write `Cyclic(1)` or more",
        "write `Dynamic(1)` or more",
        "write `Guided(1)` or more",
        "has more indices than `usize` holds",
        "`split_indices` can't deal by `dynamic(1)`, which hands indices out as workers ask: use `team.for_each`",
        "`split_indices` can't deal by `guided(1)`",
    ];
    for (what, told) in (0..).zip(told) {
        let error = refused(&mut cluster, what).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()), "{error}");
    }
    Ok(())
}
