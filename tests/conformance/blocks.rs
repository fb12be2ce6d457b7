//! `split` by blocks: the blocks are disjoint, cover the axis, follow each other by rank and differ by at most one.

use std::ops::Range;

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Blocks(x: usize, y: usize, z: usize) {
        vector: [usize; x],
        rows: [usize; x, y],
        columns: [usize; x, y],
        middle: [usize; x, y, z],
        last: [usize; x, y, z],
    }
}

/// Marks a block as its owner's, and checks that it is the whole of what the range says.
fn mark<D: dsm::Axes>(block: &mut Split<'_, usize, D>, axis: usize, rank: usize) -> Range<usize> {
    assert_eq!((block.axis(), block.shape()[axis]), (axis, block.range().len()));
    block.mapv_inplace(|before| before + rank + 1);
    block.range()
}

#[dsm::parallel(split(vector, rows), split(columns, middle, axis = 1), split(last, axis = 2))]
fn mark_all(mut res: Blocks) -> [Range<usize>; 5] {
    let rank = res.team.id();
    [
        mark(&mut res.vector, 0, rank),
        mark(&mut res.rows, 0, rank),
        mark(&mut res.columns, 1, rank),
        mark(&mut res.middle, 1, rank),
        mark(&mut res.last, 2, rank),
    ]
}

/// The contract of a balanced split of `0..n`.
fn assert_balanced(ranges: &[Range<usize>], n: usize) {
    assert_eq!((ranges[0].start, ranges[ranges.len() - 1].end), (0, n), "{ranges:?}");
    assert!(ranges.windows(2).all(|pair| pair[0].end == pair[1].start), "{ranges:?}");
    let lengths = ranges.iter().map(Range::len);
    assert!(lengths.clone().max().unwrap() - lengths.clone().min().unwrap() <= 1, "{ranges:?}");
    assert!(lengths.clone().is_sorted_by(|a, b| a >= b), "longer blocks come first: {ranges:?}");
}

/// Each element was marked once, by the owner of its index.
fn assert_marked<D: ndarray::RemoveAxis>(array: &ArrayRef<usize, D>, axis: usize, ranges: &[Range<usize>]) {
    for (rank, range) in ranges.iter().enumerate() {
        for index in range.clone() {
            assert!(array.index_axis(Axis(axis), index).iter().all(|&mark| mark == rank + 1));
        }
    }
}

#[dsm::test]
fn blocks_of_any_axis_are_balanced_and_each_element_has_one_owner() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        for (x, y, z) in [(0, 3, 2), (1, 1, 1), (2, 7, 31), (10, 4, 33), (33, 32, 5), (64, 0, 3)] {
            let mut cluster = Cluster::with_workers(workers, Blocks { x, y, z })?;
            let ranges = mark_all(&mut cluster)?;
            let of = |array: usize| ranges.iter().map(|ranges| ranges[array].clone()).collect::<Vec<_>>();
            for (array, n) in [x, x, y, y, z].into_iter().enumerate() {
                assert_balanced(&of(array), n);
            }
            assert_marked(&cluster.vector, 0, &of(0));
            assert_marked(&cluster.rows, 0, &of(1));
            assert_marked(&cluster.columns, 1, &of(2));
            assert_marked(&cluster.middle, 1, &of(3));
            assert_marked(&cluster.last, 2, &of(4));
        }
    }
    Ok(())
}

#[dsm::parallel(read(rows), split(columns, axis = 1))]
fn split_again(res: Blocks) -> Vec<(usize, Range<usize>)> {
    let team = res.team;
    let mut seen = Vec::new();
    let mut note = |axis, range| seen.push((axis, range));
    note(res.columns.axis(), res.columns.range());
    let read = team.phase(res.columns.publish());
    // Back along the axis of its clause.
    let block = team.phase(read.reclaim());
    note(block.axis(), block.range());
    let block = team.phase(block.split());
    note(block.axis(), block.range());
    let block = team.phase(block.split_axis(1));
    note(block.axis(), block.range());
    let block = team.phase(block.atomics());
    let block = team.phase(block.reclaim());
    note(block.axis(), block.range());
    // An array that its clause only reads is reclaimed along axis 0.
    let block = team.phase(res.rows.reclaim());
    note(block.axis(), block.range());
    seen
}

#[dsm::test]
fn reclaim_splits_the_axis_of_the_clause_and_split_the_first() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Blocks { x: 10, y: 6, z: 1 })?;
        let seen = split_again(&mut cluster)?;
        for (step, (axis, n)) in [(1, 6), (1, 6), (0, 10), (1, 6), (1, 6), (0, 10)].into_iter().enumerate() {
            assert!(seen.iter().all(|seen| seen[step].0 == axis));
            assert_balanced(&seen.iter().map(|seen| seen[step].1.clone()).collect::<Vec<_>>(), n);
        }
    }
    Ok(())
}

#[dsm::parallel(split(vector))]
fn split_a_missing_axis(res: Blocks) {
    let _ = res.vector.split_axis(1);
}

#[dsm::test]
fn an_axis_that_is_not_there_cannot_be_split() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Blocks { x: 1, y: 1, z: 1 })?;
    let error = split_a_missing_axis(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), dsm::ErrorKind::Panicked);
    assert!(error.to_string().contains("axis 1 of an array with 1 axes"), "{error}");
    assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()));
    Ok(())
}
