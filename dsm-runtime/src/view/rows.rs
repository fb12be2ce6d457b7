//! `Rows`: the rows of an array that a schedule deals to a worker.
#![allow(unsafe_code)]

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::grant::{Grant, standard_strides};
use super::transition::{Origin, View};
use crate::element::Element;
use crate::schedule::{Deal, Indices};
use crate::shape::Axes;

/// The rows dealt to this worker, to read and write.
///
/// The field type of `split(c, cyclic)` and `split(c, random)`. A row is what lies at one index of the axis that is
/// dealt: a `&mut T` of a vector, else a mutable view with one axis less. It isn't an iterator itself:
/// [`iter_mut`](Rows::iter_mut) borrows it, so that no row outlives a phase.
///
/// ```
/// use dsm::Rows;
/// use ndarray::Ix2;
/// fn fill(rows: &mut Rows<'_, f64, Ix2>) {
///     for (index, mut row) in rows.iter_mut() {
///         row.fill(index as f64);
///     }
/// }
/// ```
pub struct Rows<'w, T, D> {
    first: NonNull<T>,
    shape: Vec<usize>,
    strides: Vec<usize>,
    axis: usize,
    deal: Deal,
    origin: Origin<'w>,
    owned: PhantomData<(&'w mut T, D)>,
}

// SAFETY: the rows belong to this worker alone until the view is consumed, as a `&mut [T]` would.
unsafe impl<T: Element, D: Axes> Send for Rows<'_, T, D> {}
// SAFETY: through a shared reference nothing of the elements is reached.
unsafe impl<T: Element, D: Axes> Sync for Rows<'_, T, D> {}

impl<'w, T: Element, D: Axes> Rows<'w, T, D> {
    /// How many rows are this worker's.
    #[must_use]
    pub fn len(&self) -> usize {
        self.deal.len()
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The axis that is dealt.
    #[must_use]
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// The indices of this worker's rows in the whole array, in the order of [`iter_mut`](Rows::iter_mut).
    pub fn indices(&self) -> Indices {
        self.deal.indices()
    }

    /// This worker's `k`-th row and its index in the whole array.
    pub fn get_mut(&mut self, k: usize) -> Option<(usize, D::Row<'_, T>)> {
        (k < self.len()).then(|| {
            let index = self.deal.index(k);
            // SAFETY: `self` is borrowed mutably while the row is out.
            (index, unsafe { self.row(index) })
        })
    }

    /// This worker's rows, each with its index in the whole array.
    pub fn iter_mut(&mut self) -> RowsMut<'_, 'w, T, D> {
        RowsMut { indices: self.deal.indices(), rows: self }
    }

    /// # Safety
    ///
    /// - The index is dealt to this worker, and no reference to the row is alive or made while `'a` lasts.
    unsafe fn row<'a>(&self, index: usize) -> D::Row<'a, T> {
        let start = index * self.strides[self.axis];
        // SAFETY: the index lies on the axis, so the row lies inside the array; the schedule deals it to this worker only.
        unsafe { D::row(self.first.as_ptr().add(start), &self.shape, &self.strides, self.axis) }
    }
}

impl<'w, T: Element, D: Axes> View<'w> for Rows<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        let (first, shape, axis, deal) = grant.rows::<T, D>();
        Rows {
            first,
            shape: shape.to_vec(),
            strides: standard_strides(shape),
            axis,
            deal,
            origin: Origin::of(&grant),
            owned: PhantomData,
        }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T, D> fmt::Debug for Rows<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("axis", &self.axis).field("dealt", &self.deal).finish_non_exhaustive()
    }
}

/// The rows of a [`Rows`], each with its index in the whole array.
///
/// ```
/// use dsm::{Rows, RowsMut};
/// fn last(rows: &mut Rows<'_, u8, ndarray::Ix1>) -> Option<usize> {
///     let iter: RowsMut<'_, '_, u8, ndarray::Ix1> = rows.iter_mut();
///     iter.map(|(index, _)| index).last()
/// }
/// ```
pub struct RowsMut<'a, 'w, T, D> {
    indices: Indices,
    rows: &'a mut Rows<'w, T, D>,
}

impl<'a, T: Element, D: Axes> Iterator for RowsMut<'a, '_, T, D> {
    type Item = (usize, D::Row<'a, T>);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.indices.next()?;
        // SAFETY: each index comes once, so rows given out are disjoint, and the rows are borrowed mutably for `'a`.
        Some((index, unsafe { self.rows.row(index) }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.indices.size_hint()
    }
}

impl<T: Element, D: Axes> ExactSizeIterator for RowsMut<'_, '_, T, D> {}
impl<T: Element, D: Axes> FusedIterator for RowsMut<'_, '_, T, D> {}

impl<T, D> fmt::Debug for RowsMut<'_, '_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsMut").field("left", &self.indices).finish_non_exhaustive()
    }
}
