//! Where values belong in a sorted array.

use ndarray::{ArrayRef, Axis, Ix1, Zip};

use super::key::SortKey;
use crate::array::SharedArray;
use crate::element::Element;
use crate::error::Result;
use crate::shape::Axes;
use crate::threads::do_all;

/// Which place a value gets among its equals.
///
/// ```
/// use dsm::Side;
/// use dsm::prelude::*;
///
/// let sorted = array![1, 3, 3, 3, 5];
/// assert_eq!(dsm::searchsorted(&sorted, &array![3], Side::Left)?[0], 1);
/// assert_eq!(dsm::searchsorted(&sorted, &array![3], Side::Right)?[0], 4);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Before the first of them.
    Left,
    /// After the last of them.
    Right,
}

/// The place of each value.
pub(super) fn searchsorted<T: Element + SortKey, D: Axes>(
    sorted: &ArrayRef<T, Ix1>,
    values: &ArrayRef<T, D>,
    side: Side,
    threads: usize,
) -> Result<SharedArray<usize, D>> {
    let mut places = SharedArray::zeros(values.raw_dim())?;
    let before = |element: &T, value: &T| match side {
        Side::Left => element.sort_key() < value.sort_key(),
        Side::Right => element.sort_key() <= value.sort_key(),
    };
    let slice = sorted.as_slice();
    let place = |value: &T| match slice {
        Some(slice) => slice.partition_point(|element| before(element, value)),
        None => partition_point(sorted.len(), |place| before(&sorted[place], value)),
    };
    let part = values.len_of(Axis(0)).div_ceil(threads).max(1);
    let pieces = places.axis_chunks_iter_mut(Axis(0), part).zip(values.axis_chunks_iter(Axis(0), part)).collect();
    do_all(threads, pieces, |(places, values)| {
        Zip::from(places).and(values).for_each(|found, value| *found = place(value));
    });
    Ok(places.at_rest())
}

/// The first place of `0..length` that isn't `before`.
fn partition_point(length: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, length);
    while low < high {
        let middle = low + (high - low) / 2;
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
