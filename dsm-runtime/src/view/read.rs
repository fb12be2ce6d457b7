//! `Read`: all of an array, for every worker, until the next phase.

use std::fmt;
use std::ops::Deref;

use ndarray::iter::Iter;
use ndarray::{ArrayRef, ArrayView};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::shape::Axes;

/// An array that every worker reads and none writes; dereferences to `ndarray::ArrayRef<T, D>`.
///
/// The field type of the clause `read(a)`, and what `publish()` turns into. Indices are those of the whole array.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Product(n: usize) { m: [f64; n, n], x: [f64; n], y: [f64; n] } }
///
/// #[dsm::parallel(read(m, x), split(y))]
/// fn multiply(mut res: Product) {
///     let rows = res.y.range();
///     let mine = res.m.slice(s![rows, ..]);       // the rows of `m` that this block of `y` needs
///     res.y.assign(&mine.dot(&*res.x));
/// }
///
/// let mut cluster = Cluster::with_workers(2, Product { n: 3 })?;
/// cluster.m.assign(&array![[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]]);
/// cluster.x.assign(&array![1.0, 1.0, 2.0]);
/// multiply(&mut cluster)?;
/// assert_eq!(*cluster.y, array![3.0, 1.0, 6.0]);
/// # Ok::<(), dsm::Error>(())
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

impl<'a, T: Element, D: Axes> IntoIterator for &'a Read<'_, T, D> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T, D>;

    fn into_iter(self) -> Iter<'a, T, D> {
        self.iter()
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
