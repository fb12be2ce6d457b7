//! Named points of a call at which a test may strike: end, stop or delay a process just there.
//!
//! In builds with debug assertions only; elsewhere `reached` is nothing.

#[cfg(debug_assertions)]
use std::cell::Cell;
#[cfg(debug_assertions)]
use std::sync::OnceLock;

macro_rules! points {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A point, named after what the process has just done or is about to do.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Point {
            $($(#[$doc])* $name,)*
        }

        impl Point {
            /// All of them: the driver's, the monitor's and the workers'.
            pub const ALL: &[Point] = &[$(Point::$name),*];
        }
    };
}

points! {
    /// The monitor is forked, the driver hasn't waited for it.
    DriverForked,
    /// The call is open, the job not posted.
    DriverPosting,
    /// The job is posted, the driver hasn't waited.
    DriverPosted,
    /// The call is over, the results are not read.
    DriverReading,
    /// The driver has told the monitor to leave.
    DriverLeaving,
    /// No worker is forked yet.
    MonitorForked,
    /// About to fork a worker, at the start or as a replacement.
    MonitorForking,
    /// All workers are forked, the driver doesn't know.
    MonitorReady,
    /// About to wait for something to happen.
    MonitorPolling,
    /// A dead worker is reaped, the call not failed.
    MonitorReaped,
    /// The failed call is about to be seen to its end.
    MonitorRecovering,
    /// The barrier is rebuilt, the locks are not.
    MonitorRebuilding,
    /// Everything is rebuilt; the driver doesn't know, and nobody is replaced.
    MonitorRecovered,
    /// About to kill the workers and leave.
    MonitorLeaving,
    /// The first steps of a worker are done, it hasn't waited for a job.
    WorkerForked,
    /// About to wait for a job.
    WorkerIdle,
    /// The job has begun, its arguments are not read.
    WorkerBegun,
    /// What it waits for is published, it doesn't sleep.
    WorkerSleeping,
    /// Woken, what it waited for is still published.
    WorkerWoken,
    /// A lock is taken, the guard not made.
    LockTaken,
    /// The guard is dropped, the lock not given up.
    LockReleasing,
    /// The identity of the collective is written, the rank not counted.
    Arriving,
    /// The last to arrive, the barrier not open.
    Opening,
    /// Let out of a collective.
    Met,
    /// A phase has been met in, its views are not built.
    Granting,
    /// All contributions to an array are made, this rank's share of them not combined.
    Combining,
    /// A contribution to a collective is written, its length is not.
    Contributing,
    /// The first to come to a `single`, its section not run.
    First,
    /// A chunk of a loop is taken, none of it run.
    ChunkTaken,
    /// About to write the result.
    Writing,
    /// The result is written, the rank not counted as returned.
    Returning,
    /// Counted as returned, not published.
    Returned,
    /// The call is finished, the driver not told.
    Finished,
    /// Out of the call, which isn't said yet.
    Answering,
    /// About to leave a failed call, nothing reported.
    Leaving,
}

/// What a test does at a point; given the rank, in a worker.
#[cfg(debug_assertions)]
pub type Strike = fn(Point, Option<usize>);

#[cfg(debug_assertions)]
static STRIKE: OnceLock<Strike> = OnceLock::new();
#[cfg(debug_assertions)]
thread_local! {
    /// The rank that this thread carries.
    static RANK: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Has this process, and those it forks from now on, call `strike` at every point. The first call counts.
#[cfg(debug_assertions)]
pub fn strike_with(strike: Strike) {
    let _ = STRIKE.set(strike);
}

/// This thread is the worker of a rank.
pub(crate) fn become_worker(rank: usize) {
    #[cfg(debug_assertions)]
    RANK.set(Some(rank));
    #[cfg(not(debug_assertions))]
    let _ = rank;
}

/// This process has come to a point.
#[inline]
pub(crate) fn reached(point: Point) {
    #[cfg(debug_assertions)]
    if let Some(strike) = STRIKE.get() {
        strike(point, RANK.get());
    }
    #[cfg(not(debug_assertions))]
    let _ = point;
}
