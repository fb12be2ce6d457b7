//! `Raw`: an array without any promise, for what the other modes can't express.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;

use ndarray::{ArrayView, ArrayViewMut, NdIndex};

use super::grant::Grant;
use super::transition::{Origin, View};
use crate::element::Element;
use crate::shape::Axes;

/// All of an array, through `unsafe` methods only.
///
/// The field type of the clause `raw(x)`. Workers run at the same time: what one writes while another reads or writes
/// the same element is a data race, and keeping that from happening is the caller's duty.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Scatter(n: usize) { to: [usize; n], x: [u64; n] } }
///
/// #[dsm::parallel(read(to), raw(x))]
/// fn scatter(mut res: Scatter) {
///     for i in res.team.split_indices(res.to.len(), Schedule::Block) {
///         // SAFETY: `to` is a permutation, so no two workers write the same element, and none reads one.
///         unsafe { res.x.set(res.to[i], i as u64) };
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Scatter { n: 4 })?;
/// cluster.to.assign(&array![2, 0, 3, 1]);
/// scatter(&mut cluster)?;
/// assert_eq!(*cluster.x, array![1, 3, 0, 2]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Raw<'w, T, D> {
    first: NonNull<T>,
    shape: D,
    origin: Origin<'w>,
    memory: PhantomData<&'w mut T>,
}

impl<'w, T: Element, D: Axes> Raw<'w, T, D> {
    /// The first element; the others follow in standard layout (the last axis varies fastest).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn write(res: Work) {
    ///     // SAFETY: element `id` is in bounds, and each worker writes its own.
    ///     unsafe { res.x.as_ptr().add(res.id).write(7) };
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// write(&mut cluster)?;
    /// assert_eq!(*cluster.x, array![7, 7, 0, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn as_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// The lengths of the axes.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn shape(res: Work) -> Vec<usize> {
    ///     res.x.shape().to_vec()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// assert_eq!(shape(&mut cluster)?[0], [4]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.shape.slice()
    }

    /// One element's value.
    ///
    /// # Panics
    ///
    /// When the index is out of bounds.
    ///
    /// # Safety
    ///
    /// - No other worker writes this element at the same time.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn first(res: Work) -> u64 {
    ///     // SAFETY: no worker writes.
    ///     unsafe { res.x.get(0) }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// cluster.x[0] = 5;
    /// assert_eq!(first(&mut cluster)?, [5, 5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub unsafe fn get(&self, index: impl NdIndex<D>) -> T {
        // SAFETY: in bounds; the caller answers for other workers.
        unsafe { self.element(index).read() }
    }

    /// Sets one element.
    ///
    /// # Panics
    ///
    /// When the index is out of bounds.
    ///
    /// # Safety
    ///
    /// - No other worker reads or writes this element at the same time.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn mark(mut res: Work) {
    ///     // SAFETY: each worker sets an element of its own, and none reads.
    ///     unsafe { res.x.set(3 - res.id, 1) };
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// mark(&mut cluster)?;
    /// assert_eq!(*cluster.x, array![0, 0, 1, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub unsafe fn set(&mut self, index: impl NdIndex<D>, value: T) {
        // SAFETY: in bounds; the caller answers for other workers.
        unsafe { self.element(index).write(value) }
    }

    /// All of it, to read.
    ///
    /// # Safety
    ///
    /// - No worker writes any element while the view is alive.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn sum(res: Work) -> u64 {
    ///     // SAFETY: no worker writes.
    ///     unsafe { res.x.view() }.sum()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// cluster.x.fill(2);
    /// assert_eq!(sum(&mut cluster)?, [8, 8]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub unsafe fn view(&self) -> ArrayView<'_, T, D> {
        // SAFETY: the memory holds the whole shape in standard layout; the caller answers for writers.
        unsafe { ArrayView::from_shape_ptr(self.shape.clone(), self.first.as_ptr()) }
    }

    /// All of it, to read and write.
    ///
    /// # Safety
    ///
    /// - No other worker reads or writes any element while the view is alive.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { x: [u64; 4] } }
    /// #[dsm::parallel(raw(x))]
    /// fn sort(mut res: Work) {
    ///     if res.id == 0 {
    ///         // SAFETY: the other workers leave the array alone.
    ///         unsafe { res.x.view_mut() }.as_slice_mut().unwrap().sort();
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// cluster.x.assign(&array![3, 1, 2, 0]);
    /// sort(&mut cluster)?;
    /// assert_eq!(*cluster.x, array![0, 1, 2, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub unsafe fn view_mut(&mut self) -> ArrayViewMut<'_, T, D> {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { ArrayViewMut::from_shape_ptr(self.shape.clone(), self.first.as_ptr()) }
    }

    #[track_caller]
    fn element(&self, index: impl NdIndex<D>) -> *mut T {
        match index.index_checked(&self.shape, &self.shape.default_strides()) {
            // SAFETY: a checked index lies inside the array.
            Some(offset) => unsafe { self.first.as_ptr().offset(offset) },
            None => panic!("index {index:?} is out of bounds of shape {:?}", self.shape.slice()),
        }
    }
}

impl<'w, T: Element, D: Axes> View<'w> for Raw<'w, T, D> {
    type Element = T;
    type Dim = D;

    fn build(grant: Grant<'w>) -> Self {
        let (first, shape) = grant.raw();
        Raw { first, shape, origin: Origin::of(&grant), memory: PhantomData }
    }

    fn origin(self) -> Origin<'w> {
        self.origin
    }
}

impl<T, D: fmt::Debug> fmt::Debug for Raw<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw").field("shape", &self.shape).finish_non_exhaustive()
    }
}
