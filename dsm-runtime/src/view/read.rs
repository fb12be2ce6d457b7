//! `Read`: all of an array, for every worker, until the next phase.

use std::fmt;
use std::ops::Deref;

use ndarray::{ArrayRef, ArrayView};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::shape::Axes;

/// An array that every worker reads and none writes; dereferences to `ndarray::ArrayRef<T, D>`.
///
/// The field type of the clause `read(a)`, and what `publish()` turns into.
///
/// ```
/// use dsm::Read;
/// use ndarray::Ix1;
/// fn dot(a: &Read<'_, f64, Ix1>, b: &Read<'_, f64, Ix1>) -> f64 {
///     a.dot(&**b)
/// }
/// ```
pub struct Read<'w, T, D> {
    view: ArrayView<'w, T, D>,
    origin: Origin<'w>,
}

impl<T, D: Axes> Deref for Read<'_, T, D> {
    type Target = ArrayRef<T, D>;

    #[inline]
    fn deref(&self) -> &ArrayRef<T, D> {
        &self.view
    }
}

impl<'w, T: Element, D: Axes> View<'w> for Read<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        Read { view: grant.read(), origin: Origin::of(&grant) }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T: Element + fmt::Debug, D: Axes> fmt::Debug for Read<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view, f)
    }
}

impl<T: Element + fmt::Display, D: Axes> fmt::Display for Read<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.view, f)
    }
}
