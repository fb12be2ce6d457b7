//! `Atomics`: an array whose elements every worker may change at any time, one operation at once.

use std::fmt;
use std::ops::Deref;

use ndarray::{ArrayRef, ArrayView};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::shape::Axes;
use crate::sync::{Atomic, AtomicElement};

/// All of an array, element by element atomic; dereferences to `ndarray::ArrayRef<Atomic<T>, D>`.
///
/// The field type of the clause `atomic(h)`.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Histogram(n: usize) { bins: [u64; n] } }
///
/// #[dsm::parallel(atomic(bins))]
/// fn count(res: Histogram, data: &[usize]) {
///     for i in res.team.split_indices(data.len(), Schedule::Block) {
///         res.bins[data[i]].fetch_add(1);          // any worker, any bin
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
/// count(&mut cluster, &[2, 0, 2, 2, 0])?;
/// assert_eq!(*cluster.bins, array![2, 0, 3]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Atomics<'w, T, D> {
    view: ArrayView<'w, Atomic<T>, D>,
    origin: Origin<'w>,
}

impl<T: AtomicElement, D: Axes> Deref for Atomics<'_, T, D> {
    type Target = ArrayRef<Atomic<T>, D>;

    #[inline]
    fn deref(&self) -> &ArrayRef<Atomic<T>, D> {
        &self.view
    }
}

impl<'w, T: AtomicElement, D: Axes> View<'w> for Atomics<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        Atomics { view: grant.atomics(), origin: Origin::of(&grant) }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T: AtomicElement + fmt::Debug, D: Axes> fmt::Debug for Atomics<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view, f)
    }
}
