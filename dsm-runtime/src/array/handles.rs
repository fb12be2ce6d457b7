//! A declared array of locks or flags as the driver sees it.

use std::fmt;
use std::sync::Arc;

use super::cells::Cells;
use super::shared_cell::{DRIVER, SharedCell};
use crate::segment::Segment;

/// A declared array of locks or flags on the driver, between calls: what workers see as a slice of
/// [`Lock`](crate::Lock), [`FairLock`](crate::FairLock) or [`Flag`](crate::Flag).
///
/// They are numbered from 0. In a process other than the one that made the cluster, reaching them panics.
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
