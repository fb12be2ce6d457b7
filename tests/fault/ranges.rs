//! Ranges that `split_at` can't grant: refused on all ranks before any has its new block, whatever else is in the phase.

use std::ops::Range;

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, N, assert_works, bench};

#[dsm::parallel(split(a, b, grid), read(written))]
fn nest(res: Bench, of_b: &[Range<usize>], of_grid: &[Range<usize>]) -> (Vec<usize>, usize) {
    let (rank, team) = (res.team.id(), res.team);
    let (b, grid) = (of_b[rank].clone(), of_grid[rank].clone());
    // Counted through nested tuples, with other transitions before, between and after.
    let (_all, ((mut b, _now), (mut grid,))) =
        team.phase((res.a.publish(), ((res.b.split_at(b), res.written.reclaim()), (res.grid.split_at(grid),))));
    b.fill(1.0);
    grid.fill(1);
    (vec![b.range().start, b.range().end], grid.len())
}

fn halves() -> [Range<usize>; 2] {
    [0..N / 2, N / 2..N]
}

/// The error of these ranges, in a cluster whose arrays then hold nothing of anybody's.
fn refused(of_b: [Range<usize>; 2], of_grid: [Range<usize>; 2]) -> Error {
    let mut cluster = bench(2);
    let error = nest(&mut cluster, &of_b, &of_grid).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    assert!(cluster.b.sum() == 0.0 && cluster.grid.sum() == 0, "{error}");
    assert_works(&mut cluster);
    let whole = nest(&mut cluster, &halves(), &[0..1, N..N]).unwrap();
    assert_eq!(whole, [(vec![0, N / 2], 6), (vec![N / 2, N], 0)]);
    error
}

#[dsm::test]
fn an_overlap_in_either_of_two_is_told_of_the_right_array() {
    for same in [0..1, 0..N, N - 1..N, 3..17] {
        let error = refused([same.clone(), same.clone()], halves());
        assert!(error.to_string().contains("ranges of `b` overlap between rank 0 and rank 1"), "{error}");
        let error = refused(halves(), [same.clone(), same]);
        assert!(error.to_string().contains("ranges of `grid` overlap between rank 0 and rank 1"), "{error}");
    }
    let error = refused([0..N, 7..8], [5..6, 0..N]);
    assert!(error.to_string().contains("ranges of `b` overlap"), "{error}");
}

#[dsm::test]
fn a_range_that_no_array_has_is_told_by_its_bounds() {
    #[expect(clippy::reversed_empty_ranges, reason = "to be refused")]
    let wrong = [0..N + 1, N + 1..N + 1, 0..usize::MAX, usize::MAX..usize::MAX, usize::MAX..0, 1..0, N..N - 1];
    for range in wrong {
        let words = format!("split_at({range:?})");
        // Empty for the other, so that nothing overlaps.
        let error = refused([range.clone(), 0..0], halves());
        assert_eq!(error.rank(), Some(0));
        assert!(error.to_string().contains(&format!("{words} of `b`: the range must lie in 0..{N}")), "{error}");
        let error = refused(halves(), [0..0, range]);
        assert_eq!(error.rank(), Some(1));
        assert!(error.to_string().contains(&format!("{words} of `grid`: the range must lie in 0..{N}")), "{error}");
    }
}

#[dsm::parallel(split(a))]
fn bring_by_some(res: Bench) -> usize {
    match res.team.id() {
        0 => res.team.phase(res.a.split_at(0..0)).len(),
        1 => res.team.phase(res.a.split_axis(0)).len(),
        _ => res.team.phase(res.a.rows(Schedule::Block)).len(),
    }
}

#[dsm::test]
fn a_range_that_only_some_bring_diverges() {
    for workers in [2, 3] {
        let mut cluster = bench(workers);
        let error = bring_by_some(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
        assert!(error.to_string().contains("phase(split_at a)"), "{error}");
        assert_works(&mut cluster);
    }
}
