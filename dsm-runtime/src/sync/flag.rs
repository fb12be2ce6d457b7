//! `Flag`: a number that one worker posts and others wait for.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use super::{FlagWord, Outcome};
use crate::team::{Context, Doing, current};

/// A number that only rises: a worker posts how far it has come, others wait until it has come as far as they need.
///
/// Made for pipelines, where a worker waits for its neighbour only. Declared as `ready: Flag` or `done: [Flag; n]` it is
/// a field of every resource struct; on the driver, a [`Handle`](crate::Handle) or [`Handles`](crate::Handles) shows
/// the number that the last call has come to. Flags live in shared memory only: none can be made by hand.
///
/// Every flag is 0 when a call begins, whatever the last one has posted. What a worker wrote before it posted is visible
/// to the worker that has waited for it. When nothing can ever move, because a number that all wait for is posted by
/// nobody, the call fails with [`ErrorKind::Deadlock`](crate::ErrorKind::Deadlock), which names the flag.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Grid(n: usize) { ways: [u64; n, n], done: [Flag; n] } }
///
/// /// How many ways lead to each cell by steps down and to the right: a wave that crosses the grid. Each worker
/// /// follows the one that fills the row above.
/// #[dsm::parallel(atomic(ways))]
/// fn count_ways(res: Grid) {
///     let n = res.done.len();
///     for row in res.team.split_indices(n, Schedule::Cyclic(1)) {
///         let mut ways = u64::from(row == 0);
///         for column in 0..n {
///             if row > 0 {
///                 res.done[row - 1].wait(column as u32 + 1);
///                 ways += res.ways[[row - 1, column]].load();
///             }
///             res.ways[[row, column]].store(ways);
///             res.done[row].post(column as u32 + 1);
///         }
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(3, Grid { n: 8 })?;
/// count_ways(&mut cluster)?;
/// assert_eq!(cluster.ways[[7, 7]], 3432);
/// assert_eq!(cluster.done.get(7), 8);
/// # Ok::<(), dsm::Error>(())
/// ```
#[repr(C, align(64))]
pub struct Flag {
    word: FlagWord,
}

impl Flag {
    /// Raises the flag to `number` and wakes those who wait for that or less. A number lower than the present one changes
    /// nothing.
    ///
    /// # Panics
    ///
    /// Outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Line { ready: Flag } }
    /// #[dsm::parallel]
    /// fn post(res: Line) {
    ///     res.ready.post(res.id as u32 * 10);
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Line)?;
    /// post(&mut cluster)?;
    /// assert_eq!(cluster.ready.get(), 20);        // the highest, whoever came last
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn post(&self, number: u32) {
        let context = worker(Location::caller());
        context.check();
        self.word.post(number, context.engine);
    }

    /// Waits until the flag is at `number` or higher, and gives the number found. Not a collective: it may stand in a
    /// section, and locks may be held.
    ///
    /// # Panics
    ///
    /// Outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Line { ready: Flag, data: Atomic<f64> } }
    /// #[dsm::parallel]
    /// fn hand_over(res: Line) -> f64 {
    ///     if res.id == 0 {
    ///         res.data.store(2.5);
    ///         res.ready.post(1);
    ///     }
    ///     res.ready.wait(1);
    ///     res.data.load()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Line)?;
    /// assert_eq!(hand_over(&mut cluster)?, [2.5, 2.5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[inline]
    #[track_caller]
    pub fn wait(&self, number: u32) -> u32 {
        match self.wait_until(number, None, Location::caller()) {
            Some(found) => found,
            None => unreachable!("a flag without a deadline is waited for"),
        }
    }

    /// Waits no longer than `timeout`; `None` when that has passed and the flag is still lower.
    ///
    /// # Panics
    ///
    /// Outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Line { ready: Flag } }
    /// # use std::time::Duration;
    /// #[dsm::parallel]
    /// fn wait_in_vain(res: Line) -> (Option<u32>, Option<u32>) {
    ///     res.ready.post(3);
    ///     (res.ready.wait_timeout(2, Duration::from_secs(20)), res.ready.wait_timeout(4, Duration::from_millis(5)))
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(1, Line)?;
    /// assert_eq!(wait_in_vain(&mut cluster)?, [(Some(3), None)]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn wait_timeout(&self, number: u32, timeout: Duration) -> Option<u32> {
        // A timeout beyond the clock's range is for ever, which `None` says.
        self.wait_until(number, Instant::now().checked_add(timeout), Location::caller())
    }

    /// The present number, without waiting.
    ///
    /// # Panics
    ///
    /// Outside a parallel function.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Line { ready: Flag } }
    /// #[dsm::parallel]
    /// fn look(res: Line) -> (u32, u32) {
    ///     let before = res.ready.get();
    ///     res.ready.post(7);
    ///     (before, res.ready.get())
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(1, Line)?;
    /// assert_eq!(look(&mut cluster)?, [(0, 7)]);
    /// assert_eq!(look(&mut cluster)?, [(0, 7)]);  // each call begins at 0
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[inline]
    #[track_caller]
    pub fn get(&self) -> u32 {
        worker(Location::caller()).check();
        self.word.get()
    }

    #[inline]
    fn wait_until(&self, number: u32, deadline: Option<Instant>, place: &'static Location<'static>) -> Option<u32> {
        let context = worker(place);
        context.check();
        let found = self.word.get();
        if found >= number {
            return Some(found);
        }
        context.note(Doing::Awaiting(std::ptr::from_ref(self) as usize, number), place);
        let found = match self.word.wait(number, context.engine, deadline) {
            Outcome::Ready(found) => Some(found),
            Outcome::TimedOut => None,
            Outcome::Stopped => context.leave(),
        };
        context.done();
        found
    }
}

impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Flag").field(&self.word.get()).finish()
    }
}

/// The worker's context; a flag is a worker's thing.
#[inline]
fn worker(place: &'static Location<'static>) -> &'static Context {
    match current() {
        Some(context) => {
            context.keep_to_one_node("a flag", place);
            context
        }
        None => panic!("{place}: a flag is used inside a parallel function; the driver uses `get()` of its handle"),
    }
}
