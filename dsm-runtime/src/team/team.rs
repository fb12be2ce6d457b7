//! `Team`: who is in the call, and the collectives that carry no values.

use std::fmt;
use std::marker::PhantomData;
use std::panic::Location;

use super::context::Context;
use crate::identity::{Identity, Operation};
use crate::schedule::{Deal, Indices, Schedule};
use crate::seed::mix;
use crate::view::{Phase, run_phase};

/// The workers of one call. Each finds it as `res.team`.
///
/// A *collective* is entered by every worker, in the same order. When workers meet in different ones, or one returns
/// while others wait, the call fails with an error that names each rank's place. A collective may not be entered with a
/// lock held, or from inside [`critical`](Team::critical), [`master`](Team::master) or [`single`](Team::single). What
/// was written before a collective is visible to all after it.
///
/// It stays on the thread that runs the worker.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
/// fn mean(team: &Team<'_>, block: &ArrayRef1<f64>) -> f64 {
///     let (sum, count) = (team.sum(block.sum()), team.sum(block.len()));
///     sum / count as f64
/// }
///
/// #[dsm::parallel(split(a))]
/// fn centre(mut res: Plain) {
///     let mean = mean(&res.team, &res.a);
///     *res.a -= mean;
/// }
///
/// let mut cluster = Cluster::with_workers(3, Plain)?;
/// cluster.a.assign(&Array1::linspace(1.0, 10.0, 10));
/// centre(&mut cluster)?;
/// assert_eq!(cluster.a.sum(), 0.0);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Team<'w> {
    pub(super) context: &'static Context,
    call: PhantomData<&'w mut ()>,
}

impl<'w> Team<'w> {
    pub(crate) fn new(context: &'static Context) -> Self {
        Team { context, call: PhantomData }
    }

    /// This worker's rank, `0..size()`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn ranks(res: Plain) -> usize {
    ///     res.team.id()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(ranks(&mut cluster)?, [0, 1, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> usize {
        self.context.rank()
    }

    /// How many workers there are.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn is_last(res: Plain) -> bool {
    ///     res.team.id() + 1 == res.team.size()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(is_last(&mut cluster)?, [false, false, true]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.context.size()
    }

    /// Waits until every worker is here. A collective.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { arrived: Atomic<u64> } }
    /// #[dsm::parallel]
    /// fn count_all(res: Plain) -> u64 {
    ///     res.arrived.fetch_add(1);
    ///     res.team.barrier();
    ///     res.arrived.load()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(count_all(&mut cluster)?, [3, 3, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn barrier(&self) {
        self.context.check();
        let identity = Identity::new(Operation::Barrier, self.context.sequence());
        self.context.meet(&identity, Operation::Barrier, Location::caller());
    }

    /// Waits until every worker is here, and changes the modes of arrays: one transition, or a tuple of up to eight;
    /// the new views come in the same order. A collective.
    ///
    /// What was written before is visible to all afterwards. Views are rebuilt from the declaration. The transitions
    /// are the methods of [`View`](crate::View).
    ///
    /// # Panics
    ///
    /// Fails the call when there are more than eight transitions, nested tuples counted through, or when a range of
    /// [`split_at`](crate::View::split_at) lies outside the array or overlaps another worker's.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// dsm::shared! { struct Pair { a: [usize; 4], b: [usize; 4] } }
    ///
    /// #[dsm::parallel(split(a, b))]
    /// fn shift(mut res: Pair) {
    ///     let mine = res.a.range();
    ///     res.a.assign(&Array1::from_iter(mine.clone()));
    ///     let a = res.team.phase(res.a.publish());            // now everybody may read all of it
    ///     for (b, i) in res.b.iter_mut().zip(mine) {
    ///         *b = a[(i + 1) % a.len()];                      // over the edge of the block, too
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Pair)?;
    /// shift(&mut cluster)?;
    /// assert_eq!(*cluster.b, array![1, 2, 3, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn phase<'v, P: Phase<'v>>(&self, transitions: P) -> P::Views {
        run_phase(self.context, transitions, Location::caller())
    }

    /// The indices of `0..n` that a schedule deals to this worker: disjoint, covering, parts differing by at most one
    /// (for `Cyclic(k)`, by at most `k`).
    ///
    /// `Block` and `Cyclic` are arithmetic. `Random` is a collective, and a new permutation each time, the same for all
    /// workers, reproducible from the cluster's seed. `Dynamic` and `Guided` deal nothing beforehand: use
    /// [`for_each`](Team::for_each).
    ///
    /// # Panics
    ///
    /// When the schedule is `Cyclic(0)`, `Dynamic` or `Guided`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn sum_of_squares(res: Plain, n: usize) -> usize {
    ///     let mine = res.team.split_indices(n, Schedule::Cyclic(1));
    ///     res.team.sum(mine.map(|i| i * i).sum::<usize>())
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(sum_of_squares(&mut cluster, 5)?, [30, 30]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split_indices(&self, n: usize, schedule: Schedule) -> Indices {
        self.context.check();
        if let Err(message) = schedule.check() {
            panic!("{message}");
        }
        if schedule.portion().is_some() {
            panic!(
                "`split_indices` can't deal by `{schedule}`, which hands indices out as workers ask: use `team.for_each`"
            );
        }
        let seed = mix(&[self.context.seed.get(), self.context.sequence(), 1]);
        if schedule == Schedule::Random {
            let mut identity = Identity::new(Operation::SplitIndices, self.context.sequence());
            identity.push(n as u64);
            identity.push(seed);
            self.context.meet(&identity, Operation::SplitIndices, Location::caller());
        }
        Deal::new(schedule, n, self.size(), self.id(), seed).indices()
    }
}

impl fmt::Debug for Team<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Team").field("id", &self.id()).field("size", &self.size()).finish()
    }
}
