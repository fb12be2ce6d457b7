//! What holds for any array, any schedule and any number of nodes; and what is sent in a few programs, exactly.
#![expect(clippy::single_range_in_vec_init, reason = "a set may be one run")]

mod examples;
mod programs;
mod sets;
mod shares;

use std::ops::Range;

use proptest::prelude::*;

use super::Runs;
use crate::schedule::Schedule;

fn runs<const N: usize>(ranges: [Range<usize>; N]) -> Runs {
    Runs::from_sorted(ranges)
}

/// The numbers below `len` for which `has` holds, as the longest ranges.
fn ranges_where(len: usize, has: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let starts = (0..len).filter(|&i| has(i) && (i == 0 || !has(i - 1)));
    starts.map(|start| start..(start..len).find(|&i| !has(i)).unwrap_or(len)).collect()
}

fn runs_where(len: usize, has: impl Fn(usize) -> bool) -> Runs {
    Runs::from_sorted(ranges_where(len, has))
}

fn schedules() -> impl Strategy<Value = Schedule> {
    prop_oneof![Just(Schedule::Block), (1usize..6).prop_map(Schedule::Cyclic), Just(Schedule::Random)]
}

/// One to six axes, some of them of length 0.
fn shapes() -> impl Strategy<Value = Vec<usize>> {
    let axis = prop_oneof![1 => Just(0), 15 => 1usize..5];
    prop_oneof![prop::collection::vec(0usize..40, 1..=2), prop::collection::vec(axis, 3..=6)]
}
