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
/// use dsm::Atomics;
/// use ndarray::Ix1;
/// fn count(bins: &Atomics<'_, u64, Ix1>, bin: usize) {
///     bins[bin].fetch_add(1);
/// }
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
