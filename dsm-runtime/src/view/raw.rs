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
/// use dsm::Raw;
/// use ndarray::Ix1;
/// fn bump(x: &mut Raw<'_, u64, Ix1>, mine: usize) {
///     // SAFETY: each worker calls this with an index of its own.
///     unsafe { x.set(mine, x.get(mine) + 1) }
/// }
/// ```
pub struct Raw<'w, T, D> {
    first: NonNull<T>,
    shape: D,
    origin: Origin<'w>,
    memory: PhantomData<&'w mut T>,
}

impl<'w, T: Element, D: Axes> Raw<'w, T, D> {
    /// The first element; the array lies behind it in standard layout.
    #[must_use]
    pub fn as_ptr(&self) -> *mut T {
        self.first.as_ptr()
    }

    /// The lengths of the axes.
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
