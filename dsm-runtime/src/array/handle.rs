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
/// use dsm::{Handle, SharedCell};
/// fn read<C: SharedCell>(handle: &Handle<C>) -> C::Value {
///     handle.get()
/// }
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

/// A declared lock or atomic on the driver, between calls.
///
/// ```
/// use dsm::{Handle, Lock};
/// fn reset(total: &mut Handle<Lock<f64>>) -> f64 {
///     std::mem::take(total.get_mut())
/// }
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
    #[must_use]
    #[track_caller]
    pub fn get(&self) -> C::Value {
        self.0.get(0)
    }

    /// Sets the value and clears the poison.
    #[track_caller]
    pub fn set(&mut self, value: C::Value) {
        *self.get_mut() = value;
    }

    /// The value, without locking: no worker runs. Clears the poison.
    #[track_caller]
    pub fn get_mut(&mut self) -> &mut C::Value {
        self.0.get_mut(0)
    }

    /// Whether a worker failed while it held the lock.
    #[must_use]
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.0.cell(0).poisoned(DRIVER)
    }

    /// Makes a poisoned lock usable again, its value left as it is.
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

/// A declared array of locks on the driver, between calls.
///
/// ```
/// use dsm::{Handles, Lock};
/// fn sum(bins: &Handles<Lock<u64>>) -> u64 {
///     (0..bins.len()).map(|bin| bins.get(bin)).sum()
/// }
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
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.count == 0
    }

    /// A copy of one value, poisoned or not.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[must_use]
    #[track_caller]
    pub fn get(&self, number: usize) -> C::Value {
        self.0.get(number)
    }

    /// Sets one value and clears its poison.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[track_caller]
    pub fn set(&mut self, number: usize, value: C::Value) {
        *self.get_mut(number) = value;
    }

    /// One value, without locking: no worker runs. Clears its poison.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[track_caller]
    pub fn get_mut(&mut self, number: usize) -> &mut C::Value {
        self.0.get_mut(number)
    }

    /// Whether a worker failed while it held this lock.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[must_use]
    #[track_caller]
    pub fn is_poisoned(&self, number: usize) -> bool {
        self.0.cell(number).poisoned(DRIVER)
    }

    /// Makes all poisoned locks usable again, their values left as they are.
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
