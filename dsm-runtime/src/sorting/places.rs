//! The places of the elements in sorted order.

use ndarray::{ArrayRef, Axis, Ix1};

use super::merge::{halved, merge_pairs, runs};
use super::order::{Buffer, Order, is_sorted_by, sort_runs};
use super::scratch::{Placed, Scratch};
use crate::array::SharedArray;
use crate::element::Element;
use crate::error::Result;
use crate::threads::{cuts, do_all};

/// The number of an element: 32 bits where they do, since sorting takes as long as moving the bytes does.
pub(super) trait Number: Element {
    fn of(place: usize) -> Self;
    fn place(self) -> usize;
}

impl Number for u32 {
    fn of(place: usize) -> u32 {
        place as u32
    }

    fn place(self) -> usize {
        self as usize
    }
}

impl Number for usize {
    fn of(place: usize) -> usize {
        place
    }

    fn place(self) -> usize {
        self
    }
}

/// The places of the elements of `array` in sorted order.
pub(super) fn argsort<T: Element, I: Number, O: Order<T> + Order<Placed<T, I>>>(
    array: &ArrayRef<T, Ix1>,
    threads: usize,
    order: &O,
) -> Result<SharedArray<usize, Ix1>> {
    let length = array.len();
    let mut places = SharedArray::zeros(length)?;
    let Some(out) = places.as_slice_mut() else { unreachable!("a new array is contiguous") };
    let less = |left: &T, right: &T| order.less(left, right);
    if is_sorted_by(array, threads, |left, right| !less(right, left)) {
        number(out, threads, |place| place);
    } else if is_sorted_by(array, threads, |left, right| less(right, left)) {
        number(out, threads, |place| length - 1 - place);
    } else {
        sort::<T, I, O>(array, out, threads, order)?;
    }
    Ok(places.at_rest())
}

/// Writes a function of its place to every place.
fn number(out: &mut [usize], threads: usize, value: impl Fn(usize) -> usize + Sync) {
    let part = out.len().div_ceil(threads).max(1);
    do_all(threads, out.chunks_mut(part).enumerate().collect(), |(number, out)| {
        for (place, out) in (number * part..).zip(out) {
            *out = value(place);
        }
    });
}

fn sort<T: Element, I: Number, O: Order<Placed<T, I>>>(
    array: &ArrayRef<T, Ix1>,
    out: &mut [usize],
    threads: usize,
    order: &O,
) -> Result<()> {
    let length = array.len();
    let mut ends = cuts(length, threads);
    let mut pairs = Scratch::<Placed<T, I>>::new(length)?;
    let mut others = Scratch::<Placed<T, I>>::new(if O::NEEDS_SCRATCH || threads > 2 { length } else { 0 })?;
    // Random numbers are there after an odd number of passes, as a rule.
    let buffer = if O::NEEDS_SCRATCH { Buffer::Second } else { Buffer::First };
    sort_runs(&mut pairs, &mut others, buffer, &ends, order, |start, run| {
        let (_, tail) = array.view().split_at(Axis(0), start);
        for (place, (pair, &element)) in (start..).zip(run.iter_mut().zip(&tail)) {
            *pair = Placed { element, place: I::of(place) };
        }
    });
    let less = |left: &_, right: &_| order.less(left, right);
    let (mut from, mut to) = match buffer {
        Buffer::First => (&mut *pairs, &mut *others),
        Buffer::Second => (&mut *others, &mut *pairs),
    };
    while ends.len() > 3 {
        merge_pairs(&runs(from, &ends), to, threads, less, |pair| pair);
        (from, to) = (to, from);
        ends = halved(&ends);
    }
    merge_pairs(&runs(from, &ends), out, threads, less, |pair| pair.place.place());
    Ok(())
}
