//! Sorting the elements of an array in their places.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use ndarray::{ArrayRef, ArrayView, Ix1};

use super::merge::{halved, merge_pairs, runs};
use super::order::{Buffer, Order, is_sorted_by, sort_runs};
use super::scratch::Scratch;
use crate::element::Element;
use crate::error::Result;
use crate::threads::cuts;

/// Sorts an array, stably. Should the order panic, the array is a permutation of what it was.
pub(super) fn sort<T: Element>(array: &mut ArrayRef<T, Ix1>, threads: usize, order: &impl Order<T>) -> Result<()> {
    if is_sorted_by(array, threads, |left, right| !order.less(right, left)) {
        return Ok(());
    }
    if let Some(slice) = array.as_slice_mut() {
        return sort_slice(slice, threads, order);
    }
    let mut copy = Scratch::new(array.len())?;
    for (copy, &element) in copy.iter_mut().zip(&*array) {
        *copy = element;
    }
    sort_slice(&mut copy, threads, order)?;
    array.assign(&ArrayView::from(&*copy));
    Ok(())
}

fn sort_slice<T: Element, O: Order<T>>(slice: &mut [T], threads: usize, order: &O) -> Result<()> {
    let mut scratch = Scratch::new(if O::NEEDS_SCRATCH || threads > 1 { slice.len() } else { 0 })?;
    let mut ends = cuts(slice.len(), threads);
    // As many rounds of merges as it takes to end in the array.
    let mut in_slice = threads.next_power_of_two().ilog2().is_multiple_of(2);
    match (in_slice, O::NEEDS_SCRATCH) {
        (true, _) => sort_runs(slice, &mut scratch, Buffer::First, &ends, order, |_, _| {}),
        (false, true) => sort_runs(slice, &mut scratch, Buffer::Second, &ends, order, |_, _| {}),
        (false, false) => sort_runs(&mut scratch, &mut [], Buffer::First, &ends, order, |start, run| {
            run.copy_from_slice(&slice[start..start + run.len()]);
        }),
    }
    while ends.len() > 2 {
        let (from, to) = if in_slice { (&*slice, &mut *scratch) } else { (&*scratch, &mut *slice) };
        let runs = runs(from, &ends);
        let merging = || merge_pairs(&runs, to, threads, |left, right| order.less(left, right), |element| element);
        if let Err(payload) = catch_unwind(AssertUnwindSafe(merging)) {
            if !in_slice {
                slice.copy_from_slice(&scratch);
            }
            resume_unwind(payload);
        }
        ends = halved(&ends);
        in_slice = !in_slice;
    }
    Ok(())
}
