//! Views and handles that safe code drops, forgets, leaks or exchanges: the next phase and call go by the declaration.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use dsm::ErrorKind;
use dsm::prelude::*;

use crate::support::Holdings;
use crate::teams;

dsm::shared! {
    struct Pair(n: usize) { x: [u64; n], y: [u64; n], grid: [u64; n, 3], total: Lock<u64>, bins: [Lock<u64>; n] }
}

#[expect(clippy::drop_non_drop, clippy::forget_non_drop, reason = "whether that does anything is the question")]
#[dsm::parallel(split(x, y), atomic(grid))]
fn give_views_up(res: Pair, how: &str) -> u64 {
    let (team, mut x, y, grid) = (res.team, res.x, res.y, res.grid);
    *x += 1;
    match how {
        "dropped" => drop((x.range(), x, y.range(), y)),
        "forgotten" => mem::forget((x, y, grid)),
        "in a cycle" => {
            // Its destructor never runs, and nothing that it holds is reached again.
            #[expect(dead_code, reason = "held, and never looked at")]
            struct Cycle<'w>(RefCell<Option<Rc<Cycle<'w>>>>, Split<'w, u64, Ix1>, Split<'w, u64, Ix1>);
            let cycle = Rc::new(Cycle(RefCell::default(), x, y));
            *cycle.0.borrow_mut() = Some(Rc::clone(&cycle));
            assert_eq!(Rc::strong_count(&cycle), 2);
            drop(cycle);
        }
        "as transitions" => {
            let _ = (x.publish(), y.reclaim(), grid.raw());
        }
        _ => mem::forget((x.publish(), y.atomics())),
    }
    team.sum(1)
}

#[dsm::test]
fn views_given_up_in_any_way_are_made_anew_in_the_next_call() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Pair { n: 10 })?;
        let ways = ["dropped", "forgotten", "in a cycle", "as transitions", "as forgotten transitions"];
        for (before, how) in ways.into_iter().enumerate() {
            assert_eq!(give_views_up(&mut cluster, how)?, vec![workers as u64; workers]);
            assert_eq!(cluster.x.to_vec(), [before as u64 + 1; 10], "{how}");
        }
    }
    Ok(())
}

#[dsm::parallel(split(x, y))]
fn exchange_views(mut res: Pair, ranks: usize) -> (u64, u64) {
    let rank = res.team.id() as u64;
    res.x.fill(1 + rank);
    res.y.fill(100);
    if res.team.id() < ranks {
        mem::swap(&mut res.x, &mut res.y);
        // What is behind the name is now the other array, and says so to the others.
        *res.x += 1;
    }
    let (x, y) = res.team.phase((res.x.publish(), res.y.publish()));
    (x.sum(), y.sum())
}

#[dsm::test]
fn views_exchanged_by_all_are_the_other_arrays_and_by_some_diverge() -> dsm::Result<()> {
    for workers in teams([2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Pair { n: 8 })?;
        let ranks = (1..=workers as u64).sum::<u64>() * 8 / workers as u64;
        assert_eq!(exchange_views(&mut cluster, 0)?, vec![(ranks, 800); workers]);
        assert_eq!(exchange_views(&mut cluster, workers)?, vec![(808, ranks); workers]);
        let error = exchange_views(&mut cluster, 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
        assert!(error.to_string().contains("phase(publish y, publish x)"), "{error}");
        assert_eq!(exchange_views(&mut cluster, 0)?, vec![(ranks, 800); workers]);
    }
    Ok(())
}

#[dsm::parallel(split(grid))]
fn turn_inside_out(res: Pair) -> bool {
    let (rank, team, mut grid) = (res.team.id() as u64, res.team, res.grid);
    let range = grid.range();
    grid.fill(rank + 1);
    grid.merge_axes(Axis(0), Axis(1));
    grid.raw_view_mut();
    if !grid.is_empty() {
        grid.collapse_axis(Axis(0), 0);
        grid.collapse_axis(Axis(1), 0);
    }
    let mut grid = team.phase(grid.split_at(range.clone()));
    let whole = grid.shape() == [range.len(), 3] && grid.range() == range && grid.iter().all(|&g| g == rank + 1);
    grid.slice_axis_inplace(Axis(1), dsm::ndarray::Slice::from(3..));
    let mut rows = team.phase(grid.rows(Schedule::Cyclic(2)));
    let lengths = rows.iter_mut().all(|(_, mut row)| {
        row.slice_collapse(s![1..]);
        row.len() == 2
    });
    let all = team.phase(rows.publish());
    whole && lengths && all.shape()[1] == 3
}

#[dsm::test]
fn a_view_collapsed_to_nothing_is_whole_in_the_next_phase() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for n in [0, 1, 9] {
            let mut cluster = Cluster::with_workers(workers, Pair { n })?;
            assert_eq!(turn_inside_out(&mut cluster)?, vec![true; workers]);
            assert_eq!(cluster.grid.shape(), [n, 3]);
        }
    }
    Ok(())
}

#[dsm::parallel(split(x))]
fn raise(mut res: Pair) -> u64 {
    *res.x += 1;
    *res.total.lock() += 1;
    *res.bins[0].lock() += 1;
    res.team.sum(res.x.len() as u64)
}

/// Exchanges handles; one can't be had by itself, so this is all that safe code can do with them.
fn exchange(which: &str, one: &mut Cluster<Pair>, other: &mut Cluster<Pair>) {
    match which {
        "array" => mem::swap(&mut one.x, &mut other.x),
        "lock" => mem::swap(&mut one.total, &mut other.total),
        "locks" => mem::swap(&mut one.bins, &mut other.bins),
        "all" => mem::swap(&mut **one, &mut **other),
        _ => mem::swap(one, other),
    }
}

#[dsm::test]
fn handles_of_clusters_of_different_sizes_are_refused_and_dropped_in_either_order() -> dsm::Result<()> {
    teams([]);
    let before = Holdings::now();
    for which in ["array", "lock", "locks", "all", "clusters"] {
        for first in [true, false] {
            let mut small = Cluster::with_workers(1, Pair { n: 3 })?;
            let mut large = Cluster::with_workers(2, Pair { n: 100_000 })?;
            assert_eq!((raise(&mut small)?[0], raise(&mut large)?[0]), (3, 100_000));
            exchange(which, &mut small, &mut large);
            if which == "clusters" {
                assert_eq!((raise(&mut small)?[0], raise(&mut large)?[0]), (100_000, 3));
            } else {
                for cluster in [&mut small, &mut large] {
                    assert_eq!(raise(cluster).unwrap_err().kind(), ErrorKind::Handle);
                    assert_eq!(cluster.first_touch().unwrap_err().kind(), ErrorKind::Handle);
                }
            }
            let (gone, mut left) = if first { (small, large) } else { (large, small) };
            drop(gone);
            // What it was given lives on with it, and goes with it.
            assert!(left.x.iter().all(|&x| x == left.x[0]) && left.x[0] > 0);
            assert!(left.bins.get(0) > 0 && left.total.get() > 0);
            left.bins.clear_poison();
        }
    }
    assert_eq!(Holdings::now(), before);
    Ok(())
}
