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
/// lock held, or from inside [`critical`](Team::critical), [`master`](Team::master) or [`single`](Team::single).
///
/// It stays on the thread that runs the worker.
///
/// ```
/// use dsm::Team;
/// fn mean(team: &Team<'_>, mine: f64) -> f64 {
///     team.sum(mine) / team.size() as f64
/// }
/// ```
pub struct Team<'w> {
    pub(super) context: &'static Context,
    call: PhantomData<(&'w mut (), *const ())>,
}

impl<'w> Team<'w> {
    pub(crate) fn new(context: &'static Context) -> Self {
        Team { context, call: PhantomData }
    }

    /// This worker's rank, `0..size()`.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn is_last(team: &Team<'_>) -> bool {
    ///     team.id() + 1 == team.size()
    /// }
    /// ```
    #[must_use]
    pub fn id(&self) -> usize {
        self.context.rank()
    }

    /// How many workers there are.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn share(team: &Team<'_>, whole: f64) -> f64 {
    ///     whole / team.size() as f64
    /// }
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.context.size()
    }

    /// Waits until every worker is here. A collective.
    ///
    /// ```
    /// # use dsm::{Atomic, Team};
    /// fn count_all(team: &Team<'_>, arrived: &Atomic<u64>) -> u64 {
    ///     arrived.fetch_add(1);
    ///     team.barrier();
    ///     arrived.load()
    /// }
    /// ```
    #[track_caller]
    pub fn barrier(&self) {
        self.context.check();
        let identity = Identity::new(Operation::Barrier, self.context.sequence());
        self.context.meet(&identity, Operation::Barrier, Location::caller());
    }

    /// Waits until every worker is here, and changes the modes of arrays: one transition, or a tuple of up to eight. A
    /// collective.
    ///
    /// What was written before is visible to all afterwards. Views are rebuilt from the declaration.
    ///
    /// ```
    /// use dsm::{Split, Team, View};
    /// use ndarray::Ix1;
    /// fn largest(team: &Team<'_>, mut c: Split<'_, f64, Ix1>) -> f64 {
    ///     c.mapv_inplace(f64::abs);
    ///     let all = team.phase(c.publish());
    ///     all.iter().copied().fold(0.0, f64::max)
    /// }
    /// ```
    #[track_caller]
    pub fn phase<'v, P: Phase<'v>>(&self, transitions: P) -> P::Views {
        run_phase(self.context, transitions, Location::caller())
    }

    /// The indices of `0..n` that a schedule deals to this worker: disjoint, covering, parts differing by at most one
    /// (for `Cyclic(k)`, by at most `k`).
    ///
    /// `Block` and `Cyclic` are arithmetic. `Random` is a collective, and a new permutation each time, the same for all
    /// workers, reproducible from the cluster's seed.
    ///
    /// # Panics
    ///
    /// When the schedule is `Cyclic(0)`.
    ///
    /// ```
    /// use dsm::{Schedule, Team};
    /// fn squares(team: &Team<'_>, n: usize) -> usize {
    ///     team.split_indices(n, Schedule::Block).map(|i| i * i).sum()
    /// }
    /// ```
    #[track_caller]
    pub fn split_indices(&self, n: usize, schedule: Schedule) -> Indices {
        self.context.check();
        if let Err(message) = schedule.check() {
            panic!("{message}");
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
