//! Transitions: what a view is to become in the next phase.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use super::base::ViewBase;
use super::grant::Grant;
use super::mode::Mode;
use super::{Atomics, Raw, Read, Rows, Split};
use crate::element::Element;
use crate::schedule::Schedule;
use crate::segment::Field;
use crate::shape::Axes;
use crate::sync::AtomicElement;

/// Where a view comes from: the one right of this rank to the array, given up when the view is consumed.
pub struct Origin<'w> {
    pub(super) base: &'static ViewBase,
    pub(super) field: &'static Field,
    pub(super) home_axis: usize,
    call: PhantomData<&'w mut ()>,
}

impl<'w> Origin<'w> {
    pub(super) fn of(grant: &Grant<'w>) -> Self {
        Origin { base: grant.base(), field: grant.field(), home_axis: grant.home_axis(), call: PhantomData }
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Origin").field(&self.field.name).finish()
    }
}

/// A transition of one array, without the type it leads to.
pub struct Transition<'w> {
    pub(super) origin: Origin<'w>,
    pub(super) mode: Mode,
    pub(super) own: Option<Range<usize>>,
    /// A transition is this rank's alone: it stays on the rank's thread.
    one_thread: PhantomData<*const ()>,
}

/// A transition that waits for its phase: the view is consumed, and [`Team::phase`](crate::Team::phase) gives a `V`.
///
/// ```
/// use dsm::{Pending, Read, Split, Team, View};
/// use ndarray::Ix1;
/// fn show<'w>(team: &Team<'w>, c: Split<'w, f64, Ix1>) -> Read<'w, f64, Ix1> {
///     let pending: Pending<'w, Read<'w, f64, Ix1>> = c.publish();
///     team.phase(pending)
/// }
/// ```
#[must_use = "a transition happens in `team.phase(…)`; dropped, the array can't be used again in this call"]
pub struct Pending<'w, V> {
    pub(super) transition: Transition<'w>,
    to: PhantomData<V>,
}

impl<'w, V> Pending<'w, V> {
    fn new(origin: Origin<'w>, mode: Mode, own: Option<Range<usize>>) -> Self {
        Pending { transition: Transition { origin, mode, own, one_thread: PhantomData }, to: PhantomData }
    }
}

impl<V> fmt::Debug for Pending<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending")
            .field("array", &self.transition.origin.field.name)
            .field("to", &self.transition.mode)
            .finish()
    }
}

mod sealed {
    pub trait Sealed {}
    impl<T, D> Sealed for super::Read<'_, T, D> {}
    impl<T, D> Sealed for super::Split<'_, T, D> {}
    impl<T, D> Sealed for super::Rows<'_, T, D> {}
    impl<T: super::AtomicElement, D> Sealed for super::Atomics<'_, T, D> {}
    impl<T, D> Sealed for super::Raw<'_, T, D> {}
}

/// An array in some mode, and the transitions from it to any other.
///
/// Each transition consumes the view, so nothing borrowed from it survives; the new view comes from
/// [`Team::phase`](crate::Team::phase), which every worker must enter with the same transitions in the same order.
///
/// ```
/// use dsm::{Read, Split, Team, View};
/// use ndarray::Ix1;
/// fn swap<'w>(
///     team: &Team<'w>,
///     now: Read<'w, f64, Ix1>,
///     next: Split<'w, f64, Ix1>,
/// ) -> (Read<'w, f64, Ix1>, Split<'w, f64, Ix1>) {
///     team.phase((next.publish(), now.reclaim()))
/// }
/// ```
pub trait View<'w>: Sized + sealed::Sealed {
    /// The array's element.
    type Element: Element;
    /// The array's dimension.
    type Dim: Axes;

    #[doc(hidden)]
    fn build(grant: Grant<'w>) -> Self;

    #[doc(hidden)]
    fn origin(self) -> Origin<'w>;

    /// To [`Read`]: everybody may read all of it.
    fn publish(self) -> Pending<'w, Read<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::Read, None)
    }

    /// To [`Split`] by blocks, along the axis its clause split, or axis 0.
    fn reclaim(self) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        let origin = self.origin();
        let mode = Mode::Split { axis: origin.home_axis, schedule: Schedule::Block };
        Pending::new(origin, mode, None)
    }

    /// To [`Split`] by blocks of axis 0.
    fn split(self) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        self.split_axis(0)
    }

    /// To [`Split`] by blocks of `axis`.
    ///
    /// # Panics
    ///
    /// When the array has no such axis.
    #[track_caller]
    fn split_axis(self, axis: usize) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        assert!(axis < Self::Dim::AXES, "axis {axis} of an array with {} axes", Self::Dim::AXES);
        Pending::new(self.origin(), Mode::Split { axis, schedule: Schedule::Block }, None)
    }

    /// To [`Split`] by ranges of axis 0 that the workers bring: each its own, possibly empty, none overlapping.
    ///
    /// Rows in nobody's range are left alone. Overlapping ranges fail the call on all workers.
    fn split_at(self, range: Range<usize>) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::SplitAt, Some(range))
    }

    /// To [`Rows`] of axis 0, dealt by a schedule.
    ///
    /// # Panics
    ///
    /// When the schedule is `Cyclic(0)`.
    #[track_caller]
    fn rows(self, schedule: Schedule) -> Pending<'w, Rows<'w, Self::Element, Self::Dim>> {
        if let Err(message) = schedule.check() {
            panic!("{message}");
        }
        Pending::new(self.origin(), Mode::Split { axis: 0, schedule }, None)
    }

    /// To [`Atomics`]: everybody may change any element atomically.
    fn atomics(self) -> Pending<'w, Atomics<'w, Self::Element, Self::Dim>>
    where
        Self::Element: AtomicElement,
    {
        Pending::new(self.origin(), Mode::Atomic, None)
    }

    /// To [`Raw`]: anything, through `unsafe` methods.
    fn raw(self) -> Pending<'w, Raw<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::Raw, None)
    }
}
