//! `Map`: jobs, and how they are to be run.

use std::fmt;
use std::time::Duration;

use super::on_error::{OnError, Stop};
use super::plan::Plan;
use super::progress::Progress;
use super::source::{Jobs, Listed, Streamed};
use crate::cluster::WaitPolicy;
use crate::schedule::Schedule;

/// Jobs for worker processes of their own, one for each item: the map-reduce face of dsm.
///
/// Nothing runs until [`run`](Map::run) or one of its kin is called. That forks the workers, so that the closure and the
/// jobs may hold anything, whether or not it can be sent to a thread: each worker finds this process's memory as of that
/// moment, and what it changes there is its own. Only results travel, through shared memory. They come in the order of
/// the jobs, whichever worker is done first. When the last is there, or one fails, the workers are ended and their
/// memory is gone.
///
/// ```
/// let text = ["to be", "or not", "to be"].map(str::to_owned);     // captured, not sent
/// let lengths = dsm::map(0..3).workers(2).run(|_, line| text[line].len())?;
/// assert_eq!(lengths, [5, 6, 5]);
/// # Ok::<(), dsm::Error>(())
/// ```
///
/// The jobs are collected first; use [`stream`](crate::stream) for those that are too many. A job and its captured values
/// are copies in each worker: dropped there, they are still dropped here. A closure can't change what it captures, since
/// that would be lost with the worker; state goes into [`init`](Map::init).
pub fn map<I: IntoIterator>(jobs: I) -> Map<Listed<I::Item>> {
    Map::new(Listed::new(jobs))
}

/// As [`map`](map()), for items that come one by one, or never end: this process serves them while its workers work.
///
/// Items are sent to the workers, so they must be `Serialize + DeserializeOwned`. At most 64 wait for a worker, and at most 1024
/// are under way beyond the first whose result is still missing; until then the iterator isn't asked. While it blocks,
/// results wait.
///
/// ```
/// use std::cell::Cell;
///
/// let enough = Cell::new(false);
/// let squares = (0_u64..).map(|x| x * x).take_while(|_| !enough.get());
/// let mut sum = 0;
/// dsm::stream(squares).workers(2).run_each(|_, x| x + 1, |_, y| {
///     sum += y;
///     enough.set(sum > 1000);                 // here, where the iterator is asked, too
/// })?;
/// assert!(sum > 1000);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn stream<I: IntoIterator>(items: I) -> Map<Streamed<I::IntoIter>> {
    Map::new(Streamed::new(items.into_iter()))
}

/// Jobs, and how they are to be run; from [`map`](map()) or [`stream`].
///
/// ```
/// use std::time::Duration;
///
/// let map = dsm::map(0..100).workers(2).seed(7).deadline(Duration::from_secs(60)).init(|| vec![0_u8; 1000]);
/// assert_eq!(map.run(|ctx, job| ctx.local().len() + job)?[99], 1099);
/// # Ok::<(), dsm::Error>(())
/// ```
#[must_use = "nothing runs until `run` or one of its kin is called"]
pub struct Map<J, N = fn(), P = Stop> {
    pub(super) jobs: J,
    pub(super) plan: Plan,
    pub(super) init: N,
    policy: P,
}

impl<J> Map<J> {
    fn new(jobs: J) -> Self {
        Map { jobs, plan: Plan::default(), init: || (), policy: Stop }
    }
}

impl<J: Jobs, N, P: OnError> Map<J, N, P> {
    /// How many workers, 1 to 1024; never more than jobs.
    ///
    /// With `None`, and unless this is called, the first that is set of `DSM_NUM_WORKERS`, `OMP_NUM_THREADS`,
    /// `PBS_NUM_PPN` and `SLURM_CPUS_PER_TASK` says, else there are as many as this process may use cores.
    ///
    /// ```
    /// let asked: Option<usize> = Some(2);         // from the command line, say
    /// assert_eq!(dsm::map(0..9).workers(asked).run(|ctx, _| ctx.workers())?, [2; 9]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.plan.workers = workers.into();
        self
    }

    /// What makes each worker's own state, before its first job; jobs reach it by
    /// [`JobContext::local`](crate::JobContext::local).
    ///
    /// ```
    /// let words = ["a", "b", "a", "c"];
    /// let lines = dsm::map(words).workers(2).init(String::new).run(|ctx, word| {
    ///     let mut buffer = ctx.local();           // allocated once per worker
    ///     buffer.clear();
    ///     buffer.push_str(word);
    ///     buffer.push('!');
    ///     buffer.clone()
    /// })?;
    /// assert_eq!(lines, ["a!", "b!", "a!", "c!"]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn init<S, M: Fn() -> S>(self, init: M) -> Map<J, M, P> {
        let Map { jobs, plan, policy, .. } = self;
        Map { jobs, plan, init, policy }
    }

    /// What the error that a job returns does, in [`try_run`](Map::try_run) and [`try_run_each`](Map::try_run_each):
    /// [`Stop`], the default, ends the map, and with [`Skip`](crate::Skip) it takes the place of the result.
    ///
    /// ```
    /// let halves = dsm::map([4, 5, 6]).workers(2).on_error(dsm::Skip).try_run(|_, x| {
    ///     if x % 2 == 0 { Ok(x / 2) } else { Err(format!("{x} is odd")) }
    /// })?;
    /// assert_eq!((&halves[0], &halves[2]), (&Ok(2), &Ok(3)));
    /// assert_eq!(halves[1].as_ref().unwrap_err().message(), "5 is odd");
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn on_error<Q: OnError>(self, policy: Q) -> Map<J, N, Q> {
        let Map { jobs, plan, init, .. } = self;
        Map { jobs, plan, init, policy }
    }

    /// Shows progress on standard error while the map runs, if that is a terminal: by a label, or a bar of the caller's
    /// own.
    ///
    /// A bar that ticks by itself has a thread of its own, which the fork is refused for.
    ///
    /// ```
    /// let cubes = dsm::map(0..1000_u64).workers(2).progress("cubes").run(|_, x| x * x * x)?;
    /// assert_eq!(cubes[10], 1000);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn progress(mut self, progress: impl Into<Progress>) -> Self {
        self.plan.progress = Some(progress.into());
        self
    }

    /// The seed of [`JobContext::rng`](crate::JobContext::rng) and of [`Schedule::Random`]; 0 unless set.
    ///
    /// ```
    /// use dsm::prelude::*;
    /// let draw = |seed| dsm::map(0..3).workers(2).seed(seed).run(|ctx, _| ctx.rng().random::<u64>());
    /// assert_eq!(draw(1)?, draw(1)?);
    /// assert_ne!(draw(1)?, draw(2)?);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.plan.seed = seed;
        self
    }

    /// How long the map may take; one that still runs then fails with [`ErrorKind::Deadline`](crate::ErrorKind). No limit
    /// unless set.
    ///
    /// The closures that run in this process aren't interrupted.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let map = dsm::map(0..2).workers(2).deadline(Duration::from_millis(50)).grace(Duration::from_millis(10));
    /// let error = map.run(|_, _| std::thread::sleep(Duration::from_secs(60))).unwrap_err();
    /// assert_eq!(error.kind(), dsm::ErrorKind::Deadline);
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.plan.deadline = Some(deadline);
        self
    }

    /// How long the other workers of a map that has failed may take to end their jobs before they are killed; half a
    /// second unless set.
    ///
    /// ```
    /// # use std::time::{Duration, Instant};
    /// let begun = Instant::now();
    /// let error = dsm::map(0..2).workers(2).grace(Duration::from_millis(10)).run(|_, job| {
    ///     assert_ne!(job, 1, "no input");
    ///     std::thread::sleep(Duration::from_secs(60));
    /// });
    /// assert_eq!(error.unwrap_err().job(), Some(1));
    /// assert!(begun.elapsed().as_secs() < 30);        // the other was killed in its sleep
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.plan.grace = grace;
        self
    }

    /// Lets workers be forked while this process has other threads, which is an error otherwise; see
    /// [`Builder::allow_threads`](crate::Builder::allow_threads).
    ///
    /// ```
    /// let (_stop, stopped) = std::sync::mpsc::channel::<()>();
    /// std::thread::spawn(move || stopped.recv());
    ///
    /// let refused = dsm::map(0..2).workers(2).run(|_, job| job).unwrap_err();
    /// assert_eq!(refused.kind(), dsm::ErrorKind::Threads);
    /// assert_eq!(dsm::map(0..2).workers(2).allow_threads().run(|_, job| job)?, [0, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn allow_threads(mut self) -> Self {
        self.plan.allow_threads = true;
        self
    }

    /// What waiting processes do with their core; see [`Builder::wait_policy`](crate::Builder::wait_policy).
    ///
    /// ```
    /// let sums = dsm::map(0..4).workers(2).wait_policy(dsm::WaitPolicy::Passive).run(|_, x| x + x)?;
    /// assert_eq!(sums, [0, 2, 4, 6]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn wait_policy(mut self, policy: WaitPolicy) -> Self {
        self.plan.wait_policy = Some(policy);
        self
    }

    /// Runs the jobs in the caller, one after the other, so that a debugger steps through them; so does
    /// `DSM_BACKEND=serial`, and `DSM_BACKEND=thread`, since closures may hold what no other thread may use.
    ///
    /// Panics become errors here, too; deaths don't. Results aren't sent, and what a job changes in this process stays.
    ///
    /// ```
    /// let here = std::process::id();
    /// assert_eq!(dsm::map(0..2).serial().run(|_, _| std::process::id())?, [here, here]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn serial(mut self) -> Self {
        self.plan.serial = true;
        self
    }
}

impl<T, N, P: OnError> Map<Listed<T>, N, P> {
    /// How jobs are dealt to workers. Unless this is called, each worker that asks
    /// gets the next one, as under `Schedule::Dynamic(1)`.
    ///
    /// ```
    /// use dsm::Schedule;
    ///
    /// let ranks = dsm::map(0..6).workers(2).schedule(Schedule::Cyclic(1)).run(|ctx, _| ctx.rank())?;
    /// assert_eq!(ranks, [0, 1, 0, 1, 0, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.plan.schedule = Some(schedule);
        self
    }
}

impl<J: fmt::Debug, N, P: fmt::Debug> fmt::Debug for Map<J, N, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("jobs", &self.jobs)
            .field("plan", &self.plan)
            .field("on_error", &self.policy)
            .finish_non_exhaustive()
    }
}
