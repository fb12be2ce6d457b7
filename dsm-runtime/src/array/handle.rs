//! A declared lock, flag or atomic as the driver sees it.

use std::fmt;
use std::sync::Arc;

use super::cells::Cells;
use super::shared_cell::{DRIVER, SharedCell};
use crate::segment::Segment;

/// A declared lock, flag or atomic on the driver, between calls: what workers see as
/// [`Lock`](crate::Lock), [`FairLock`](crate::FairLock), [`Atomic`](crate::Atomic) or [`Flag`](crate::Flag).
///
/// The value is zero when the cluster is made and stays from call to call; that of a flag is what the last call has come
/// to, and zero again when the next begins. In a process other than the one that made
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

    /// Whether a worker failed while it held the lock; `false` for what is no lock.
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
