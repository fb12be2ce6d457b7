//! `Split`: a worker's own contiguous block of an array.

use std::fmt;
use std::ops::{Deref, DerefMut, Range};

use ndarray::iter::{Iter, IterMut};
use ndarray::{ArrayRef, ArrayViewMut};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::shape::Axes;

/// This worker's block of an array, to read and write; dereferences to `ndarray::ArrayRef<T, D>`.
///
/// The field type of the clause `split(c)`. Blocks follow each other in rank order along one axis, cover it, and differ
/// by at most one in length, the longer ones first (after [`split_at`](View::split_at), blocks are the workers' own
/// ranges). A worker beyond the axis's length has an empty block. Indices into the block start at 0;
/// [`range`](Split::range) says where that is in the array.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Numbers(n: usize) { c: [usize; n] } }
///
/// #[dsm::parallel(split(c))]
/// fn number(mut res: Numbers) -> usize {
///     let mine = res.c.range();
///     for (element, index) in res.c.iter_mut().zip(mine) {
///         *element = index * index;
///     }
///     res.c.len()
/// }
///
/// let mut cluster = Cluster::with_workers(2, Numbers { n: 5 })?;
/// assert_eq!(number(&mut cluster)?, [3, 2]);
/// assert_eq!(*cluster.c, array![0, 1, 4, 9, 16]);
/// # Ok::<(), dsm::Error>(())
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
    /// # use dsm::prelude::*; dsm::shared! { struct Grid { c: [f64; 2, 6] } }
    /// #[dsm::parallel(split(c, axis = 1))]
    /// fn blocks(res: Grid) -> std::ops::Range<usize> {
    ///     res.c.range()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Grid)?;
    /// assert_eq!(blocks(&mut cluster)?, [0..3, 3..6]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The axis that is split.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Grid { c: [f64; 2, 6] } }
    /// #[dsm::parallel(split(c, axis = 1))]
    /// fn shape(res: Grid) -> (usize, Vec<usize>) {
    ///     (res.c.axis(), res.c.shape().to_vec())
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Grid)?;
    /// assert_eq!(shape(&mut cluster)?[0], (1, vec![2, 3]));
    /// # Ok::<(), dsm::Error>(())
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

impl<'a, T: Element, D: Axes> IntoIterator for &'a Split<'_, T, D> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, D>;

    fn into_iter(self) -> Iter<'a, T, D> {
        self.iter()
    }
}

impl<'a, T: Element, D: Axes> IntoIterator for &'a mut Split<'_, T, D> {
    type Item = &'a mut T;
    type IntoIter = IterMut<'a, T, D>;

    fn into_iter(self) -> IterMut<'a, T, D> {
        self.iter_mut()
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
