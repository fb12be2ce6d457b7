//! `SharedAtomics`: an anonymous array whose elements any process may change at any time, one operation at once.
#![allow(unsafe_code)]

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use ndarray::{ArrayRef, ArrayView};

use super::away::{Away, Borrowed};
use super::shared_array::SharedArray;
use crate::segment::{Memory, Segment, Use};
use crate::shape::Axes;
use crate::sync::{Atomic, AtomicElement};

/// All of an anonymous array, element by element atomic; from [`SharedArray::atomics`].
///
/// Dereferences to `ndarray::ArrayRef<Atomic<T>, D>`, here and in the jobs of a [`map`](crate::map()).
///
/// ```
/// use dsm::prelude::*;
///
/// let mut histogram = SharedArray::<u64, _>::zeros(3)?;
/// let bins = histogram.atomics();
/// dsm::map([2, 0, 2, 2, 0]).workers(2).run(|_, bin: usize| {
///     bins[bin].fetch_add(1);                 // any job, any bin
/// })?;
/// assert_eq!(*histogram, array![2, 0, 3]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct SharedAtomics<'a, T: 'static, D> {
    segment: Arc<Segment>,
    /// Of the array.
    index: usize,
    here: ArrayView<'static, Atomic<T>, D>,
    away: Away<Atomic<T>, D>,
    _borrowed: Borrowed,
    array: PhantomData<&'a mut ArrayRef<T, D>>,
}

impl<T: AtomicElement, D: Axes> SharedArray<T, D> {
    /// An anonymous array as atomics, which jobs of a [`map`](crate::map()) may change at any time. The axes are those the
    /// array was made with.
    ///
    /// # Panics
    ///
    /// When the array is declared in a `shared!`, in a process other than the one that made the array, and while a map
    /// runs whose workers may read it.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut best = SharedArray::full(1, f64::NEG_INFINITY)?;
    /// let shared = best.atomics();
    /// dsm::map(0..100).workers(2).run(|_, job| {
    ///     shared[0].fetch_max(f64::from(job).sin());
    /// })?;
    /// assert_eq!(best[0], 33_f64.sin());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn atomics(&mut self) -> SharedAtomics<'_, T, D> {
        self.as_atomics()
    }

    /// As [`atomics`](SharedArray::atomics), for atomics that outlive the handle: those that a
    /// [`background`](crate::background) process shares.
    ///
    /// # Panics
    ///
    /// As [`atomics`](SharedArray::atomics).
    ///
    /// ```
    /// use dsm::prelude::*;
    /// use std::sync::Arc;
    ///
    /// let done = Arc::new(SharedArray::<u32, _>::zeros(1)?.into_atomics());
    /// let shared = Arc::clone(&done);
    /// let other = dsm::background(move || {
    ///     for _ in 0..100 {
    ///         shared[0].fetch_add(1);
    ///     }
    /// })?;
    /// while done[0].load() < 100 {                // its progress
    ///     std::thread::yield_now();
    /// }
    /// other.join()?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn into_atomics(mut self) -> SharedAtomics<'static, T, D> {
        self.as_atomics()
    }

    #[track_caller]
    fn as_atomics<'a>(&mut self) -> SharedAtomics<'a, T, D> {
        let (segment, index) = (Arc::clone(self.segment()), self.index());
        segment.assert_free(index);
        segment.assert_anonymous(index);
        let borrowed = Borrowed::as_used(&segment, Use::Atomics);
        segment.assert_not_lent(index);
        // SAFETY: the array is borrowed mutably as long as this is used, or gone, so that here it is reached as atomics only; its
        // segment, which this holds, keeps the mapping.
        let here = unsafe { atomic_view(&segment, index, &segment.memory) };
        SharedAtomics { segment, index, here, away: Away::default(), _borrowed: borrowed, array: PhantomData }
    }
}

/// An array's elements in a mapping of its memory, with the axes that the array was made with.
///
/// # Safety
///
/// - The elements are reached as atomics only while the view is used.
/// - The mapping stays as long.
unsafe fn atomic_view<T: AtomicElement, D: Axes>(
    segment: &Segment,
    index: usize,
    memory: &Memory,
) -> ArrayView<'static, Atomic<T>, D> {
    let field = segment.field(index);
    let first = memory.at(field.offset, field.bytes()).cast::<Atomic<T>>();
    // SAFETY: the array lies there, aligned; an atomic has the layout of its element; the caller answers for the rest.
    unsafe { ArrayView::from_shape_ptr(D::from_axes(field.shape()), first.as_ptr()) }
}

impl<T: AtomicElement, D: Axes> Deref for SharedAtomics<'_, T, D> {
    type Target = ArrayRef<Atomic<T>, D>;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &ArrayRef<Atomic<T>, D> {
        if self.segment.is_away() {
            return self.away.view(|| {
                let memory = self.segment.lent(self.index, Use::Atomics);
                // SAFETY: the array was atomic when this process was forked, so that it isn't lent for anything else, and at
                // home it is borrowed until the map is over. A lent mapping stays for good.
                unsafe { atomic_view(&self.segment, self.index, memory) }
            });
        }
        self.segment.assert_free(self.index);
        &self.here
    }
}

impl<T: AtomicElement + fmt::Debug, D: Axes> fmt::Debug for SharedAtomics<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
