//! `Cluster`: the shared memory of one declared struct and the workers that share it.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use super::backend::Backend;
use super::builder::Builder;
use super::call::Call;
use super::first_touch;
use super::pool::Pool;
use super::settings::{Purpose, Settings};
use super::stats::Stats;
use super::wait_policy::WaitPolicy;
use crate::array::{HandleSource, HandleVisitor, Shared};
use crate::error::{Error, ErrorKind, Result};
use crate::process::AtHome;
use crate::seed::mix;
use crate::segment::{Declaration, Segment};

/// The shared memory of one declared struct, and a pool of worker processes numbered by rank, `0..size()`.
///
/// Dereferences to the declared arrays and locks: `cluster.a` is an ndarray array. Arrays are zero when the cluster is
/// made. A parallel function takes `&mut Cluster`, so nothing of it is reached while workers run. Workers are forked at
/// the first call and see this process's memory as of then; between calls they stay, with their statics. When a cluster
/// is dropped, its workers are ended and its memory is gone.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Vector(n: usize) { a: [f64; n] } }
///
/// #[dsm::parallel(split(a))]
/// fn scale(mut res: Vector, by: f64) {
///     *res.a *= by;
/// }
///
/// let mut cluster = Cluster::with_workers(2, Vector { n: 10 })?;
/// cluster.a.fill(1.5);
/// scale(&mut cluster, 2.0)?;
/// assert_eq!(cluster.a.sum(), 30.0);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct Cluster<S: Shared> {
    // One field with a name that no declared field has: the others are reached by dereferencing.
    __dsm: AtHome<Inner<S>>,
}

struct Inner<S: Shared> {
    // The pool first, so that the workers are gone before the memory is.
    pool: Option<Pool>,
    handles: S::Handles,
    segment: Arc<Segment>,
    settings: Settings,
    /// How many calls there were, whichever pool ran them; it enters what is random.
    calls: u64,
}

impl<S: Shared> Cluster<S> {
    /// A cluster with as many workers as the environment says, else as this process has cores.
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    ///
    /// ```
    /// # use dsm::{Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::new(Plain)?;
    /// assert!(cluster.size() >= 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn new(shared: S) -> Result<Self> {
        Self::builder(shared).build()
    }

    /// A cluster with this many workers, 1 to 1024; with `None`, as [`new`](Cluster::new).
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    ///
    /// ```
    /// # use dsm::{Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(cluster.size(), 3);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn with_workers(workers: impl Into<Option<usize>>, shared: S) -> Result<Self> {
        Self::builder(shared).workers(workers).build()
    }

    /// A cluster to be made with settings of its own.
    ///
    /// ```
    /// # use dsm::{Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::builder(Plain).workers(2).seed(42).build()?;
    /// assert_eq!(cluster.seed(), 42);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn builder(shared: S) -> Builder<S> {
        Builder::new(shared)
    }

    pub(super) fn make(builder: Builder<S>, backend: Backend, size: usize, wait_policy: WaitPolicy) -> Result<Self> {
        let mut declaration = Declaration::new(S::NAME);
        builder.shared.declare(&mut declaration)?;
        let segment = Arc::new(Segment::create(declaration)?);
        let handles = S::handles(&mut HandleSource::new(&segment));
        let Builder { seed, deadline, grace, allow_threads, way, .. } = builder;
        let purpose = Purpose::Cluster;
        let settings = Settings {
            backend,
            size,
            first: 0,
            here: size,
            seed,
            deadline,
            grace,
            allow_threads,
            wait_policy,
            purpose,
            way,
            loan: None,
        };
        Ok(Cluster { __dsm: AtHome::new(Inner { pool: None, handles, segment, settings, calls: 0 }) })
    }

    /// How many workers there are.
    ///
    /// ```
    /// # use dsm::{Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// assert_eq!(Cluster::with_workers(2, Plain)?.size(), 2);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.__dsm.settings.size
    }

    /// What carries the workers.
    ///
    /// ```
    /// # use dsm::{Backend, Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::builder(Plain).workers(4).backend(Backend::Serial).build()?;
    /// assert_eq!((cluster.backend(), cluster.size()), (Backend::Serial, 1));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.__dsm.settings.backend
    }

    /// The seed of everything random in the calls.
    ///
    /// ```
    /// # use dsm::{Cluster};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// assert_eq!(Cluster::builder(Plain).workers(1).seed(3).build()?.seed(), 3);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.__dsm.settings.seed
    }

    /// What it has counted since it was made; what went from node to node since its workers were started last.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(cluster.stats().calls(), 0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Inner { pool, calls, .. } = &*self.__dsm;
        Stats { calls: *calls, bytes_moved: pool.as_ref().map_or(0, Pool::moved) }
    }

    /// Sets how long a call may take, from the next one on; `None` for as long as it likes.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # use std::time::{Duration, Instant};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// # use dsm::ErrorKind;
    /// #[dsm::parallel]
    /// fn for_ever(res: Plain) {
    ///     loop {
    ///         res.team.barrier();
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.set_deadline(Some(Duration::from_millis(50)));
    /// assert_eq!(for_ever(&mut cluster).unwrap_err().kind(), ErrorKind::Deadline);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn set_deadline(&mut self, deadline: Option<Duration>) {
        self.__dsm.settings.deadline = deadline;
    }

    /// Forks the workers now, unless they are there. They see this process's memory as of this moment: a lock that is held
    /// then, such as that of `stdout().lock()`, stays held in them for threads of their own.
    ///
    /// # Errors
    ///
    /// When this process has other threads (see [`Builder::allow_threads`]), when it isn't the one that made the
    /// cluster, when this thread unwinds from a panic, or when the system refuses to fork.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.start()?;
    /// std::thread::spawn(|| ()).join().unwrap();  // the workers are there: threads do no harm now
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn start(&mut self) -> Result<()> {
        self.assert_at_home("start")?;
        let Inner { pool, segment, settings, .. } = &mut *self.__dsm;
        if pool.as_mut().is_none_or(|pool| !pool.is_whole()) {
            let lost = pool.is_some();
            // The old pool's workers are gone before new ones come.
            *pool = None;
            let started = Pool::start::<S>(segment, settings).map_err(|error| {
                let again = lost && error.kind() == ErrorKind::Threads;
                let why = "; it was started, but the process that watched over the workers was killed since, or could \
                           not replace one, so new ones must be forked";
                if again { error.adding(why) } else { error }
            });
            *pool = Some(started?);
        }
        Ok(())
    }

    /// Ends the workers and forks new ones, which see this process's memory as of now. Arrays keep their contents.
    ///
    /// # Errors
    ///
    /// As [`start`](Cluster::start).
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    ///
    /// static SCALE: AtomicU32 = AtomicU32::new(1);
    ///
    /// #[dsm::parallel]
    /// fn scale(_res: Plain) -> u32 {
    ///     SCALE.load(Relaxed)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.start()?;
    /// SCALE.store(5, Relaxed);                    // in this process; the workers have their own
    /// assert_eq!(scale(&mut cluster)?, [1, 1]);
    /// cluster.restart()?;
    /// assert_eq!(scale(&mut cluster)?, [5, 5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn restart(&mut self) -> Result<()> {
        self.assert_at_home("restart")?;
        self.__dsm.pool = None;
        self.start()
    }

    /// Has the workers touch every page of the arrays, each its own share, in parallel; contents stay as they are.
    ///
    /// # Errors
    ///
    /// As for any call.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.a.fill(1.0);
    /// cluster.first_touch()?;                     // later calls don't pay for the pages' first use
    /// assert_eq!(cluster.a.sum(), 10.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn first_touch(&mut self) -> Result<()> {
        let mut call = self.begin_call("first_touch")?;
        call.run((first_touch::touch_own_share, &[]), |_| Ok(0))
    }

    /// Checks that all is at home, makes the pool whole, and hands the arrays to the workers until the call is dropped.
    pub(super) fn begin_call(&mut self, name: &'static str) -> Result<Call<'_>> {
        self.start()?;
        let Inner { pool, handles, segment, settings, calls } = &mut *self.__dsm;
        let Some(pool) = pool else { unreachable!("the pool was started above") };
        // Busy first: a handle is then lent as `&mut` while nothing new can be borrowed from it, so nothing at all is.
        *calls += 1;
        let seed = mix(&[settings.seed, *calls]);
        let mut call = Call::begin(pool, segment, name, settings, seed);
        let mut visitor = HandleVisitor::new(segment);
        S::visit(handles, &mut visitor);
        call.note_written(visitor.finish()?);
        Ok(call)
    }

    fn assert_at_home(&self, doing: &str) -> Result<()> {
        if self.__dsm.segment.home.is_here() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Process,
            format!(
                "can't {doing} a cluster of `{}` in a process other than the one that made it: a worker reaches the arrays \
                 by its resource struct, and can make clusters of its own",
                S::NAME
            ),
        ))
    }
}

impl<S: Shared> Deref for Cluster<S> {
    type Target = S::Handles;

    fn deref(&self) -> &S::Handles {
        &self.__dsm.handles
    }
}

impl<S: Shared> DerefMut for Cluster<S> {
    fn deref_mut(&mut self) -> &mut S::Handles {
        &mut self.__dsm.handles
    }
}

impl<S: Shared> fmt::Debug for Cluster<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { pool, segment, settings, .. } = &*self.__dsm;
        f.debug_struct("Cluster")
            .field("shared", &S::NAME)
            .field("backend", &settings.backend)
            .field("size", &settings.size)
            .field("started", &pool.is_some())
            .field("bytes", &segment.memory.length())
            .finish_non_exhaustive()
    }
}
