//! `Sort`, and the functions that do with its defaults.

use ndarray::{ArrayRef, Ix1};

use super::by_bits::ByBits;
use super::by_key::ByKey;
use super::key::SortKey;
use super::order::Order;
use super::places;
use super::scratch::Placed;
use super::search::{self, Side};
use super::values;
use crate::array::SharedArray;
use crate::element::Element;
use crate::error::Result;
use crate::shape::Axes;
use crate::threads::number_of_threads;

/// Elements for which a thread of its own is worth its start.
const SHARE: usize = 1 << 15;

/// Sorts by so many threads; [`dsm::sort`](sort()), [`dsm::sort_by_key`](sort_by_key), [`dsm::argsort`](argsort) and
/// [`dsm::searchsorted`](searchsorted) are its methods with the default number.
///
/// They work on any one-dimensional array of elements, contiguous or not: an anonymous or a cluster's
/// [`SharedArray`], the block of a [`Split`](crate::Split) within a parallel function, an array of ndarray's own. The
/// calling process does the work, on threads that are gone when the call returns, so that workers can be forked after it;
/// short arrays are sorted by the calling thread.
///
/// # Errors
///
/// When the number of threads is out of range or its variable holds no number
/// ([`ErrorKind::Workers`](crate::ErrorKind::Workers)), or when there isn't enough memory for the work
/// ([`ErrorKind::Memory`](crate::ErrorKind::Memory)); the array is as it was then.
///
/// # Memory
///
/// Beside the array, for each element of `s` bytes, while the call lasts:
///
/// | | bytes |
/// |---|---|
/// | `sort` of numbers of up to 64 bits | `s` |
/// | `sort` of others, `sort_by_key` | up to `1.5 s` |
/// | `argsort` of numbers of up to 64 bits | `2 (s + 4)`, and 8 for the result |
/// | `argsort` of others, `argsort_by_key` | up to `1.5 (s + 4)`, with more than two threads `2.5 (s + 4)`; 8 for the result |
///
/// An array that isn't contiguous takes `s` more to be sorted; an `argsort` of more than 2^32 elements counts 8 in place of
/// 4. Arrays in order, or strictly in reverse, take nothing.
///
/// ```
/// use dsm::Sort;
/// use dsm::prelude::*;
///
/// let mut a = SharedArray::from_fn(100_000, |i| (i as f64).sin())?;
/// let places = Sort::new().workers(2).argsort(&a)?;
/// let smallest = a[places[0]];
/// Sort::new().workers(2).sort(&mut a)?;
/// assert_eq!(a[0], smallest);
/// assert!(a.as_slice().unwrap().is_sorted());
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Sort {
    workers: Option<usize>,
}

impl Sort {
    /// With the default number of threads: that of the workers which a cluster gets; 1 in a worker, and where
    /// `DSM_BACKEND` is `serial`.
    ///
    /// ```
    /// use dsm::Sort;
    /// use dsm::prelude::*;
    ///
    /// let mut a = array![3, 1, 2];
    /// Sort::new().sort(&mut a)?;
    /// assert_eq!(a, array![1, 2, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Sort::default()
    }

    /// How many threads may work, 1 to 1024; `None` for the default.
    ///
    /// ```
    /// use dsm::prelude::*;
    /// use dsm::{ErrorKind, Sort};
    ///
    /// let mut a = array![3, 1, 2];
    /// assert_eq!(Sort::new().workers(0).sort(&mut a).unwrap_err().kind(), ErrorKind::Workers);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.workers = workers.into();
        self
    }

    fn threads(self, length: usize) -> Result<usize> {
        Ok(number_of_threads(self.workers)?.min(length / SHARE).max(1))
    }

    /// Sorts an array by the keys of its elements, stably; see [`dsm::sort`](sort()).
    ///
    /// # Errors
    ///
    /// When there isn't enough memory, or the number of threads can't be; see [`Sort`].
    ///
    /// ```
    /// use dsm::Sort;
    /// use dsm::prelude::*;
    ///
    /// let mut a = array![2.5, f64::NAN, -1.0];
    /// Sort::new().workers(2).sort(&mut a)?;
    /// assert!(a[0] == -1.0 && a[2].is_nan());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn sort<T: Element + SortKey>(self, array: &mut ArrayRef<T, Ix1>) -> Result<()> {
        let threads = self.threads(array.len())?;
        if has_bits(array) {
            values::sort(array, threads, &ByBits(bits::<T>))
        } else {
            values::sort(array, threads, &ByKey(T::sort_key))
        }
    }

    /// Sorts an array by a key, stably; see [`dsm::sort_by_key`](sort_by_key).
    ///
    /// # Errors
    ///
    /// When there isn't enough memory, or the number of threads can't be; see [`Sort`].
    ///
    /// # Panics
    ///
    /// When `key` does; the array is a permutation of what it was then.
    ///
    /// ```
    /// use dsm::Sort;
    /// use dsm::prelude::*;
    ///
    /// let mut a = array![-3_i32, 1, 2];
    /// Sort::new().workers(2).sort_by_key(&mut a, |x| x.abs())?;
    /// assert_eq!(a, array![1, 2, -3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn sort_by_key<T: Element, K: Ord>(
        self,
        array: &mut ArrayRef<T, Ix1>,
        key: impl Fn(&T) -> K + Sync,
    ) -> Result<()> {
        values::sort(array, self.threads(array.len())?, &ByKey(key))
    }

    /// The places of the elements in sorted order, those of equal ones in their own; see [`dsm::argsort`](argsort).
    ///
    /// # Errors
    ///
    /// When there isn't enough memory, or the number of threads can't be; see [`Sort`].
    ///
    /// ```
    /// use dsm::Sort;
    /// use dsm::prelude::*;
    ///
    /// assert_eq!(*Sort::new().workers(2).argsort(&array![0.5, -1.0, 0.5])?, array![1, 0, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn argsort<T: Element + SortKey>(self, array: &ArrayRef<T, Ix1>) -> Result<SharedArray<usize, Ix1>> {
        if has_bits(array) {
            self.argsort_in(array, &ByBits(bits::<T>))
        } else {
            self.argsort_in(array, &ByKey(T::sort_key))
        }
    }

    /// The places of the elements in the order of a key, those of equal keys in their own.
    ///
    /// # Errors
    ///
    /// When there isn't enough memory, or the number of threads can't be; see [`Sort`].
    ///
    /// # Panics
    ///
    /// When `key` does.
    ///
    /// ```
    /// use std::cmp::Reverse;
    ///
    /// use dsm::Sort;
    /// use dsm::prelude::*;
    ///
    /// let heights = array![170, 195, 181];
    /// assert_eq!(*Sort::new().argsort_by_key(&heights, |&h| Reverse(h))?, array![1, 2, 0]);   // the tallest first
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn argsort_by_key<T: Element, K: Ord>(
        self,
        array: &ArrayRef<T, Ix1>,
        key: impl Fn(&T) -> K + Sync,
    ) -> Result<SharedArray<usize, Ix1>> {
        self.argsort_in(array, &ByKey(key))
    }

    fn argsort_in<T, O>(self, array: &ArrayRef<T, Ix1>, order: &O) -> Result<SharedArray<usize, Ix1>>
    where
        T: Element,
        O: Order<T> + Order<Placed<T, u32>> + Order<Placed<T, usize>>,
    {
        let threads = self.threads(array.len())?;
        if u32::try_from(array.len()).is_ok() {
            places::argsort::<T, u32, O>(array, threads, order)
        } else {
            places::argsort::<T, usize, O>(array, threads, order)
        }
    }

    /// Where values belong in a sorted array; see [`dsm::searchsorted`](searchsorted).
    ///
    /// # Errors
    ///
    /// When there isn't enough memory, or the number of threads can't be; see [`Sort`].
    ///
    /// ```
    /// use dsm::prelude::*;
    /// use dsm::{Side, Sort};
    ///
    /// let places = Sort::new().workers(2).searchsorted(&array![1, 3, 5], &array![4, 0], Side::Left)?;
    /// assert_eq!(*places, array![2, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn searchsorted<T: Element + SortKey, D: Axes>(
        self,
        sorted: &ArrayRef<T, Ix1>,
        values: &ArrayRef<T, D>,
        side: Side,
    ) -> Result<SharedArray<usize, D>> {
        search::searchsorted(sorted, values, side, self.threads(values.len())?)
    }
}

fn has_bits<T: SortKey>(array: &ArrayRef<T, Ix1>) -> bool {
    array.first().is_some_and(|element| element.bits().is_some())
}

#[inline]
fn bits<T: SortKey>(element: &T) -> u64 {
    // All elements of a type have them, or none.
    element.bits().unwrap_or(0)
}

/// Sorts an array in the order of numpy, stably: NaNs come last, -0.0 equals 0.0.
///
/// [`Sort`] tells what it takes, and sets the number of threads. Arrays of structs are sorted by
/// [`sort_by_key`], or implement [`SortKey`].
///
/// # Errors
///
/// When there isn't enough memory, or the variable for the number of threads holds none; see [`Sort`].
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Data(n: usize) { x: [f64; n] } }
///
/// #[dsm::parallel(split(x))]
/// fn sort_blocks(mut res: Data) -> dsm::Result<()> {
///     dsm::sort(&mut res.x)                       // each worker its own block
/// }
///
/// let mut cluster = Cluster::with_workers(2, Data { n: 5 })?;
/// cluster.x.assign(&array![0.5, f64::NAN, -2.0, 3.0, -1.0]);
/// sort_blocks(&mut cluster)?;
/// assert_eq!(cluster.x.slice(s![..2]), array![-2.0, 0.5]);
/// dsm::sort(&mut cluster.x)?;                     // the driver all of it
/// assert_eq!(cluster.x.slice(s![..4]), array![-2.0, -1.0, 0.5, 3.0]);
/// assert!(cluster.x[4].is_nan());
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn sort<T: Element + SortKey>(array: &mut ArrayRef<T, Ix1>) -> Result<()> {
    Sort::new().sort(array)
}

/// Sorts an array by a key, stably.
///
/// The key is computed for each comparison, on several threads at once. A float has an `Ord` key in
/// [`SortKey::sort_key`].
///
/// # Errors
///
/// When there isn't enough memory, or the variable for the number of threads holds none; see [`Sort`].
///
/// # Panics
///
/// When `key` does, or the comparison of keys; the array is a permutation of what it was then.
///
/// ```
/// use dsm::prelude::*;
///
/// use dsm::SortKey;
///
/// let mut points = SharedArray::from_fn(3, |i| [i as f64, 2.0 - i as f64])?;
/// dsm::sort_by_key(&mut points, |[x, y]| (x * x + y * y).sort_key())?;       // by the distance from 0
/// assert_eq!(*points, Array1::from_vec(vec![[1.0, 1.0], [0.0, 2.0], [2.0, 0.0]]));
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn sort_by_key<T: Element, K: Ord>(array: &mut ArrayRef<T, Ix1>, key: impl Fn(&T) -> K + Sync) -> Result<()> {
    Sort::new().sort_by_key(array, key)
}

/// The places of the elements in sorted order: `array[places[0]]` is the smallest. Equal elements keep their order; NaNs
/// come last.
///
/// # Errors
///
/// When there isn't enough memory, or the variable for the number of threads holds none; see [`Sort`].
///
/// ```
/// use dsm::prelude::*;
///
/// let a = array![2.0, f64::NAN, -0.0, 0.0];
/// let places = dsm::argsort(&a)?;
/// assert_eq!(*places, array![2, 3, 0, 1]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn argsort<T: Element + SortKey>(array: &ArrayRef<T, Ix1>) -> Result<SharedArray<usize, Ix1>> {
    Sort::new().argsort(array)
}

/// Where values belong in a sorted array: the place before the first element that isn't less ([`Side::Left`]), or
/// after the last that isn't greater ([`Side::Right`]). The result has the shape of `values`.
///
/// A NaN is greater than all numbers and equal to other NaNs. In an array that isn't sorted, the places are any.
///
/// # Errors
///
/// When there isn't enough memory, or the variable for the number of threads holds none; see [`Sort`].
///
/// ```
/// use dsm::Side;
/// use dsm::prelude::*;
///
/// let edges = array![0.0, 1.0, 2.0];
/// let values = array![[0.5, 1.0], [f64::NAN, -3.0]];
/// assert_eq!(*dsm::searchsorted(&edges, &values, Side::Left)?, array![[1, 1], [3, 0]]);
/// assert_eq!(*dsm::searchsorted(&edges, &values, Side::Right)?, array![[1, 2], [3, 0]]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn searchsorted<T: Element + SortKey, D: Axes>(
    sorted: &ArrayRef<T, Ix1>,
    values: &ArrayRef<T, D>,
    side: Side,
) -> Result<SharedArray<usize, D>> {
    Sort::new().searchsorted(sorted, values, side)
}
