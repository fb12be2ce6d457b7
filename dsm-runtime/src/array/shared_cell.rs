//! What a declaration may hold beside arrays.

use crate::element::Element;
use crate::segment::CellKind;
use crate::sync::{Atomic, AtomicElement, FairLock, Flag, Lock};

mod sealed {
    pub trait Sealed {}
}

/// What a declaration may hold beside arrays: [`Lock`], [`FairLock`], [`Atomic`], [`Flag`].
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

pub(super) const DRIVER: Driver = Driver(());

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

impl sealed::Sealed for Flag {}
impl SharedCell for Flag {
    type Value = u32;
    const KIND: Kind = Kind(CellKind::Flag);

    fn value(&self, _: Driver) -> *mut u32 {
        // A flag begins with its number.
        std::ptr::from_ref(self).cast_mut().cast()
    }

    fn clear(&self, _: Driver) {}

    fn poisoned(&self, _: Driver) -> bool {
        false
    }
}
