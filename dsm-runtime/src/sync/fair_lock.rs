//! `FairLock<T>`: a lock granted in order of request.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::LockRefused;
use super::TicketWords;
use super::lock::{already_held, refused_as_poisoned, worker};
use crate::element::Element;
use crate::point::{Point, reached};
use crate::team::{Context, Doing};

/// A lock that owns the value it guards and is granted in order of request.
///
/// It costs more than [`Lock`](crate::Lock) when workers outnumber cores, since the one whose turn it is may not be
/// running; use it where starvation or order matters.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Queue(n: usize) { next: FairLock<usize>, done: [u32; n] } }
///
/// #[dsm::parallel(atomic(done))]
/// fn work(res: Queue) {
///     loop {
///         let mut next = res.next.lock();
///         let job = *next;
///         *next += 1;
///         drop(next);
///         let Some(done) = res.done.get(job) else { return };
///         done.fetch_add(1);
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(3, Queue { n: 50 })?;
/// work(&mut cluster)?;
/// assert!(cluster.done.iter().all(|&times| times == 1));
/// # Ok::<(), dsm::Error>(())
/// ```
#[repr(C, align(64))]
pub struct FairLock<T> {
    words: TicketWords,
    value: UnsafeCell<T>,
}

impl<T: Element> FairLock<T> {
    /// Takes the lock after all who asked before; it is given up when the guard is dropped.
    ///
    /// # Panics
    ///
    /// Outside a parallel function, and when the lock is poisoned: a worker panicked, died or failed its call while
    /// holding it. The driver clears it by `clear_poison()` or `get_mut()`. Locking a lock this worker holds already
    /// fails the call.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Log { next: FairLock<usize> } }
    /// #[dsm::parallel]
    /// fn take(res: Log) -> usize {
    ///     let mut next = res.next.lock();
    ///     *next += 1;
    ///     *next
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Log)?;
    /// assert_eq!(take(&mut cluster)?.iter().sum::<usize>(), 1 + 2 + 3);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn lock(&self) -> FairLockGuard<'_, T> {
        let place = Location::caller();
        let context = worker(place);
        context.check();
        context.note(Doing::Locking(self.address()), place);
        match self.words.lock(context.rank(), context.engine) {
            Ok(()) => {
                context.done();
                FairLockGuard::new(self, context)
            }
            Err(LockRefused::Own) => already_held(context, self.address(), place),
            Err(LockRefused::Poisoned) => refused_as_poisoned(context, self.address()),
            Err(LockRefused::Stopped | LockRefused::Busy) => context.leave(),
        }
    }

    /// Takes the lock if it is free and nobody waits for it; `None` otherwise, or when this worker holds it.
    ///
    /// # Panics
    ///
    /// When the lock is poisoned, or outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Log { next: FairLock<usize> } }
    /// #[dsm::parallel]
    /// fn take(res: Log) -> Option<usize> {
    ///     let mut next = res.next.try_lock()?;
    ///     *next += 1;
    ///     Some(*next)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(1, Log)?;
    /// assert_eq!(take(&mut cluster)?, [Some(1)]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn try_lock(&self) -> Option<FairLockGuard<'_, T>> {
        let context = worker(Location::caller());
        context.check();
        match self.words.try_lock(context.rank(), context.engine) {
            Ok(()) => Some(FairLockGuard::new(self, context)),
            Err(LockRefused::Poisoned) => refused_as_poisoned(context, self.address()),
            Err(_) => None,
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }

    pub(crate) fn words(&self) -> &TicketWords {
        &self.words
    }

    pub(crate) fn value_pointer(&self) -> *mut T {
        self.value.get()
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for FairLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.words.holder().map(|held| held.by);
        f.debug_struct("FairLock").field("held_by_rank", &held).field("poisoned", &self.words.is_poisoned()).finish()
    }
}

/// Gives access to the value of a [`FairLock`]; the next in line gets the lock when the guard is dropped.
///
/// It dereferences to the value and stays on the worker's thread. No collective may be entered while it is held.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Log { next: FairLock<usize> } }
/// use dsm::FairLockGuard;
///
/// #[dsm::parallel]
/// fn double(res: Log) {
///     let mut value: FairLockGuard<'_, usize> = res.next.lock();
///     *value *= 2;
/// }
///
/// let mut cluster = Cluster::with_workers(3, Log)?;
/// cluster.next.set(1);
/// double(&mut cluster)?;
/// assert_eq!(cluster.next.get(), 8);
/// # Ok::<(), dsm::Error>(())
/// ```
#[must_use = "the lock is given up at once when its guard is dropped"]
pub struct FairLockGuard<'a, T: Element> {
    lock: &'a FairLock<T>,
    context: &'static Context,
    panicking: bool,
}

impl<'a, T: Element> FairLockGuard<'a, T> {
    fn new(lock: &'a FairLock<T>, context: &'static Context) -> Self {
        reached(Point::LockTaken);
        context.hold();
        FairLockGuard { lock, context, panicking: std::thread::panicking() }
    }
}

impl<T: Element> Deref for FairLockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this rank holds the lock, so no other has a reference to the value.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: Element> DerefMut for FairLockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: Element> Drop for FairLockGuard<'_, T> {
    fn drop(&mut self) {
        reached(Point::LockReleasing);
        self.context.release();
        if std::thread::panicking() && !self.panicking {
            // In a failed call the words stay as they are, so that the holder can be named; recovery poisons the lock.
            if !self.context.engine.stopped() {
                self.lock.words.poison(self.context.engine);
            }
        } else {
            self.lock.words.unlock(self.context.engine);
        }
    }
}

impl<T: Element + fmt::Debug> fmt::Debug for FairLockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
