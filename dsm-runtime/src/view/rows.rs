//! `Rows`: the rows of an array that a schedule deals to a worker, or hands out as it asks.
#![allow(unsafe_code)]

use std::fmt;
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::ptr::NonNull;

use super::grant::{Grant, standard_strides};
use super::hand::Hand;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::schedule::Indices;
use crate::shape::Axes;

/// The rows of this worker, to read and write.
///
/// The field type of `split(c, cyclic)`, `split(c, random)`, `split(c, dynamic(64))` and `split(c, guided)`. A row is what lies at one index of the axis that is
/// dealt: a `&mut T` of a vector, else a mutable view with one axis less. It isn't an iterator itself:
/// [`iter_mut`](Rows::iter_mut) borrows it, so that no row outlives a phase.
///
/// `cyclic` and `random` settle beforehand which rows are whose. `dynamic` and `guided` hand them out in chunks, once in a
/// call or phase and each to one worker, as the workers ask for them by going on in `iter_mut`: a worker has no rows at
/// first, and keeps those that it has taken. A loop over `iter_mut` on every worker goes over every row once. A worker
/// that leaves its loop early keeps the rest of its last chunk, with which its next `iter_mut` comes to an end before it asks
/// again; rows that nobody asks for stay as they are.
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
    hand: Hand,
    origin: Origin<'w>,
    owned: PhantomData<(&'w mut T, D)>,
}

// SAFETY: the rows belong to this worker alone until the view is consumed, as a `&mut [T]` would.
unsafe impl<T: Element, D: Axes> Send for Rows<'_, T, D> {}
// SAFETY: through a shared reference nothing of the elements is reached.
unsafe impl<T: Element, D: Axes> Sync for Rows<'_, T, D> {}

impl<'w, T: Element, D: Axes> Rows<'w, T, D> {
    /// How many rows are this worker's; of rows that are handed out, how many it has taken so far.
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
        self.hand.len()
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

    /// The axis whose indices are the rows.
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

    /// The indices of this worker's rows in the whole array, in the order of [`iter_mut`](Rows::iter_mut); of rows that are
    /// handed out, those that it has taken so far.
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
        self.hand.indices()
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
        let index = self.hand.index(k)?;
        // SAFETY: `self` is borrowed mutably while the row is out.
        Some((index, unsafe { self.row(index) }))
    }

    /// This worker's rows, each with its index in the whole array.
    ///
    /// Of rows that are handed out, first those that it has taken before, then new ones, until all are taken.
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
        RowsMut { next: 0, rows: self }
    }

    /// # Safety
    ///
    /// - The index came from this worker's hand, and no reference to the row is alive or made while `'a` lasts.
    unsafe fn row<'a>(&self, index: usize) -> D::Row<'a, T> {
        let start = index * self.strides[self.axis];
        // SAFETY: the index lies on the axis, so the row lies inside the array; it is in this worker's hand only.
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
        let (first, shape, axis, hand) = grant.rows::<T, D>();
        Rows {
            first,
            shape: shape.to_vec(),
            strides: standard_strides(shape),
            axis,
            hand,
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
        f.debug_struct("Rows").field("axis", &self.axis).field("hand", &self.hand).finish_non_exhaustive()
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
    /// The position of the next row.
    next: usize,
    rows: &'a mut Rows<'w, T, D>,
}

impl<'a, T: Element, D: Axes> Iterator for RowsMut<'a, '_, T, D> {
    type Item = (usize, D::Row<'a, T>);

    fn next(&mut self) -> Option<Self::Item> {
        let index = self.rows.hand.index_or_ask(self.next)?;
        self.next += 1;
        // SAFETY: each position comes once, and stands for an index of its own; so rows given out are disjoint, and the
        // rows are borrowed mutably for `'a`.
        Some((index, unsafe { self.rows.row(index) }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let hand = &self.rows.hand;
        (hand.len().saturating_sub(self.next), Some(hand.most() - self.next))
    }
}

impl<T: Element, D: Axes> FusedIterator for RowsMut<'_, '_, T, D> {}

impl<T, D> fmt::Debug for RowsMut<'_, '_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsMut").field("next", &self.next).field("hand", &self.rows.hand).finish_non_exhaustive()
    }
}
