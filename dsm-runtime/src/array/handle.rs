//! Declared locks and atomics as the driver sees them.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::element::Element;
use crate::segment::{CellKind, Segment};
use crate::sync::{Atomic, AtomicElement, FairLock, Lock};

mod sealed {
    pub trait Sealed {}
}

/// What a declaration may hold beside arrays: [`Lock`], [`FairLock`], [`Atomic`].
///
/// ```
/// use dsm::prelude::*;
/// use dsm::{Handle, SharedCell};
///
/// dsm::shared! { struct Counts { hits: Atomic<u64>, total: Lock<f64> } }
///
/// fn value_of<C: SharedCell>(handle: &Handle<C>) -> C::Value {
///     handle.get()
/// }
///
/// let cluster = Cluster::with_workers(1, Counts)?;
/// assert_eq!((value_of(&cluster.hits), value_of(&cluster.total)), (0, 0.0));
/// # Ok::<(), dsm::Error>(())
/// ```
pub trait SharedCell: Sized + 'static + sealed::Sealed {
    /// The value it owns.
    type Value: Element;
    #[doc(hidden)]
    const KIND: Kind;
    #[doc(hidden)]
    fn value(&self, driver: Driver) -> *mut Self::Value;
    #[doc(hidden)]
    fn clear(&self, driver: Driver);
    #[doc(hidden)]
    fn poisoned(&self, driver: Driver) -> bool;
}

/// Says that the caller is the driver's handle and no worker runs; only this module makes one.
#[derive(Clone, Copy, Debug)]
pub struct Driver(());

const DRIVER: Driver = Driver(());

/// The kind of a cell, of no use outside.
#[derive(Clone, Copy, Debug)]
pub struct Kind(pub(crate) CellKind);

impl<T> sealed::Sealed for Lock<T> {}
impl<T: Element> SharedCell for Lock<T> {
    type Value = T;
    const KIND: Kind = Kind(CellKind::Lock);

    fn value(&self, _: Driver) -> *mut T {
        self.value_pointer()
    }

    fn clear(&self, _: Driver) {
        self.word().clear();
    }

    fn poisoned(&self, _: Driver) -> bool {
        self.word().is_poisoned()
    }
}

impl<T> sealed::Sealed for FairLock<T> {}
impl<T: Element> SharedCell for FairLock<T> {
    type Value = T;
    const KIND: Kind = Kind(CellKind::FairLock);

    fn value(&self, _: Driver) -> *mut T {
        self.value_pointer()
    }

    fn clear(&self, _: Driver) {
        self.words().clear();
    }

    fn poisoned(&self, _: Driver) -> bool {
        self.words().is_poisoned()
    }
}

impl<T> sealed::Sealed for Atomic<T> {}
impl<T: AtomicElement> SharedCell for Atomic<T> {
    type Value = T;
    const KIND: Kind = Kind(CellKind::Atomic);

    fn value(&self, _: Driver) -> *mut T {
        std::ptr::from_ref(self).cast_mut().cast()
    }

    fn clear(&self, _: Driver) {}

    fn poisoned(&self, _: Driver) -> bool {
        false
    }
}

/// Where the cells of one field lie in the driver's mapping.
struct Cells<C> {
    first: NonNull<C>,
    count: usize,
    index: usize,
    segment: Arc<Segment>,
    owned: PhantomData<C>,
}

// SAFETY: the driver's handle owns its cells as a `Vec` would: through `&` only copies of values are read, and only
// while no worker runs.
unsafe impl<C: SharedCell> Send for Cells<C> {}
// SAFETY: as above; values are `Element`, so `Sync`.
unsafe impl<C: SharedCell> Sync for Cells<C> {}

impl<C: SharedCell> Cells<C> {
    fn new(segment: &Arc<Segment>, index: usize) -> Self {
        let field = segment.field(index);
        assert!(
            field.type_id == TypeId::of::<C>() && field.shape().is_empty(),
            "`{}` isn't declared as this lock or atomic",
            field.name
        );
        let first = segment.memory.at(field.offset, field.bytes()).cast::<C>();
        Cells { first, count: field.count(), index, segment: Arc::clone(segment), owned: PhantomData }
    }

    #[track_caller]
    fn cell(&self, number: usize) -> &C {
        self.segment.assert_free(self.index);
        assert!(number < self.count, "lock {number} of {} in `{}`", self.count, self.segment.field(self.index).name);
        // SAFETY: inside the field; all bytes zero is a valid cell, and the segment lives as long as `self`.
        unsafe { self.first.add(number).as_ref() }
    }

    #[track_caller]
    fn get(&self, number: usize) -> C::Value {
        // SAFETY: no call runs and no `&mut` is out, since that would borrow the handle mutably.
        unsafe { self.cell(number).value(DRIVER).read() }
    }

    #[track_caller]
    fn get_mut(&mut self, number: usize) -> &mut C::Value {
        let cell = self.cell(number);
        cell.clear(DRIVER);
        // SAFETY: as above, and the handle is borrowed mutably.
        unsafe { &mut *cell.value(DRIVER) }
    }

    fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        Arc::ptr_eq(&self.segment, segment) && self.index == index
    }
}

/// A declared lock or atomic on the driver, between calls: what workers see as [`Lock`], [`FairLock`] or [`Atomic`].
///
/// The value is zero when the cluster is made and stays from call to call. In a process other than the one that made
/// the cluster, the methods panic.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Sum { total: Lock<f64> } }
///
/// #[dsm::parallel]
/// fn add(res: Sum, x: f64) {
///     *res.total.lock() += x;
/// }
///
/// let mut cluster = Cluster::with_workers(4, Sum)?;
/// add(&mut cluster, 0.5)?;
/// assert_eq!(std::mem::take(cluster.total.get_mut()), 2.0);   // reads the sum and resets it
/// assert_eq!(cluster.total.get(), 0.0);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Handle<C>(Cells<C>);

impl<C: SharedCell> Handle<C> {
    pub(super) fn new(segment: &Arc<Segment>, index: usize) -> Self {
        Handle(Cells::new(segment, index))
    }

    pub(super) fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        self.0.is_at_home(segment, index)
    }

    /// A copy of the value, poisoned or not.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<f64> } }
    /// let cluster = Cluster::with_workers(2, Sum)?;
    /// assert_eq!(cluster.total.get(), 0.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> C::Value {
        self.0.get(0)
    }

    /// Sets the value and clears the poison.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<f64> } }
    /// let mut cluster = Cluster::with_workers(2, Sum)?;
    /// cluster.total.set(2.5);
    /// assert_eq!(cluster.total.get(), 2.5);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn set(&mut self, value: C::Value) {
        *self.get_mut() = value;
    }

    /// The value, without locking: no worker runs. Clears the poison.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<f64> } }
    /// let mut cluster = Cluster::with_workers(2, Sum)?;
    /// *cluster.total.get_mut() += 2.5;
    /// assert_eq!(cluster.total.get(), 2.5);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut C::Value {
        self.0.get_mut(0)
    }

    /// Whether a worker failed while it held the lock; `false` for an [`Atomic`].
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<f64> } }
    /// #[dsm::parallel]
    /// fn fail(res: Sum) {
    ///     *res.total.lock() += 1.0;
    ///     let _held = res.total.lock();
    ///     panic!("no more input");
    /// }
    /// let mut cluster = Cluster::with_workers(1, Sum)?;
    /// assert!(fail(&mut cluster).is_err());
    /// assert!(cluster.total.is_poisoned());
    /// assert_eq!(cluster.total.get(), 1.0);        // what was written is there
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.0.cell(0).poisoned(DRIVER)
    }

    /// Makes a poisoned lock usable again, its value left as it is.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<f64> } }
    /// #[dsm::parallel]
    /// fn fail(res: Sum) {
    ///     *res.total.lock() += 1.0;
    ///     let _held = res.total.lock();
    ///     panic!("no more input");
    /// }
    /// let mut cluster = Cluster::with_workers(1, Sum)?;
    /// assert!(fail(&mut cluster).is_err());
    /// cluster.total.clear_poison();                // 1.0 is a sum that can be gone on with
    /// assert!(!cluster.total.is_poisoned());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn clear_poison(&mut self) {
        self.0.cell(0).clear(DRIVER);
    }
}

impl<C: SharedCell> fmt::Debug for Handle<C>
where
    C::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("value", &self.get()).field("poisoned", &self.is_poisoned()).finish()
    }
}

/// A declared array of locks on the driver, between calls: what workers see as a slice of [`Lock`] or [`FairLock`].
///
/// The locks are numbered from 0. In a process other than the one that made the cluster, the methods panic.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
///
/// #[dsm::parallel]
/// fn count(res: Histogram, data: Vec<usize>) {
///     for i in res.team.split_indices(data.len(), Schedule::Block) {
///         *res.bins[data[i]].lock() += 1;
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
/// count(&mut cluster, vec![2, 0, 2, 2, 0])?;
/// let counts: Vec<u64> = (0..cluster.bins.len()).map(|bin| cluster.bins.get(bin)).collect();
/// assert_eq!(counts, [2, 0, 3]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Handles<C>(Cells<C>);

impl<C: SharedCell> Handles<C> {
    pub(super) fn new(segment: &Arc<Segment>, index: usize) -> Self {
        Handles(Cells::new(segment, index))
    }

    pub(super) fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        self.0.is_at_home(segment, index)
    }

    /// How many there are.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// let cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
    /// assert_eq!(cluster.bins.len(), 3);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// let cluster = Cluster::with_workers(2, Histogram { n: 0 })?;
    /// assert!(cluster.bins.is_empty());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// A copy of one value, poisoned or not.
    ///
    /// # Panics
    ///
    /// When `number` is not below [`len`](Handles::len).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// let cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
    /// assert_eq!(cluster.bins.get(2), 0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn get(&self, number: usize) -> C::Value {
        self.0.get(number)
    }

    /// Sets one value and clears its poison.
    ///
    /// # Panics
    ///
    /// When `number` is not below [`len`](Handles::len).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// let mut cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
    /// cluster.bins.set(2, 7);
    /// assert_eq!(cluster.bins.get(2), 7);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn set(&mut self, number: usize, value: C::Value) {
        *self.get_mut(number) = value;
    }

    /// One value, without locking: no worker runs. Clears its poison.
    ///
    /// # Panics
    ///
    /// When `number` is not below [`len`](Handles::len).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// let mut cluster = Cluster::with_workers(2, Histogram { n: 3 })?;
    /// for bin in 0..cluster.bins.len() {
    ///     *cluster.bins.get_mut(bin) += 1;
    /// }
    /// assert_eq!(cluster.bins.get(2), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn get_mut(&mut self, number: usize) -> &mut C::Value {
        self.0.get_mut(number)
    }

    /// Whether a worker failed while it held this lock.
    ///
    /// # Panics
    ///
    /// When `number` is not below [`len`](Handles::len).
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// #[dsm::parallel]
    /// fn fail(res: Histogram) {
    ///     let _held = res.bins[1].lock();
    ///     panic!("no more input");
    /// }
    /// let mut cluster = Cluster::with_workers(1, Histogram { n: 3 })?;
    /// assert!(fail(&mut cluster).is_err());
    /// assert!(cluster.bins.is_poisoned(1) && !cluster.bins.is_poisoned(0));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn is_poisoned(&self, number: usize) -> bool {
        self.0.cell(number).poisoned(DRIVER)
    }

    /// Makes all poisoned locks usable again, their values left as they are.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Histogram(n: usize) { bins: [Lock<u64>; n] } }
    /// #[dsm::parallel]
    /// fn fail(res: Histogram) {
    ///     let _held = res.bins[1].lock();
    ///     panic!("no more input");
    /// }
    /// let mut cluster = Cluster::with_workers(1, Histogram { n: 3 })?;
    /// assert!(fail(&mut cluster).is_err());
    /// cluster.bins.clear_poison();
    /// assert!(!cluster.bins.is_poisoned(1));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn clear_poison(&mut self) {
        for number in 0..self.0.count {
            self.0.cell(number).clear(DRIVER);
        }
    }
}

impl<C: SharedCell> fmt::Debug for Handles<C>
where
    C::Value: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.len()).map(|number| self.get(number))).finish()
    }
}
