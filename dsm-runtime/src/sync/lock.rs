//! `Lock<T>`: mutual exclusion across processes, owning the data it guards.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::{Duration, Instant};

use super::{LockRefused, LockWord};
use crate::element::Element;
use crate::point::{Point, reached};
use crate::team::{Context, Doing, current};

/// A lock that owns the value it guards, shared by all workers.
///
/// Declared as `total: Lock<f64>` in `shared!`; each worker finds it as a field of its resource struct, the driver as a
/// [`Handle`](crate::Handle). Locks live in shared memory only: none can be made by hand.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Stats { extent: Lock<[f64; 2]> } }
///
/// #[dsm::parallel]
/// fn measure(res: Stats) {
///     let x = res.id as f64 - 1.0;
///     let mut extent = res.extent.lock();     // both numbers under one lock
///     *extent = [extent[0].min(x), extent[1].max(x)];
/// }
///
/// let mut cluster = Cluster::with_workers(4, Stats)?;
/// measure(&mut cluster)?;
/// assert_eq!(cluster.extent.get(), [-1.0, 2.0]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[repr(C, align(64))]
pub struct Lock<T> {
    word: LockWord,
    value: UnsafeCell<T>,
}

impl<T: Element> Lock<T> {
    /// Waits for the lock and takes it; it is given up when the guard is dropped.
    ///
    /// # Panics
    ///
    /// Outside a parallel function, and when the lock is poisoned: a worker panicked, died or failed its call while
    /// holding it. The driver clears it by `clear_poison()` or `get_mut()`. Locking a lock this worker holds already
    /// fails the call.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<u64> } }
    /// #[dsm::parallel]
    /// fn add(res: Sum, times: u64) {
    ///     for _ in 0..times {
    ///         *res.total.lock() += 1;
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(4, Sum)?;
    /// add(&mut cluster, 100)?;
    /// assert_eq!(cluster.total.get(), 400);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockGuard<'_, T> {
        match self.lock_until(None, Location::caller()) {
            Some(guard) => guard,
            None => unreachable!("a lock without a deadline is waited for"),
        }
    }

    /// Takes the lock if it is free; `None` when any worker, this one included, holds it.
    ///
    /// # Panics
    ///
    /// When the lock is poisoned, or outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<u64> } }
    /// #[dsm::parallel]
    /// fn add(res: Sum) {
    ///     let mut waiting = 0;                    // added up here while the lock is busy
    ///     for _ in 0..100 {
    ///         waiting += 1;
    ///         if let Some(mut total) = res.total.try_lock() {
    ///             *total += std::mem::take(&mut waiting);
    ///         }
    ///     }
    ///     *res.total.lock() += waiting;
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(4, Sum)?;
    /// add(&mut cluster)?;
    /// assert_eq!(cluster.total.get(), 400);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_lock(&self) -> Option<LockGuard<'_, T>> {
        let place = Location::caller();
        let context = worker(place);
        context.check();
        match self.word.try_lock(context.rank()) {
            Ok(()) => Some(LockGuard::new(self, context)),
            Err(LockRefused::Poisoned) => refused_as_poisoned(context, self.address()),
            Err(_) => None,
        }
    }

    /// Waits for the lock no longer than `timeout`; `None` when that has passed.
    ///
    /// # Panics
    ///
    /// When the lock is poisoned, or outside a parallel function. Locking a lock this worker holds already fails the
    /// call.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<u64> } }
    /// # use std::time::Duration;
    /// #[dsm::parallel]
    /// fn add(res: Sum) -> bool {
    ///     match res.total.lock_timeout(Duration::from_secs(20)) {
    ///         Some(mut total) => {
    ///             *total += 1;
    ///             true
    ///         }
    ///         None => false,
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Sum)?;
    /// assert_eq!(add(&mut cluster)?, [true, true]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn lock_timeout(&self, timeout: Duration) -> Option<LockGuard<'_, T>> {
        // A timeout beyond the clock's range is for ever, which `None` says.
        self.lock_until(Instant::now().checked_add(timeout), Location::caller())
    }

    #[inline]
    #[track_caller]
    fn lock_until(&self, deadline: Option<Instant>, place: &'static Location<'static>) -> Option<LockGuard<'_, T>> {
        let context = worker(place);
        context.check();
        if self.word.try_lock(context.rank()).is_ok() {
            return Some(LockGuard::new(self, context));
        }
        context.note(Doing::Locking(self.address()), place);
        match self.word.lock(context.rank(), context.engine, deadline) {
            Ok(()) => {
                context.done();
                Some(LockGuard::new(self, context))
            }
            Err(LockRefused::Busy) => {
                context.done();
                None
            }
            Err(LockRefused::Own) => already_held(context, self.address(), place),
            Err(LockRefused::Poisoned) => refused_as_poisoned(context, self.address()),
            Err(LockRefused::Stopped) => context.leave(),
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    pub(crate) fn word(&self) -> &LockWord {
        &self.word
    }

    pub(crate) fn value_pointer(&self) -> *mut T {
        self.value.get()
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.word.holder().map(|held| held.by);
        f.debug_struct("Lock").field("held_by_rank", &held).field("poisoned", &self.word.is_poisoned()).finish()
    }
}

/// Gives access to the value of a [`Lock`]; the lock is given up when the guard is dropped.
///
/// It dereferences to the value and stays on the worker's thread. No collective may be entered while it is held.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Sum { total: Lock<u64> } }
/// use dsm::LockGuard;
///
/// #[dsm::parallel]
/// fn next(res: Sum) -> u64 {
///     let mut total: LockGuard<'_, u64> = res.total.lock();
///     *total += 1;
///     let mine = *total;
///     drop(total);                            // before the barrier, where the others may need it
///     res.team.barrier();
///     mine
/// }
///
/// let mut cluster = Cluster::with_workers(2, Sum)?;
/// assert_eq!(next(&mut cluster)?.iter().sum::<u64>(), 1 + 2);
/// # Ok::<(), dsm::Error>(())
/// ```
#[must_use = "the lock is given up at once when its guard is dropped"]
pub struct LockGuard<'a, T: Element> {
    lock: &'a Lock<T>,
    context: &'static Context,
    panicking: bool,
}

impl<'a, T: Element> LockGuard<'a, T> {
    #[inline]
    fn new(lock: &'a Lock<T>, context: &'static Context) -> Self {
        reached(Point::LockTaken);
        context.hold();
        LockGuard { lock, context, panicking: std::thread::panicking() }
    }
}

impl<T: Element> Deref for LockGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: this rank holds the lock, so no other has a reference to the value.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: Element> DerefMut for LockGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: Element> Drop for LockGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        reached(Point::LockReleasing);
        self.context.release();
        if std::thread::panicking() && !self.panicking {
            // The value may be half written. In a failed call the word stays as it is, so that the holder can be named;
            // recovery poisons it.
            if !self.context.engine.stopped() {
                self.lock.word.poison(self.context.engine);
            }
        } else {
            self.lock.word.unlock(self.context.engine);
        }
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// The worker's context; a lock is a worker's thing.
#[inline]
pub(super) fn worker(place: &'static Location<'static>) -> &'static Context {
    match current() {
        Some(context) => {
            context.keep_to_one_node("a lock", place);
            context
        }
        None => {
            panic!("{place}: a lock is taken inside a parallel function; the driver uses `get_mut()` of its handle")
        }
    }
}

#[cold]
pub(super) fn already_held(context: &Context, address: usize, place: &'static Location<'static>) -> ! {
    let name = context.base.cell_name(address);
    context.misuse(
        &format!("rank {} locks `{name}`, which it holds already: it would wait for itself for ever", context.rank()),
        place,
    )
}

#[cold]
#[track_caller]
pub(super) fn refused_as_poisoned(context: &Context, address: usize) -> ! {
    let name = context.base.cell_name(address);
    context.refuse(&format!(
        "lock `{name}` is poisoned: a worker failed while holding it and its value may be half written; on the driver, \
         `get_mut()` or `clear_poison()` makes it usable again"
    ))
}
