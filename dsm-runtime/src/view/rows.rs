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
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Table(n: usize) { c: [f64; n, n] } }
///
/// #[dsm::parallel(split(c, cyclic))]
/// fn triangle(mut res: Table) {
///     for (i, mut row) in res.c.iter_mut() {
///         row.slice_mut(s![..=i]).fill(i as f64);      // rows grow with the index: dealt in turn, the work is even
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Table { n: 3 })?;
/// triangle(&mut cluster)?;
/// assert_eq!(*cluster.c, array![[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 2.0]]);
/// # Ok::<(), dsm::Error>(())
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
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, cyclic))]
    /// fn shares(res: Table) -> usize {
    ///     res.c.len()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 5 })?;
    /// assert_eq!(shares(&mut cluster)?, [3, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.deal.len()
    }

    /// Whether none are.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, cyclic))]
    /// fn idle(res: Table) -> bool {
    ///     res.c.is_empty()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 1 })?;
    /// assert_eq!(idle(&mut cluster)?, [false, true]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The axis that is dealt.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, cyclic, axis = 1))]
    /// fn axis(res: Table) -> usize {
    ///     res.c.axis()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 4 })?;
    /// assert_eq!(axis(&mut cluster)?, [1, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// The indices of this worker's rows in the whole array, in the order of [`iter_mut`](Rows::iter_mut).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, cyclic(2)))]
    /// fn dealt(res: Table) -> Vec<usize> {
    ///     res.c.indices().collect()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 7 })?;
    /// assert_eq!(dealt(&mut cluster)?, [vec![0, 1, 4, 5], vec![2, 3, 6]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn indices(&self) -> Indices {
        self.deal.indices()
    }

    /// This worker's `k`-th row and its index in the whole array; `None` when `k` is not below [`len`](Rows::len).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, cyclic))]
    /// fn mark_first(mut res: Table) {
    ///     if let Some((index, mut row)) = res.c.get_mut(0) {
    ///         row.fill(index as f64 + 1.0);
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 3 })?;
    /// mark_first(&mut cluster)?;
    /// assert_eq!(*cluster.c, array![[1.0, 1.0], [2.0, 2.0], [0.0, 0.0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn get_mut(&mut self, k: usize) -> Option<(usize, D::Row<'_, T>)> {
        (k < self.len()).then(|| {
            let index = self.deal.index(k);
            // SAFETY: `self` is borrowed mutably while the row is out.
            (index, unsafe { self.row(index) })
        })
    }

    /// This worker's rows, each with its index in the whole array.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
    /// #[dsm::parallel(split(c, random))]
    /// fn number(mut res: Table) {
    ///     for (index, mut row) in res.c.iter_mut() {
    ///         row.fill(index as f64);
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Table { n: 3 })?;
    /// number(&mut cluster)?;
    /// assert_eq!(*cluster.c, array![[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
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

impl<'a, 'w, T: Element, D: Axes> IntoIterator for &'a mut Rows<'w, T, D> {
    type Item = (usize, D::Row<'a, T>);
    type IntoIter = RowsMut<'a, 'w, T, D>;

    fn into_iter(self) -> RowsMut<'a, 'w, T, D> {
        self.iter_mut()
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

/// The rows of a [`Rows`], each with its index in the whole array; from [`Rows::iter_mut`].
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Table(n: usize) { c: [f64; n, 2] } }
/// #[dsm::parallel(split(c, cyclic))]
/// fn last(mut res: Table) -> Option<usize> {
///     let rows: dsm::RowsMut<'_, '_, f64, Ix2> = res.c.iter_mut();
///     rows.map(|(index, _row)| index).last()
/// }
///
/// let mut cluster = Cluster::with_workers(2, Table { n: 5 })?;
/// assert_eq!(last(&mut cluster)?, [Some(4), Some(3)]);
/// # Ok::<(), dsm::Error>(())
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
