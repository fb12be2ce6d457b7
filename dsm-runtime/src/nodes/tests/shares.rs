//! Shares against ndarray and the deals.

use ndarray::{Array, ArrayD, Axis, IxDyn, Slice};
use proptest::prelude::*;

use super::{runs, runs_where, schedules, shapes};
use crate::nodes::runs::Runs;
use crate::nodes::share::{rows_of_ranks, share, share_of_ranks, widened};
use crate::schedule::{Deal, Schedule};

/// The elements whose index along `axis` is among `indices`, as ndarray finds them.
fn selected(shape: &[usize], axis: usize, indices: &[usize]) -> Runs {
    let positions: ArrayD<usize> =
        Array::from_iter(0..shape.iter().product()).into_shape_with_order(IxDyn(shape)).unwrap();
    let of_rows = indices.iter().flat_map(|&index| {
        let row = positions.slice_axis(Axis(axis), Slice::from(index..index + 1));
        row.iter().map(|&at| at..at + 1).collect::<Vec<_>>()
    });
    of_rows.collect()
}

proptest! {
    #[test]
    fn a_share_is_what_lies_in_its_rows(
        shape in shapes(), axis in 0usize..6, has in prop::collection::vec(any::<bool>(), 40),
    ) {
        let axis = axis % shape.len();
        let rows = runs_where(shape[axis], |i| has[i]);
        let indices: Vec<usize> = rows.iter().flatten().collect();
        prop_assert_eq!(share(&shape, axis, rows.iter()), selected(&shape, axis, &indices));
    }

    #[test]
    fn ranks_share_what_is_dealt_to_them(
        shape in shapes(), axis in 0usize..6, schedule in schedules(), size in 1usize..9, seed in any::<u64>(),
        (first, count) in (0usize..9, 0usize..9),
    ) {
        let axis = axis % shape.len();
        let ranks = first.min(size)..(first + count).min(size);
        let deals = ranks.clone().map(|rank| Deal::new(schedule, shape[axis], size, rank, seed));
        let indices: Vec<usize> = deals.flat_map(|deal| deal.indices()).collect();
        let share = share_of_ranks(&shape, axis, schedule, size, seed, ranks);
        prop_assert_eq!(share, selected(&shape, axis, &indices));
    }

    #[test]
    fn widened_rows_are_those_near_one(
        has in prop::collection::vec(any::<bool>(), 0..40), by in 0usize..50,
    ) {
        let length = has.len();
        let near = |i: usize| (i.saturating_sub(by)..=i + by).any(|j| j < length && has[j]);
        prop_assert_eq!(widened(&runs_where(length, |i| has[i]), by, length), runs_where(length, near));
    }
}

#[test]
fn a_block_of_axis_0_is_one_run() {
    assert_eq!(share_of_ranks(&[8, 3, 5], 0, Schedule::Block, 4, 0, 1..3), runs([30..90]));
    assert_eq!(share_of_ranks(&[3, 8], 1, Schedule::Block, 4, 0, 1..3), runs([2..6, 10..14, 18..22]));
    assert_eq!(share_of_ranks(&[9], 0, Schedule::Cyclic(2), 3, 0, 0..2), runs([0..4, 6..9]));
}

#[test]
fn an_empty_array_may_have_axes_without_end() {
    for axis in 0..3 {
        let shape = [usize::MAX, usize::MAX, 0];
        assert_eq!(share_of_ranks(&shape, axis, Schedule::Block, 3, 0, 0..3), Runs::none());
    }
}

#[test]
fn widening_stops_at_the_ends() {
    assert_eq!(widened(&runs([0..2, 5..6]), 1, 10), runs([0..3, 4..7]));
    assert_eq!(widened(&runs([4..5]), usize::MAX, 10), runs([0..10]));
    assert_eq!(widened(&Runs::none(), 3, 10), Runs::none());
}

#[test]
#[should_panic(expected = "rows 2..6 of an axis of length 5")]
fn rows_beyond_the_axis_are_refused() {
    let _ = share(&[5, 0], 0, [0..1, 2..6]);
}

#[test]
#[should_panic(expected = "`dynamic(2)` hands indices out as workers ask")]
fn rows_that_nobody_owns_beforehand_have_no_share() {
    let _ = rows_of_ranks(10, Schedule::Dynamic(2), 2, 0, 0..1);
}
