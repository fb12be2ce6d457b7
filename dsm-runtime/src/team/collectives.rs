//! Collectives of the team that carry values.
//!
//! Bytes alternate between two places, so that a worker still reading those of one collective isn't overwritten by a
//! fast one in the next; the one after that can't begin before the slow one has arrived at the next.

use std::ops::Add;
use std::panic::Location;

use serde::{Serialize, de::DeserializeOwned};

use super::context::Context;
use super::group::Group;
use super::team::Team;
use crate::identity::{Identity, Operation};

impl Team<'_> {
    /// Combines every worker's `x` in rank order by an associative operator, and gives the result to all. A collective.
    ///
    /// The order is fixed, so floating-point results are the same each time for one number of workers.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn factorial(res: Plain) -> u64 {
    ///     res.team.reduce(res.id as u64 + 1, |a, b| a * b)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(4, Plain)?;
    /// assert_eq!(factorial(&mut cluster)?, [24, 24, 24, 24]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> T {
        self.fold(Operation::Reduce, &x, op, Location::caller())
    }

    /// The sum of every worker's `x`, added in rank order and given to all. A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn norm(res: Plain) -> f64 {
    ///     res.team.sum(res.a.iter().map(|x| x * x).sum::<f64>()).sqrt()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.a.slice_mut(s![3..7]).fill(1.5);
    /// assert_eq!(norm(&mut cluster)?, [3.0, 3.0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn sum<T: Serialize + DeserializeOwned + Add<Output = T>>(&self, x: T) -> T {
        self.fold(Operation::Sum, &x, |a, b| a + b, Location::caller())
    }

    /// The least of every worker's `x`, given to all. Of values that don't compare (NaN), the lower rank's is kept. A
    /// collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn first_negative(res: Plain) -> Option<usize> {
    ///     let mut mine = res.a.iter().zip(res.a.range()).filter(|(x, _)| **x < 0.0).map(|(_, i)| i);
    ///     let first = res.team.min(mine.next().unwrap_or(usize::MAX));
    ///     (first < usize::MAX).then_some(first)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(first_negative(&mut cluster)?, [None, None]);
    /// cluster.a[7] = -1.0;
    /// assert_eq!(first_negative(&mut cluster)?, [Some(7), Some(7)]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn min<T: Serialize + DeserializeOwned + PartialOrd>(&self, x: T) -> T {
        self.fold(Operation::Min, &x, |a, b| if b < a { b } else { a }, Location::caller())
    }

    /// The greatest of every worker's `x`, given to all. Of values that don't compare (NaN), the lower rank's is kept.
    /// A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn largest(res: Plain) -> f64 {
    ///     res.team.max(res.a.iter().fold(0.0, |most: f64, x| most.max(x.abs())))
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.a[7] = -4.0;
    /// assert_eq!(largest(&mut cluster)?, [4.0, 4.0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn max<T: Serialize + DeserializeOwned + PartialOrd>(&self, x: T) -> T {
        self.fold(Operation::Max, &x, |a, b| if b > a { b } else { a }, Location::caller())
    }

    /// Gives rank `root`'s `x` to all; the others' `x` are dropped. A collective.
    ///
    /// # Panics
    ///
    /// Fails the call when there is no rank `root`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn agree(res: Plain) -> String {
    ///     res.team.broadcast(1, format!("rank {} says so", res.id))
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(agree(&mut cluster)?, ["rank 1 says so", "rank 1 says so"]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn broadcast<T: Serialize + DeserializeOwned>(&self, root: usize, x: T) -> T {
        self.broadcast_from(root, x, Location::caller())
    }

    /// Gives every worker's `x`, in rank order, to rank 0; the others get `None`. A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(split(a))]
    /// fn shares(res: Plain) -> Option<Vec<usize>> {
    ///     res.team.gather(res.a.len())
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(shares(&mut cluster)?, [Some(vec![4, 3, 3]), None, None]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn gather<T: Serialize + DeserializeOwned>(&self, x: T) -> Option<Vec<T>> {
        let members = if self.id() == 0 { self.size() } else { 0 };
        let values = self.of(Operation::Gather, &x, 0..members, Location::caller());
        (self.id() == 0).then_some(values)
    }

    /// Gives every worker's `x`, in rank order, to all. A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn offset(res: Plain, found: Vec<usize>) -> usize {
    ///     res.team.all_gather(found[res.id])[..res.id].iter().sum()    // how many the ranks before this one found
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(offset(&mut cluster, vec![5, 2, 4])?, [0, 5, 7]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn all_gather<T: Serialize + DeserializeOwned>(&self, x: T) -> Vec<T> {
        self.all(Operation::AllGather, &x, Location::caller())
    }

    /// Combines the workers' `x` in rank order up to this worker's own, by an associative operator: an inclusive scan. A
    /// collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn so_far(res: Plain, found: Vec<usize>) -> usize {
    ///     res.team.scan(found[res.id], |a, b| a + b)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(so_far(&mut cluster, vec![5, 2, 4])?, [5, 7, 11]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn scan<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> T {
        match self.scanned(Operation::Scan, &x, self.id() + 1, op, Location::caller()) {
            Some(value) => value,
            None => unreachable!("a scan has this worker's value"),
        }
    }

    /// Combines the `x` of the workers before this one in rank order, by an associative operator; rank 0 gets `None`, since
    /// there is none before it. A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn offset(res: Plain, found: Vec<usize>) -> usize {
    ///     res.team.exclusive_scan(found[res.id], |a, b| a + b).unwrap_or(0)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(offset(&mut cluster, vec![5, 2, 4])?, [0, 5, 7]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn exclusive_scan<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> Option<T> {
        self.scanned(Operation::ExclusiveScan, &x, self.id(), op, Location::caller())
    }
}

impl Group for Team<'_> {
    fn context(&self) -> &'static Context {
        self.context
    }

    fn members(&self) -> usize {
        self.context.size()
    }

    fn own(&self) -> usize {
        self.context.rank()
    }

    fn rank_of(&self, member: usize) -> usize {
        member
    }

    fn next(&self) -> u64 {
        self.context.sequence()
    }

    fn bytes_of(&self, sequence: u64) -> usize {
        (sequence % 2) as usize
    }

    fn identity(&self, operation: Operation) -> Identity {
        Identity::new(operation, self.context.sequence())
    }

    fn meet(&self, identity: &Identity, operation: Operation, place: &'static Location<'static>) {
        self.context.meet(identity, operation, place);
    }

    fn have_read(&self, _: Operation, _: &'static Location<'static>) {}

    fn first(&self, sequence: u64) -> bool {
        self.context.engine.first(sequence)
    }
}
