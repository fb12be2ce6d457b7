//! Collectives that carry values. Each writes its own bytes, meets the others, and reads theirs.
//!
//! Bytes alternate between two places, so that a worker still reading those of one collective isn't overwritten by a
//! fast one in the next; the one after that can't begin before the slow one has arrived at the next.

use std::ops::Add;
use std::panic::Location;

use serde::{Serialize, de::DeserializeOwned};

use super::context::Section;
use super::team::Team;
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Place};
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
        let place = Location::caller();
        let context = self.context;
        context.check();
        if root >= self.size() {
            let message = format!("broadcast from rank {root}: there are {} workers, numbered from 0", self.size());
            context.misuse(&message, place);
        }
        context.may_meet(Operation::Broadcast, place);
        let sequence = context.sequence();
        if self.id() == root {
            self.contribute(&x, place);
        }
        let mut identity = Identity::new(Operation::Broadcast, sequence);
        identity.push(root as u64);
        identity.push_type::<T>();
        context.meet(&identity, Operation::Broadcast, place);
        if self.id() == root { x } else { self.contributed(sequence, root, place) }
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
        let place = Location::caller();
        let sequence = self.exchange(Operation::Gather, &x, place);
        (self.id() == 0).then(|| self.collect(sequence, place))
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
        let place = Location::caller();
        let sequence = self.exchange(Operation::AllGather, &x, place);
        self.collect(sequence, place)
    }

    fn fold<T: Serialize + DeserializeOwned>(
        &self,
        operation: Operation,
        x: &T,
        op: impl FnMut(T, T) -> T,
        place: &'static Location<'static>,
    ) -> T {
        let sequence = self.exchange(operation, x, place);
        // All values are read before the operator runs, which may enter collectives of its own.
        match self.collect(sequence, place).into_iter().reduce(op) {
            Some(value) => value,
            None => unreachable!("a team has a worker"),
        }
    }

    /// Writes this worker's value and meets the others; gives the sequence number to read theirs by.
    fn exchange<T: Serialize>(&self, operation: Operation, x: &T, place: &'static Location<'static>) -> u64 {
        let context = self.context;
        context.check();
        // Before anything is written: inside the writing of another value the bytes are in use.
        context.may_meet(operation, place);
        let sequence = context.sequence();
        self.contribute(x, place);
        let mut identity = Identity::new(operation, sequence);
        identity.push_type::<T>();
        context.meet(&identity, operation, place);
        sequence
    }

    fn collect<T: DeserializeOwned>(&self, sequence: u64, place: &'static Location<'static>) -> Vec<T> {
        (0..self.size()).map(|rank| self.contributed(sequence, rank, place)).collect()
    }

    /// Writes this worker's bytes for the collective about to be met in.
    pub(super) fn contribute<T: Serialize>(&self, x: &T, place: &'static Location<'static>) {
        let parity = (self.context.sequence() % 2) as usize;
        let written = self.context.engine.contribute(parity, &mut |buffer| {
            let room = buffer.len();
            self.context.within(Section::Serialize, || postcard::to_slice(x, buffer)).map(|used| used.len()).map_err(
                |source| {
                    Error::new(
                        ErrorKind::Argument,
                        format!(
                            "a `{}` of rank {} can't be sent ({room} bytes of room): {source}",
                            std::any::type_name::<T>(),
                            self.id()
                        ),
                    )
                },
            )
        });
        if let Err(error) = written {
            self.fail(Failure::Argument, &error, place);
        }
    }

    /// Reads a worker's bytes of the collective just met in.
    pub(super) fn contributed<T: DeserializeOwned>(
        &self,
        sequence: u64,
        rank: usize,
        place: &'static Location<'static>,
    ) -> T {
        let bytes = self.context.engine.contribution((sequence % 2) as usize, rank);
        match self.context.within(Section::Serialize, || postcard::from_bytes(bytes)) {
            Ok(value) => value,
            Err(source) => {
                let message = format!("the `{}` of rank {rank} can't be read: {source}", std::any::type_name::<T>());
                self.fail(Failure::Argument, &Error::new(ErrorKind::Argument, message), place)
            }
        }
    }

    #[cold]
    fn fail(&self, failure: Failure, error: &Error, place: &'static Location<'static>) -> ! {
        self.context.engine.report(failure, &error.to_string(), Some(Place::from(place)));
        self.context.engine.fail(failure);
        self.context.leave()
    }
}
