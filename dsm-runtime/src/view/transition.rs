//! Transitions: what a view is to become in the next phase.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use super::base::ViewBase;
use super::grant::Grant;
use super::mode::Mode;
use super::operator::{AccumulateBy, AccumulateElement, ops};
use super::{Accumulate, Atomics, Raw, Read, Rows, Split};
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

    /// The array's name.
    pub(super) fn name(&self) -> &'static str {
        self.field.name
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
}

/// A transition that waits for its phase: the view is consumed, and [`Team::phase`](crate::Team::phase) gives a `V`.
///
/// Dropped, the array can't be used again in this call.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
/// use dsm::Pending;
///
/// #[dsm::parallel(split(a))]
/// fn total(res: Pair) -> u64 {
///     let pending: Pending<'_, Read<'_, u64, Ix1>> = res.a.publish();
///     res.team.phase(pending).sum()
/// }
///
/// let mut cluster = Cluster::with_workers(2, Pair)?;
/// cluster.a.fill(1);
/// assert_eq!(total(&mut cluster)?, [4, 4]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[must_use = "a transition happens in `team.phase(…)`; dropped, the array can't be used again in this call"]
pub struct Pending<'w, V> {
    pub(super) transition: Transition<'w>,
    to: PhantomData<V>,
}

impl<'w, V> Pending<'w, V> {
    fn new(origin: Origin<'w>, mode: Mode, own: Option<Range<usize>>) -> Self {
        Pending { transition: Transition { origin, mode, own }, to: PhantomData }
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
    impl<T: super::AccumulateElement, D> Sealed for super::Accumulate<'_, T, D> {}
    impl<T, D> Sealed for super::Raw<'_, T, D> {}
}

/// An array in some mode, and the transitions from it to any other.
///
/// Each transition consumes the view, so nothing borrowed from it survives; the new view comes from
/// [`Team::phase`](crate::Team::phase), which every worker must enter with the same transitions in the same order.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Ring(n: usize) { now: [f64; n], next: [f64; n] } }
///
/// #[dsm::parallel(read(now), split(next))]
/// fn smooth(res: Ring, steps: usize) {
///     let (mut now, mut next) = (res.now, res.next);
///     for _ in 0..steps {
///         for (cell, i) in next.range().enumerate() {
///             next[cell] = (now[i] + now[(i + 1) % now.len()]) / 2.0;
///         }
///         (now, next) = res.team.phase((next.publish(), now.reclaim()));      // the two change places
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Ring { n: 4 })?;
/// cluster.now[0] = 1.0;
/// smooth(&mut cluster, 2)?;
/// assert_eq!(*cluster.now, array![0.25, 0.0, 0.25, 0.5]);
/// # Ok::<(), dsm::Error>(())
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
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn fill(mut res: Pair) -> u64 {
    ///     res.a.fill(res.id as u64);
    ///     let a = res.team.phase(res.a.publish());
    ///     a.sum()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// assert_eq!(fill(&mut cluster)?, [2, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn publish(self) -> Pending<'w, Read<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::Read, None)
    }

    /// To [`Split`] by blocks, along the axis its clause split, or axis 0.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(read(a))]
    /// fn reverse(res: Pair) {
    ///     let mirrored = res.a.iter().rev().copied().collect::<Vec<u64>>();      // read all of it first,
    ///     let mut a = res.team.phase(res.a.reclaim());                           // then write the own block
    ///     let mine = a.range();
    ///     a.assign(&ArrayView1::from(&mirrored[mine]));
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// cluster.a.assign(&array![1, 2, 3, 4]);
    /// reverse(&mut cluster)?;
    /// assert_eq!(*cluster.a, array![4, 3, 2, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn reclaim(self) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        let origin = self.origin();
        let mode = Mode::Split { axis: origin.home_axis, schedule: Schedule::Block };
        Pending::new(origin, mode, None)
    }

    /// To [`Split`] by blocks of axis 0.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Grid { c: [f64; 2, 6] } }
    /// #[dsm::parallel(split(c, axis = 1))]
    /// fn number(res: Grid) {
    ///     let mut c = res.team.phase(res.c.split());          // from columns to rows
    ///     c.fill(res.id as f64);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Grid)?;
    /// number(&mut cluster)?;
    /// assert_eq!(cluster.c.column(0), array![0.0, 1.0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn split(self) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        self.split_axis(0)
    }

    /// To [`Split`] by blocks of `axis`.
    ///
    /// # Panics
    ///
    /// When the array has no such axis.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Grid { c: [f64; 2, 6] } }
    /// #[dsm::parallel(split(c))]
    /// fn sums(mut res: Grid) {
    ///     for mut row in res.c.rows_mut() {
    ///         row.accumulate_axis_inplace(Axis(0), |&before, x| *x += before);        // along each row,
    ///     }
    ///     let mut c = res.team.phase(res.c.split_axis(1));
    ///     c.accumulate_axis_inplace(Axis(0), |&before, x| *x += before);              // then along each column
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Grid)?;
    /// cluster.c.fill(1.0);
    /// sums(&mut cluster)?;
    /// assert_eq!(cluster.c[[1, 5]], 12.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    fn split_axis(self, axis: usize) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        assert!(axis < Self::Dim::AXES, "axis {axis} of an array with {} axes", Self::Dim::AXES);
        Pending::new(self.origin(), Mode::Split { axis, schedule: Schedule::Block }, None)
    }

    /// To [`Split`] by ranges of axis 0 that the workers bring: each its own, possibly empty, none overlapping.
    ///
    /// Rows in nobody's range are left alone. In [`Team::phase`](crate::Team::phase), overlapping ranges or one outside
    /// the array fail the call on all workers.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn fill(res: Pair) {
    ///     let range = if res.id == 0 { 0..1 } else { 1..4 };
    ///     let mut a = res.team.phase(res.a.split_at(range));
    ///     a.fill(res.id as u64 + 1);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// fill(&mut cluster)?;
    /// assert_eq!(*cluster.a, array![1, 2, 2, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn split_at(self, range: Range<usize>) -> Pending<'w, Split<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::SplitAt, Some(range))
    }

    /// To [`Rows`] of axis 0, dealt by a schedule, or handed out as workers ask.
    ///
    /// # Panics
    ///
    /// When [`Schedule::check`] refuses the schedule.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn deal(res: Pair) -> Vec<usize> {
    ///     let a = res.team.phase(res.a.rows(Schedule::Cyclic(1)));
    ///     a.indices().collect()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// assert_eq!(deal(&mut cluster)?, [[0, 2], [1, 3]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    fn rows(self, schedule: Schedule) -> Pending<'w, Rows<'w, Self::Element, Self::Dim>> {
        if let Err(message) = schedule.check() {
            panic!("{message}");
        }
        Pending::new(self.origin(), Mode::Split { axis: 0, schedule }, None)
    }

    /// To [`Atomics`]: everybody may change any element atomically.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn count(res: Pair) {
    ///     let a = res.team.phase(res.a.atomics());
    ///     a[3].fetch_add(1);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// count(&mut cluster)?;
    /// assert_eq!(*cluster.a, array![0, 0, 0, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn atomics(self) -> Pending<'w, Atomics<'w, Self::Element, Self::Dim>>
    where
        Self::Element: AtomicElement,
    {
        Pending::new(self.origin(), Mode::Atomic, None)
    }

    /// To [`Accumulate`]: everybody may contribute to any element by an operator of [`ops`](crate::ops), and nobody read.
    /// What the array holds takes part.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn count(mut res: Pair) -> u64 {
    ///     res.a.fill(10);
    ///     let mut a = res.team.phase(res.a.accumulate(ops::Add));
    ///     a.contribute(3, 1);
    ///     let a = res.team.phase(a.publish());
    ///     a[3]
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// assert_eq!(count(&mut cluster)?, [12, 12]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn accumulate<O: ops::Op>(self, _operator: O) -> Pending<'w, Accumulate<'w, Self::Element, Self::Dim>>
    where
        Self::Element: AccumulateBy<O>,
    {
        Pending::new(self.origin(), Mode::Accumulate(O::OPERATOR), None)
    }

    /// To [`Raw`]: anything, through `unsafe` methods.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
    /// #[dsm::parallel(split(a))]
    /// fn mark(res: Pair) {
    ///     let mut a = res.team.phase(res.a.raw());
    ///     // SAFETY: each worker sets an element of its own, and none reads.
    ///     unsafe { a.set(2 * res.id, 1) };
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// mark(&mut cluster)?;
    /// assert_eq!(*cluster.a, array![1, 0, 1, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    fn raw(self) -> Pending<'w, Raw<'w, Self::Element, Self::Dim>> {
        Pending::new(self.origin(), Mode::Raw, None)
    }
}
