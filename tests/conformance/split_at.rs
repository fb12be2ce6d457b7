//! `split_at`: each worker brings its own range; gaps are left alone, and ranges may be empty.

use std::ops::Range;

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Cuts(n: usize) { x: [u64; n, 2], y: [u64; n] }
}

#[dsm::parallel(read(x, y))]
fn mark(res: Cuts, of_x: &[Range<usize>], of_y: &[Range<usize>]) -> (Range<usize>, usize) {
    let rank = res.team.id();
    let (mut x, mut y) = res.team.phase((res.x.split_at(of_x[rank].clone()), res.y.split_at(of_y[rank].clone())));
    assert_eq!((x.range(), y.range(), y.axis()), (of_x[rank].clone(), of_y[rank].clone(), 0));
    assert_eq!((x.shape(), y.len()), (&[of_x[rank].len(), 2][..], of_y[rank].len()));
    x.fill(rank as u64 + 1);
    y.fill(rank as u64 + 1);
    (x.range(), y.len())
}

/// Who marked each row, from the ranges; zero where nobody did.
fn marks(n: usize, ranges: &[Range<usize>]) -> Array1<u64> {
    let owner = |row| ranges.iter().position(|range| range.contains(&row)).map_or(0, |rank| rank as u64 + 1);
    Array1::from_shape_fn(n, owner)
}

/// Has the workers mark these ranges of both arrays, one array by the ranks in reverse.
fn assert_marks(n: usize, ranges: &[Range<usize>]) -> dsm::Result<()> {
    let reversed: Vec<_> = ranges.iter().rev().cloned().collect();
    let mut cluster = Cluster::with_workers(ranges.len(), Cuts { n })?;
    mark(&mut cluster, ranges, &reversed)?;
    assert_eq!(*cluster.y, marks(n, &reversed));
    let expected = marks(n, ranges);
    assert!(cluster.x.columns().into_iter().all(|column| column == expected));
    Ok(())
}

#[dsm::test]
#[allow(clippy::single_range_in_vec_init, reason = "one range for one worker")]
fn ranges_of_any_lengths_cover_the_rows() -> dsm::Result<()> {
    teams([3]);
    assert_marks(10, &[0..10])?;
    assert_marks(10, &[0..1, 1..10])?;
    assert_marks(10, &[7..10, 0..2, 2..7])
}

#[dsm::test]
fn gaps_are_left_alone() -> dsm::Result<()> {
    teams([2, 4]);
    assert_marks(10, &[2..3, 5..9])?;
    assert_marks(100, &[90..91, 3..4, 50..60, 20..30])
}

#[dsm::test]
fn empty_ranges_lie_anywhere_even_inside_another() -> dsm::Result<()> {
    teams([2, 4]);
    assert_marks(10, &[0..0, 0..10])?;
    assert_marks(10, &[10..10, 5..5, 0..10, 3..3])?;
    assert_marks(10, &[4..4, 4..4, 4..4])?;
    assert_marks(0, &[0..0, 0..0])
}

#[dsm::test]
fn many_workers_bring_their_ranges() -> dsm::Result<()> {
    teams([32]);
    let ranges: Vec<_> = (0..32).map(|rank| (31 - rank) * 3..(31 - rank) * 3 + rank % 4).collect();
    assert_marks(100, &ranges)
}

#[dsm::parallel(split(y))]
fn slide(res: Cuts, steps: usize) {
    let (team, mut block) = (res.team, res.y);
    let n = team.sum(block.len());
    for step in 0..steps {
        // One row each, further on with each step.
        let row = (step * team.size() + team.id()) % n;
        block = team.phase(block.split_at(row..row + 1));
        block[0] += 1;
    }
}

#[dsm::test]
fn ranges_move_from_phase_to_phase() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Cuts { n: 8 })?;
        slide(&mut cluster, 8)?;
        assert!(cluster.y.iter().all(|&y| y == workers as u64));
    }
    Ok(())
}
