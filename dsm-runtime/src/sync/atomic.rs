//! Atomic values in shared memory: a single `Atomic<T>` field, or the elements of an array in `atomic` mode.
//!
//! Read-modify-write operations and loads acquire, writes release: what a worker wrote before it stored is visible to
//! the worker that loads the value. Integers wrap around on overflow, as std's atomics do.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt;

use super::atomic_element::{AtomicBits, AtomicElement, AtomicNumber};
use super::elsewhere::{self, elsewhere, number, value};

/// A value that every worker may change at any time, one operation at once.
///
/// Declared as `hits: Atomic<u64>` it is a field of every resource struct, and a [`Handle`](crate::Handle) on the
/// driver; an array named in `atomic(…)` dereferences to an ndarray of these. Loads acquire, stores release, and the
/// operations that do both do both: what a worker wrote before it stored is visible to the worker that loads the value.
/// Integers wrap around on overflow, as std's atomics do.
///
/// Unlike locks and collectives, these operations don't look whether the call has failed: a worker that goes on
/// spinning on one is killed after the grace period, and replaced.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Count { even: Atomic<u64> } }
///
/// #[dsm::parallel]
/// fn count(res: Count, n: usize) {
///     for i in res.team.split_indices(n, Schedule::Block) {
///         if i % 2 == 0 {
///             res.even.fetch_add(1);
///         }
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(4, Count)?;
/// count(&mut cluster, 100)?;
/// assert_eq!(cluster.even.get(), 50);
/// # Ok::<(), dsm::Error>(())
/// ```
#[repr(transparent)]
pub struct Atomic<T>(pub(super) UnsafeCell<T>);

// SAFETY: every access goes through a hardware atomic of the value's size and alignment.
unsafe impl<T: AtomicElement> Sync for Atomic<T> {}

impl<T: AtomicElement> Atomic<T> {
    /// The present value.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { stop: Atomic<bool> } }
    /// #[dsm::parallel]
    /// fn found(res: Work) -> bool {
    ///     res.stop.load()
    /// }
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// assert_eq!(found(&mut cluster)?, [false, false]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn load(&self) -> T {
        match elsewhere(self, elsewhere::load::<T>, [0; 2]) {
            Some([found, _]) => value(found),
            None => T::load(self),
        }
    }

    /// Sets the value.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { last: Atomic<usize> } }
    /// #[dsm::parallel]
    /// fn claim(res: Work) {
    ///     res.last.store(res.id);
    /// }
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// claim(&mut cluster)?;
    /// assert!(cluster.last.get() < 2);            // whoever came last
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn store(&self, value: T) {
        if elsewhere(self, elsewhere::store::<T>, [number(value), 0]).is_none() {
            T::store(self, value);
        }
    }

    /// Sets the value and gives the one before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { taken: Atomic<bool> } }
    /// #[dsm::parallel]
    /// fn take(res: Work) -> bool {
    ///     !res.taken.swap(true)
    /// }
    /// let mut cluster = Cluster::with_workers(4, Work)?;
    /// let took = take(&mut cluster)?;
    /// assert_eq!(took.iter().filter(|&&took| took).count(), 1);    // one worker only
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn swap(&self, value: T) -> T {
        match elsewhere(self, elsewhere::swap::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::swap(self, value),
        }
    }

    /// Sets the value to `new` if it is `current`; gives the value found, in `Err` when it was another.
    ///
    /// Floats are compared by their bits, so a NaN equals itself and 0.0 differs from -0.0.
    ///
    /// # Errors
    ///
    /// The value found, when it was not `current`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { owner: Atomic<usize> } }
    /// #[dsm::parallel]
    /// fn own(res: Work) -> bool {
    ///     res.owner.compare_exchange(0, res.id + 1).is_ok()
    /// }
    /// let mut cluster = Cluster::with_workers(4, Work)?;
    /// let owns = own(&mut cluster)?;
    /// assert!(owns[cluster.owner.get() - 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn compare_exchange(&self, current: T, new: T) -> Result<T, T> {
        match elsewhere(self, elsewhere::compare_exchange::<T>, [number(current), number(new)]) {
            Some([before, 1]) => Ok(value(before)),
            Some([found, _]) => Err(value(found)),
            None => T::compare_exchange(self, current, new),
        }
    }

    /// Replaces the value by `f` of it, trying again while others interfere; gives the value before.
    ///
    /// `f` may run several times.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { product: Atomic<f64> } }
    /// #[dsm::parallel]
    /// fn multiply(res: Work) {
    ///     res.product.fetch_update(|product| product * 2.0);
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// cluster.product.set(1.0);
    /// multiply(&mut cluster)?;
    /// assert_eq!(cluster.product.get(), 8.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_update(&self, mut f: impl FnMut(T) -> T) -> T {
        let mut current = self.load();
        loop {
            match self.compare_exchange(current, f(current)) {
                Ok(before) => return before,
                Err(found) => current = found,
            }
        }
    }
}

impl<T: AtomicNumber> Atomic<T> {
    /// Adds and gives the value before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { next: Atomic<usize> } }
    /// #[dsm::parallel]
    /// fn ticket(res: Work) -> usize {
    ///     res.next.fetch_add(1)
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// let mut tickets = ticket(&mut cluster)?;
    /// tickets.sort();
    /// assert_eq!(tickets, [0, 1, 2]);             // each worker its own
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_add(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_add::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_add(self, value),
        }
    }

    /// Subtracts and gives the value before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { left: Atomic<usize> } }
    /// #[dsm::parallel]
    /// fn finish(res: Work) -> bool {
    ///     res.left.fetch_sub(1) == 1
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// cluster.left.set(3);
    /// let last = finish(&mut cluster)?;
    /// assert_eq!(last.iter().filter(|&&last| last).count(), 1);    // one worker was the last
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_sub(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_sub::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_sub(self, value),
        }
    }

    /// Keeps the smaller of the two and gives the value before. Of a number and NaN the number is kept.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { nearest: Atomic<f64> } }
    /// #[dsm::parallel]
    /// fn search(res: Work) {
    ///     res.nearest.fetch_min(10.0 - res.id as f64);
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// cluster.nearest.set(f64::INFINITY);
    /// search(&mut cluster)?;
    /// assert_eq!(cluster.nearest.get(), 8.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_min(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_min::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_min(self, value),
        }
    }

    /// Keeps the greater of the two and gives the value before. Of a number and NaN the number is kept.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { longest: Atomic<u32> } }
    /// #[dsm::parallel]
    /// fn measure(res: Work) {
    ///     res.longest.fetch_max(res.id as u32 * 5);
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// measure(&mut cluster)?;
    /// assert_eq!(cluster.longest.get(), 10);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_max(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_max::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_max(self, value),
        }
    }
}

impl<T: AtomicBits> Atomic<T> {
    /// Bitwise (for bool: logical) and; gives the value before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { all_positive: Atomic<bool> } }
    /// #[dsm::parallel]
    /// fn check(res: Work) {
    ///     res.all_positive.fetch_and(res.id > 0);
    /// }
    /// let mut cluster = Cluster::with_workers(2, Work)?;
    /// cluster.all_positive.set(true);
    /// check(&mut cluster)?;
    /// assert!(!cluster.all_positive.get());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_and(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_and::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_and(self, value),
        }
    }

    /// Bitwise (for bool: logical) or; gives the value before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { seen: Atomic<u64> } }
    /// #[dsm::parallel]
    /// fn mark(res: Work) {
    ///     res.seen.fetch_or(1 << res.id);
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// mark(&mut cluster)?;
    /// assert_eq!(cluster.seen.get(), 0b111);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_or(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_or::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_or(self, value),
        }
    }

    /// Bitwise (for bool: logical) exclusive or; gives the value before.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Work { parity: Atomic<bool> } }
    /// #[dsm::parallel]
    /// fn toggle(res: Work) {
    ///     res.parity.fetch_xor(true);
    /// }
    /// let mut cluster = Cluster::with_workers(3, Work)?;
    /// toggle(&mut cluster)?;
    /// assert!(cluster.parity.get());              // an odd number of workers
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    pub fn fetch_xor(&self, value: T) -> T {
        match elsewhere(self, elsewhere::fetch_xor::<T>, [number(value), 0]) {
            Some([before, _]) => self::value(before),
            None => T::fetch_xor(self, value),
        }
    }
}

impl<T: AtomicElement + fmt::Debug> fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Atomic").field(&self.load()).finish()
    }
}
