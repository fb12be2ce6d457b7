//! Which elements of an array lie in which rows, and whose rows they are.
//!
//! A row is what lies at one index of the axis that is dealt. Rows that are handed out as workers ask are dealt by
//! nobody: whoever knows what was taken asks [`share()`] for their elements.

use std::ops::Range;

use super::Runs;
use crate::schedule::{Deal, Schedule};

/// The elements in the rows at these indices of `axis`, which ascend, by their position in standard layout.
///
/// # Panics
///
/// When an index isn't on the axis, or the array has no such axis.
pub(crate) fn share(shape: &[usize], axis: usize, indices: impl IntoIterator<Item = Range<usize>>) -> Runs {
    let length = shape[axis];
    let rows = Runs::from_sorted(indices);
    if let Some(last) = rows.iter().last() {
        assert!(last.end <= length, "rows {last:?} of an axis of length {length}");
    }
    // Other axes of an empty array may be of any length: their product needn't be a number.
    if shape.contains(&0) {
        return Runs::none();
    }
    let before: usize = shape[..axis].iter().product();
    let row: usize = shape[axis + 1..].iter().product();
    Runs::from_sorted((0..before).flat_map(|outer| {
        let first = outer * length;
        rows.iter().map(move |run| (first + run.start) * row..(first + run.end) * row)
    }))
}

/// The elements in the rows that a schedule deals to these ranks, of `size`. The seed matters to [`Schedule::Random`]
/// only.
///
/// # Panics
///
/// As [`rows_of_ranks`] and [`share()`].
pub(crate) fn share_of_ranks(
    shape: &[usize],
    axis: usize,
    schedule: Schedule,
    size: usize,
    seed: u64,
    ranks: Range<usize>,
) -> Runs {
    share(shape, axis, rows_of_ranks(shape[axis], schedule, size, seed, ranks).iter())
}

/// The indices of an axis of this length that a schedule deals to these ranks, of `size`.
///
/// # Panics
///
/// When a rank isn't below `size`, and when the schedule can't deal or hands rows out as workers ask.
pub(crate) fn rows_of_ranks(length: usize, schedule: Schedule, size: usize, seed: u64, ranks: Range<usize>) -> Runs {
    ranks.flat_map(|rank| runs_of(Deal::new(schedule, length, size, rank, seed))).collect()
}

/// The runs of a deal, in its order.
fn runs_of(deal: Deal) -> impl Iterator<Item = Range<usize>> {
    let mut k = 0;
    std::iter::from_fn(move || {
        let run = deal.run_from(k);
        let first = (run > 0).then(|| deal.index(k))?;
        k += run;
        Some(first..first + run)
    })
}

/// These indices of an axis of this length, and those at most `by` beside one of them.
#[cfg_attr(not(test), expect(dead_code, reason = "for views of rows beside one's own, which aren't here yet"))]
pub(crate) fn widened(indices: &Runs, by: usize, length: usize) -> Runs {
    Runs::from_sorted(indices.iter().map(|run| run.start.saturating_sub(by)..run.end.saturating_add(by).min(length)))
}
