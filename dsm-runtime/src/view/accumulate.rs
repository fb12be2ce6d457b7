//! `Accumulate`: an array that every worker contributes to and nobody reads, until a phase or the end of the call.

use std::fmt;

use ndarray::{ArrayRef, Dimension, NdIndex};

use super::grant::Grant;
use super::operator::AccumulateElement;
use super::partials::Target;
use super::transition::{Origin, View};
use crate::shape::Axes;

/// An array that every worker contributes to, at any index, by the operator of its clause or transition.
///
/// The field type of the clause `accumulate(f, +)`; the operators are `+`, `*`, `min`, `max`, `and`, `or` and `xor`.
/// Nobody reads: the contributions have come together after the phase that turns the array into something else, and for
/// the driver when the call is over. What the array held before takes part, so sums go on from call to call. When the call
/// fails, the array holds some of the contributions.
///
/// Integers wrap around on overflow. For floats a NaN contributes nothing to `min` and `max`. The result is the same each
/// time for one number of workers, in floating point too, as long as each worker contributes the same in the same order:
/// rank 0's contributions come first, in the order it made them, then the sum of rank 1's, and so on.
///
/// # Costs
///
/// Rank 0 contributes to the array itself, and every other rank to a partial array of its own, which costs memory only
/// for the blocks of 4 KiB that it touches: at most the array's size for each rank but one. All combine the partials in
/// parallel, when they meet, which takes a second barrier. The pages are kept for the next phase or call, unless they are
/// more than an eighth of the machine's memory, and go with the cluster.
///
/// Arrays of more than 1 MiB of integers to 64 bits or `bool`s take contributions by atomic operations instead, which
/// needs neither memory nor a combination. Nanoseconds per contribution on two cores, two workers, `i64`, pages present
/// (`cargo bench --bench accumulate`; one contribution to each element, at random ones, to one in a hundred, a whole array):
///
/// | elements | partials | atomics |
/// |---|---|---|
/// | 10⁴ | 4.1, 4.0, 84, 1.0 | 5.6, 6.3, 61, 5.0 |
/// | 10⁵ | 4.3, 26, 90, 2.2 | 6.0, 5.6, 5.8, 9.9 |
/// | 10⁶ | 16, 43, 182, 3.3 | 19, 37, 5.8, 24 |
/// | 10⁷ | 23, 40, 300, 3.7 | 33, 41, 31, 12 |
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Springs(n: usize) { x: [f64; n], f: [f64; n] } }
///
/// #[dsm::parallel(read(x), accumulate(f, +))]
/// fn forces(mut res: Springs) -> f64 {
///     for i in res.team.split_indices(res.x.len() - 1, Schedule::Block) {
///         let pull = res.x[i + 1] - res.x[i] - 1.0;
///         res.f.contribute(i, pull);                      // each pair once, both ends, whoever owns them
///         res.f.contribute(i + 1, -pull);
///     }
///     let f = res.team.phase(res.f.publish());            // now everybody may read the sums
///     f.iter().map(|f| f * f).sum()
/// }
///
/// let mut cluster = Cluster::with_workers(2, Springs { n: 4 })?;
/// cluster.x.assign(&array![0.0, 1.0, 3.0, 4.0]);
/// assert_eq!(forces(&mut cluster)?, [2.0, 2.0]);
/// assert_eq!(*cluster.f, array![0.0, 1.0, -1.0, 0.0]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Accumulate<'w, T, D> {
    target: Target<'w, T>,
    shape: D,
    strides: D,
    origin: Origin<'w>,
}

impl<T: AccumulateElement, D: Axes> Accumulate<'_, T, D> {
    /// Contributes `x` to the element at `index`.
    ///
    /// # Panics
    ///
    /// When the index is out of bounds.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Grid(n: usize) { bins: [u32; n, n] } }
    /// #[dsm::parallel(accumulate(bins, +))]
    /// fn count(mut res: Grid, points: Vec<(f64, f64)>) {
    ///     for i in res.team.split_indices(points.len(), Schedule::Block) {
    ///         let (x, y) = points[i];
    ///         res.bins.contribute([(x * 2.0) as usize, (y * 2.0) as usize], 1);
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Grid { n: 2 })?;
    /// count(&mut cluster, vec![(0.1, 0.9), (0.7, 0.2), (0.3, 0.6)])?;
    /// assert_eq!(*cluster.bins, array![[0, 2], [1, 0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn contribute(&mut self, index: impl NdIndex<D>, x: T) {
        match index.index_checked(&self.shape, &self.strides) {
            Some(offset) => self.target.contribute(offset as usize, x),
            None => self.refuse(&index),
        }
    }

    /// Contributes to every element: a whole array of the same shape, such as a worker's own histogram.
    ///
    /// # Panics
    ///
    /// When the shapes differ.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [u64; n] } }
    /// #[dsm::parallel(accumulate(bins, +))]
    /// fn count(mut res: Histogram, data: &[usize]) {
    ///     let mut own = Array1::<u64>::zeros(res.bins.shape()[0]);
    ///     for i in res.team.split_indices(data.len(), Schedule::Block) {
    ///         own[data[i]] += 1;
    ///     }
    ///     res.bins.contribute_all(&own);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
    /// count(&mut cluster, &[2, 0, 2, 2, 0])?;
    /// assert_eq!(*cluster.bins, array![2, 0, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn contribute_all(&mut self, array: &ArrayRef<T, D>) {
        assert!(
            array.raw_dim() == self.shape,
            "an array of shape {:?} can't contribute to `{}`, whose shape is {:?}",
            array.shape(),
            self.origin.name(),
            self.shape.slice(),
        );
        self.contribute_from(0, array);
    }

    /// Contributes to each element at `index` of axis 0: a whole row of a matrix, such as the force on one particle.
    ///
    /// # Panics
    ///
    /// When the index is out of bounds, or the shape isn't that of a row.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Cloud(n: usize) { f: [f64; n, 3] } }
    /// #[dsm::parallel(accumulate(f, +))]
    /// fn push(mut res: Cloud) {
    ///     res.f.contribute_row(1, &array![1.0, 0.0, -1.0]);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Cloud { n: 2 })?;
    /// push(&mut cluster)?;
    /// assert_eq!(*cluster.f, array![[0.0, 0.0, 0.0], [2.0, 0.0, -2.0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn contribute_row(&mut self, index: usize, row: &ArrayRef<T, D::Smaller>) {
        let shape = self.shape.slice();
        if index >= shape[0] {
            self.refuse(&index);
        }
        assert!(
            row.shape() == &shape[1..],
            "a row of shape {:?} can't contribute to `{}`, whose rows have shape {:?}",
            row.shape(),
            self.origin.name(),
            &shape[1..],
        );
        self.contribute_from(index * row.len(), row);
    }

    /// The lengths of the axes.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Cloud(n: usize) { f: [f64; n, 3] } }
    /// #[dsm::parallel(accumulate(f, +))]
    /// fn shape(res: Cloud) -> Vec<usize> {
    ///     res.f.shape().to_vec()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Cloud { n: 5 })?;
    /// assert_eq!(shape(&mut cluster)?[0], [5, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    /// The elements of `from`, in logical order, to those from number `start` on.
    fn contribute_from<E: Dimension>(&mut self, start: usize, from: &ArrayRef<T, E>) {
        match from.as_slice() {
            Some(slice) => self.target.contribute_slice(start, slice),
            None => from.iter().enumerate().for_each(|(i, &x)| self.target.contribute(start + i, x)),
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn refuse(&self, index: &dyn fmt::Debug) -> ! {
        panic!("index {index:?} is out of bounds of `{}`, whose shape is {:?}", self.origin.name(), self.shape.slice())
    }
}

impl<'w, T: AccumulateElement, D: Axes> View<'w> for Accumulate<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        let (target, shape) = grant.accumulate::<T, D>();
        let strides = shape.default_strides();
        Accumulate { target, shape, strides, origin: Origin::of(&grant) }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T: AccumulateElement, D: Axes> fmt::Debug for Accumulate<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulate")
            .field("array", &self.origin.name())
            .field("shape", &self.shape.slice())
            .field("operator", &self.target.operator())
            .finish_non_exhaustive()
    }
}
