//! Which part of an array a piece goes to: a range with a step on each axis.

use dsm_runtime::{Axes, ErrorKind, Result, private};
use ndarray::{ArrayViewMut, Slice, SliceInfoElem};
use serde::{Deserialize, Serialize};

/// What is taken of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stride {
    start: usize,
    /// At most the length of the axis; it is where `start` is when nothing is taken.
    end: usize,
    /// Not zero; counts from `end` down when negative.
    step: isize,
    /// A single index, for which the piece has no axis.
    index: bool,
}

impl Stride {
    fn count(self) -> usize {
        (self.end - self.start).div_ceil(self.step.unsigned_abs())
    }
}

/// Part of an array.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Region(Vec<Stride>);

impl Region {
    /// A block of shape `piece` with its first element at `offset`.
    pub(super) fn block(shape: &[usize], offset: &[usize], piece: &[usize]) -> Result<Self> {
        let strides = shape.iter().zip(offset).zip(piece).map(|((&length, &start), &count)| {
            let end = start.checked_add(count).filter(|&end| end <= length)?;
            Some(Stride { start, end, step: 1, index: false })
        });
        strides.collect::<Option<Vec<_>>>().map(Region).ok_or_else(|| {
            let text = format!("a piece of shape {piece:?} at {offset:?} doesn't fit an array of shape {shape:?}");
            private::error(ErrorKind::Shape, text)
        })
    }

    /// What `s![…]` takes.
    pub(super) fn sliced(shape: &[usize], slice: &[SliceInfoElem]) -> Result<Self> {
        let refused = |text: String| Err(private::error(ErrorKind::Shape, text));
        let mut strides = Vec::with_capacity(shape.len());
        for &taken in slice {
            let axis = strides.len();
            let Some(&length) = shape.get(axis) else {
                return refused(format!("a slice of {} axes doesn't fit an array of shape {shape:?}", slice.len()));
            };
            let stride = match taken {
                SliceInfoElem::NewAxis => return refused("a slice to assign to can't have a new axis".to_owned()),
                SliceInfoElem::Index(at) => resolved(at, length).filter(|&at| at < length).map(|at| Stride {
                    start: at,
                    end: at + 1,
                    step: 1,
                    index: true,
                }),
                SliceInfoElem::Slice { start, end, step } => resolved(start, length)
                    .zip(resolved(end.unwrap_or(length as isize), length))
                    .filter(|_| step != 0)
                    .map(|(start, end)| Stride { start, end: end.max(start), step, index: false }),
            };
            match stride {
                Some(stride) => strides.push(stride),
                None => return refused(format!("the slice {taken:?} of axis {axis} doesn't fit a length of {length}")),
            }
        }
        match strides.len() == shape.len() {
            true => Ok(Region(strides)),
            false => refused(format!("a slice of {} axes doesn't fit an array of shape {shape:?}", strides.len())),
        }
    }

    /// The shape of the piece that goes there.
    pub(super) fn piece_shape(&self) -> Vec<usize> {
        self.0.iter().filter(|stride| !stride.index).map(|stride| stride.count()).collect()
    }

    /// The same with an axis of length 1 for each single index.
    pub(super) fn shape(&self) -> Vec<usize> {
        self.0.iter().map(|stride| stride.count()).collect()
    }

    /// The elements of an array that it takes.
    pub(super) fn of<T, D: Axes>(&self, array: &mut ArrayViewMut<'_, T, D>) {
        array.slice_each_axis_inplace(|axis| {
            let stride = self.0[axis.axis.index()];
            Slice::new(stride.start as isize, Some(stride.end as isize), stride.step)
        });
    }

    /// The first element and the number of elements, when they lie in one stretch of an array of this shape.
    pub(super) fn stretch(&self, shape: &[usize]) -> Option<(usize, usize)> {
        let count: usize = self.shape().iter().product();
        if count == 0 {
            return Some((0, 0));
        }
        // Whole from some axis on, part of that before it, and one index of those further out.
        let outer = self.0.iter().position(|stride| stride.count() != 1).unwrap_or(self.0.len());
        let inner = self.0.iter().zip(shape).skip(outer + 1);
        let whole = inner.clone().all(|(stride, &length)| stride.step == 1 && stride.count() == length);
        let in_order = self.0.get(outer).is_none_or(|stride| stride.step == 1);
        let first = self.0.iter().zip(shape).fold(0, |at, (stride, &length)| {
            // With a negative step and one element, that is the last of the range.
            let start = if stride.step < 0 { stride.end - 1 } else { stride.start };
            at * length + start
        });
        (whole && in_order).then_some((first, count))
    }
}

/// An index that may count from the end; `None` when it is outside of `0..=length`.
fn resolved(at: isize, length: usize) -> Option<usize> {
    let at = if at < 0 { length.checked_sub(at.unsigned_abs())? } else { at as usize };
    (at <= length).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, ArrayView3, Ix3, SliceInfo, s};

    fn sliced(shape: &[usize], slice: impl AsRef<[SliceInfoElem]>) -> Result<Region> {
        Region::sliced(shape, slice.as_ref())
    }

    #[test]
    fn a_block_that_fits_is_taken_and_one_that_does_not_is_refused() {
        let block = Region::block(&[3, 5], &[1, 1], &[2, 3]).expect("it fits");
        assert_eq!(block.piece_shape(), [2, 3]);
        for (offset, piece) in [([2, 0], [2, 5]), ([0, 3], [1, 3]), ([usize::MAX, 0], [2, 1]), ([4, 0], [0, 0])] {
            assert_eq!(Region::block(&[3, 5], &offset, &piece).unwrap_err().kind(), ErrorKind::Shape);
        }
        assert!(Region::block(&[3, 5], &[3, 5], &[0, 0]).is_ok());
    }

    #[test]
    fn a_slice_takes_what_ndarray_takes_and_a_stretch_is_where_memory_is() {
        let shape = [4, 3, 5];
        let numbers = Array3::from_shape_fn((4, 3, 5), |(i, j, k)| 15 * i + 5 * j + k);
        let slices: [SliceInfo<[SliceInfoElem; 3], Ix3, Ix3>; 12] = [
            s![.., .., ..],
            s![1..3, .., ..],
            s![1..2, 1..3, ..],
            s![2..3, 1..2, 1..4],
            s![.., 1..2, ..],
            s![..;2, .., ..],
            s![..;-1, .., ..],
            s![3..;-1, 2..;-2, -1..],
            s![-3..-1, .., ..;3],
            s![1..1, .., ..],
            s![2..4;-2, .., ..],
            s![0..1, 0..1, ..;-1],
        ];
        for slice in slices {
            let region = sliced(&shape, slice).expect("it fits");
            let mut copy = numbers.clone();
            let mut taken = copy.view_mut();
            region.of(&mut taken);
            let expected: ArrayView3<usize> = numbers.slice(slice);
            assert_eq!(taken, expected, "{slice:?}");
            assert_eq!(region.piece_shape(), expected.shape());
            let flat: Vec<usize> = expected.iter().copied().collect();
            match region.stretch(&shape) {
                Some((first, count)) if count > 0 => assert_eq!(flat, (first..first + count).collect::<Vec<_>>()),
                Some(_) => assert!(flat.is_empty()),
                None => assert!(flat.windows(2).any(|two| two[1] != two[0] + 1), "{slice:?} is a stretch"),
            }
        }
    }

    #[test]
    fn a_single_index_takes_an_axis_from_the_piece() {
        let region = sliced(&[4, 3], s![-1, ..]).expect("it fits");
        assert_eq!((region.piece_shape(), region.shape()), (vec![3], vec![1, 3]));
        assert_eq!(region.stretch(&[4, 3]), Some((9, 3)));
        let region = sliced(&[4, 3], s![.., 2]).expect("it fits");
        assert_eq!((region.piece_shape(), region.stretch(&[4, 3])), (vec![4], None));
    }

    #[test]
    fn a_slice_outside_is_refused() {
        let dynamic = |elements: &[SliceInfoElem]| Region::sliced(&[4], elements);
        let part = |start, end| SliceInfoElem::Slice { start, end, step: 1 };
        for wrong in [SliceInfoElem::Index(4), SliceInfoElem::Index(-5), part(0, Some(5)), part(-5, None)] {
            assert_eq!(dynamic(&[wrong]).unwrap_err().kind(), ErrorKind::Shape, "{wrong:?}");
        }
        assert!(dynamic(&[SliceInfoElem::NewAxis, part(0, None)]).is_err());
        assert!(dynamic(&[]).is_err() && dynamic(&[part(0, None); 2]).is_err());
        assert!(dynamic(&[part(3, Some(1))]).is_ok_and(|region| region.piece_shape() == [0]));
    }
}
