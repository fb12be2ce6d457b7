//! `Split`: a worker's own contiguous block of an array.

use std::fmt;
use std::ops::{Deref, DerefMut, Range};

use ndarray::{ArrayRef, ArrayViewMut};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::shape::Axes;

/// This worker's block of an array, to read and write; dereferences to `ndarray::ArrayRef<T, D>`.
///
/// The field type of the clause `split(c)`. Blocks follow each other in rank order along one axis, cover it, and differ
/// by at most one in length. Indices into the block start at 0; [`range`](Split::range) says where that is in the array.
///
/// ```
/// use dsm::Split;
/// use ndarray::Ix1;
/// fn number(mut c: Split<'_, usize, Ix1>) {
///     let range = c.range();
///     for (element, index) in c.iter_mut().zip(range) {
///         *element = index;
///     }
/// }
/// ```
pub struct Split<'w, T, D> {
    view: ArrayViewMut<'w, T, D>,
    axis: usize,
    range: Range<usize>,
    origin: Origin<'w>,
}

impl<T, D> Split<'_, T, D> {
    /// Where this block lies on its axis, in indices of the whole array.
    ///
    /// ```
    /// # use dsm::Split;
    /// fn first_row(c: &Split<'_, f64, ndarray::Ix2>) -> usize {
    ///     c.range().start
    /// }
    /// ```
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The axis that is split.
    ///
    /// ```
    /// # use dsm::Split;
    /// fn by_columns(c: &Split<'_, f64, ndarray::Ix2>) -> bool {
    ///     c.axis() == 1
    /// }
    /// ```
    #[must_use]
    pub fn axis(&self) -> usize {
        self.axis
    }
}

impl<T, D: Axes> Deref for Split<'_, T, D> {
    type Target = ArrayRef<T, D>;

    #[inline]
    fn deref(&self) -> &ArrayRef<T, D> {
        &self.view
    }
}

impl<T, D: Axes> DerefMut for Split<'_, T, D> {
    #[inline]
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        &mut self.view
    }
}

impl<'w, T: Element, D: Axes> View<'w> for Split<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        let (view, axis, range) = grant.block();
        Split { view, axis, range, origin: Origin::of(&grant) }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T: Element + fmt::Debug, D: Axes> fmt::Debug for Split<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Split")
            .field("axis", &self.axis)
            .field("range", &self.range)
            .field("block", &self.view)
            .finish()
    }
}
