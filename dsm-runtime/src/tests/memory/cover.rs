//! The views of all ranks together reach every element of their array once, and nothing else.

use std::ops::Range;

use ndarray::{Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};
use proptest::prelude::*;

use super::cases;
use super::heap_team::HeapTeam;
use super::places::{Row, each_of_block, each_of_row};
use crate::schedule::Schedule;
use crate::shape::Axes;
use crate::view::{Atomics, Mode, Read, Rows, Split, View};

const ARRAY: usize = 1;

/// An array of this shape between two others.
fn guarded<D: Axes>(shape: &[usize]) -> HeapTeam {
    HeapTeam::new(|declaration| {
        declaration.array::<u8, Ix1>(0, "before", [1])?;
        declaration.array::<u32, D>(ARRAY, "array", shape)?;
        declaration.array::<u8, Ix1>(2, "after", [1])
    })
}

/// Marks the element `number` by its number, which nobody has done before.
fn mark(number: usize, element: &mut u32) {
    assert_eq!(*element, 0, "element {number} is reached twice, or under two numbers");
    *element = number as u32 + 1;
}

fn assert_nothing_else_is_touched(team: &mut HeapTeam) {
    for side in team.bytes_around(ARRAY) {
        // Compared as a whole, which miri does at once.
        assert!(*side == *vec![0; side.len()], "written outside");
    }
}

fn assert_marked(team: &mut HeapTeam, wanted: impl Fn(usize) -> bool) {
    for (number, &found) in team.elements::<u32>(ARRAY).iter().enumerate() {
        assert_eq!(found, if wanted(number) { number as u32 + 1 } else { 0 }, "element {number}");
    }
    assert_nothing_else_is_touched(team);
}

/// All ranks' blocks at once, each marked through its iterator.
fn mark_blocks<D: Axes>(
    team: &mut HeapTeam,
    shape: &[usize],
    ranks: usize,
    mode: Mode,
    own: impl Fn(usize) -> Range<usize>,
) {
    team.with_grants(ranks, ARRAY, mode, own, |grants| {
        let mut blocks: Vec<Split<'_, u32, D>> = grants.into_iter().map(Split::build).collect();
        for block in &mut blocks {
            each_of_block(block, shape, mark);
        }
        // Views made before others were used are still good.
        let all: usize = blocks.iter().flat_map(|block| block.iter()).filter(|&&element| element > 0).count();
        assert_eq!(all, blocks.iter().map(|block| block.len()).sum::<usize>());
    });
}

/// All ranks' rows at once, marked in turns: one of the first rank, one of the second, and so on.
fn mark_rows<D: Axes>(team: &mut HeapTeam, shape: &[usize], ranks: usize, mode: Mode)
where
    for<'a> D::Row<'a, u32>: Row<u32>,
{
    team.with_grants(
        ranks,
        ARRAY,
        mode,
        |_| 0..0,
        |grants| {
            let mut dealt: Vec<Rows<'_, u32, D>> = grants.into_iter().map(Rows::build).collect();
            let axis = dealt[0].axis();
            let mut turns: Vec<_> = dealt.iter_mut().map(Rows::iter_mut).collect();
            let mut left = true;
            while left {
                left = false;
                for (at, row) in turns.iter_mut().filter_map(Iterator::next) {
                    each_of_row(row, (axis, at), shape, mark);
                    left = true;
                }
            }
            let mut indices: Vec<_> = dealt.iter().flat_map(Rows::indices).collect();
            indices.sort_unstable();
            assert!(indices.into_iter().eq(0..shape[axis]));
        },
    );
}

const SCHEDULES: [fn(usize) -> Schedule; 5] =
    [|_| Schedule::Block, Schedule::Cyclic, |_| Schedule::Random, Schedule::Dynamic, Schedule::Guided];

fn cover_in_every_mode<D: Axes>(shape: &[usize], ranks: usize, chunk: usize)
where
    for<'a> D::Row<'a, u32>: Row<u32>,
{
    for axis in 0..D::AXES {
        for schedule in SCHEDULES.map(|schedule| schedule(chunk)) {
            let mode = Mode::Split { axis, schedule };
            let mut team = guarded::<D>(shape);
            mark_rows::<D>(&mut team, shape, ranks, mode);
            assert_marked(&mut team, |_| true);
            if schedule == Schedule::Block {
                let mut team = guarded::<D>(shape);
                mark_blocks::<D>(&mut team, shape, ranks, mode, |_| 0..0);
                assert_marked(&mut team, |_| true);
            }
        }
    }
}

fn read_and_change_all<D: Axes>(shape: &[usize], ranks: usize) {
    let mut team = guarded::<D>(shape);
    team.with_grants(
        ranks,
        ARRAY,
        Mode::Atomic,
        |_| 0..0,
        |grants| {
            let views: Vec<Atomics<'_, u32, D>> = grants.into_iter().map(Atomics::build).collect();
            for view in &views {
                view.iter().enumerate().for_each(|(number, element)| _ = element.fetch_add(number as u32 + 1));
            }
        },
    );
    team.with_grants(
        ranks,
        ARRAY,
        Mode::Read,
        |_| 0..0,
        |grants| {
            for view in grants.into_iter().map(Read::<'_, u32, D>::build) {
                assert_eq!(view.shape(), shape);
                assert!(
                    view.iter().enumerate().all(|(number, &element)| element == (number as u32 + 1) * ranks as u32)
                );
            }
        },
    );
    assert_nothing_else_is_touched(&mut team);
}

fn cover_own_ranges<D: Axes>(shape: &[usize], ranges: &[Range<usize>]) {
    let mut team = guarded::<D>(shape);
    mark_blocks::<D>(&mut team, shape, ranges.len(), Mode::SplitAt, |rank| ranges[rank].clone());
    let per_row: usize = shape[1..].iter().product();
    assert_marked(&mut team, |number| ranges.iter().any(|range| range.contains(&(number / per_row))));
}

macro_rules! for_dimension {
    ($shape:expr, $function:ident($($argument:expr),*)) => {
        match $shape.len() {
            1 => $function::<Ix1>($($argument),*),
            2 => $function::<Ix2>($($argument),*),
            3 => $function::<Ix3>($($argument),*),
            4 => $function::<Ix4>($($argument),*),
            5 => $function::<Ix5>($($argument),*),
            _ => $function::<Ix6>($($argument),*),
        }
    };
}

/// One to six axes of up to `most` each, zero included, shorter where there are many.
fn shapes(most: usize) -> impl Strategy<Value = Vec<usize>> {
    (1_usize..=6).prop_flat_map(move |axes| {
        let length = if axes < 3 { 0..=most } else { 0..=(most / 4).clamp(2, 4) };
        // An axis of length zero empties the array, so most arrays should have none.
        let axis = prop_oneof![1 => Just(0), 12 => length];
        prop::collection::vec(axis, axes)
    })
}

fn most() -> usize {
    if cfg!(miri) { 5 } else { 24 }
}

fn most_ranks() -> usize {
    if cfg!(miri) { 5 } else { 70 }
}

/// A shape, and disjoint ranges of its first axis in any order, some empty and with gaps between them.
fn shapes_with_ranges() -> impl Strategy<Value = (Vec<usize>, Vec<Range<usize>>)> {
    shapes(most()).prop_flat_map(|shape| {
        let cuts = prop::collection::vec(0..=shape[0], 2..2 * most_ranks());
        let ranges = cuts.prop_map(|mut cuts| {
            cuts.sort_unstable();
            cuts.chunks_exact(2).map(|pair| pair[0]..pair[1]).collect::<Vec<_>>()
        });
        (Just(shape), ranges.prop_shuffle())
    })
}

proptest! {
    #![proptest_config(cases(96, 3))]

    #[test]
    fn every_schedule_covers_every_element_once(
        shape in shapes(most()), ranks in 1..=most_ranks(), chunk in 1_usize..6,
    ) {
        for_dimension!(shape, cover_in_every_mode(&shape, ranks, chunk));
    }

    #[test]
    fn shared_views_hold_all_elements_in_order(shape in shapes(most()), ranks in 1..=most_ranks()) {
        for_dimension!(shape, read_and_change_all(&shape, ranks));
    }

    #[test]
    fn own_ranges_cover_their_rows_and_no_others((shape, ranges) in shapes_with_ranges()) {
        for_dimension!(shape, cover_own_ranges(&shape, &ranges));
    }
}

#[test]
fn more_ranks_than_rows_cover_all_dimensions() {
    cover_in_every_mode::<Ix1>(&[3], 5, 2);
    cover_in_every_mode::<Ix2>(&[2, 3], 4, 1);
    cover_in_every_mode::<Ix3>(&[1, 2, 3], 3, 1);
    cover_in_every_mode::<Ix4>(&[2, 1, 1, 2], 3, 2);
    cover_in_every_mode::<Ix5>(&[1, 2, 1, 2, 1], 3, 1);
    cover_in_every_mode::<Ix6>(&[1, 2, 1, 1, 1, 2], 3, 1);
}

#[test]
fn arrays_without_elements_are_covered_by_nothing() {
    cover_in_every_mode::<Ix1>(&[0], 2, 1);
    cover_in_every_mode::<Ix2>(&[0, 3], 2, 1);
    cover_in_every_mode::<Ix2>(&[3, 0], 2, 1);
    cover_in_every_mode::<Ix4>(&[2, 0, 0, 3], 3, 2);
}
