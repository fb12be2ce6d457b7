//! `Builder`: how a cluster is to be made.

use std::time::Duration;

use super::backend::Backend;
use super::cluster::Cluster;
use super::wait_policy::WaitPolicy;
use super::workers::number_of_workers;
use crate::array::Shared;
use crate::error::{Error, ErrorKind, Result};
use crate::nodes;
use crate::view::Way;

/// How long workers of a failed call may take to reach their next dsm operation, unless the builder says otherwise.
const GRACE: Duration = Duration::from_secs(2);

/// How a cluster is to be made; from [`Cluster::builder`].
///
/// ```
/// use dsm::Cluster;
/// use std::time::Duration;
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// let cluster = Cluster::builder(Plain).workers(2).seed(7).deadline(Duration::from_secs(60)).build()?;
/// assert_eq!(cluster.size(), 2);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is made until `build` is called"]
pub struct Builder<S> {
    pub(super) shared: S,
    workers: Option<usize>,
    pub(super) seed: u64,
    pub(super) deadline: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) allow_threads: bool,
    first_touch: bool,
    wait_policy: Option<WaitPolicy>,
    pub(super) way: Option<Way>,
    backend: Option<Backend>,
}

impl<S: Shared> Builder<S> {
    pub(super) fn new(shared: S) -> Self {
        Builder {
            shared,
            workers: None,
            seed: 0,
            deadline: None,
            grace: GRACE,
            allow_threads: false,
            first_touch: false,
            wait_policy: None,
            way: None,
            backend: None,
        }
    }

    /// How many workers, 1 to 1024.
    ///
    /// With `None`, and unless this is called, the first that is set of `DSM_NUM_WORKERS`, `OMP_NUM_THREADS`,
    /// `PBS_NUM_PPN` and `SLURM_CPUS_PER_TASK` says, else there are as many as this process may use cores.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// let asked: Option<usize> = Some(3);         // from the command line, say
    /// assert_eq!(Cluster::builder(Plain).workers(asked).build()?.size(), 3);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.workers = workers.into();
        self
    }

    /// The seed of everything random in the calls; 0 unless set.
    ///
    /// The number of the call enters too: what is random in a call comes out the same in the same call of another
    /// cluster with this seed and as many workers.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn draw(res: Plain) -> u64 {
    ///     res.team.rng().random()
    /// }
    ///
    /// let first = draw(&mut Cluster::builder(Plain).workers(2).seed(7).build()?)?;
    /// let again = draw(&mut Cluster::builder(Plain).workers(2).seed(7).build()?)?;
    /// assert_eq!(first, again);
    /// assert_ne!(first[0], first[1]);             // each worker has its own numbers
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long a call may take; one that still runs then fails with [`ErrorKind::Deadline`]. No limit unless set.
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
    /// let mut cluster = Cluster::builder(Plain).workers(2).deadline(Duration::from_millis(50)).build()?;
    /// assert_eq!(for_ever(&mut cluster).unwrap_err().kind(), ErrorKind::Deadline);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long workers of a failed call may take to reach their next dsm operation before they are killed and
    /// replaced; 2 s unless set.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # use std::time::{Duration, Instant};
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn fail(res: Plain) {
    ///     assert!(res.id != 0, "no input");
    ///     std::thread::sleep(Duration::from_secs(60));
    /// }
    ///
    /// let start = Instant::now();
    /// let mut cluster = Cluster::builder(Plain).workers(2).grace(Duration::from_millis(10)).build()?;
    /// assert_eq!(fail(&mut cluster).unwrap_err().rank(), Some(0));
    /// assert!(start.elapsed().as_secs() < 30);    // rank 1 was killed in its sleep
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Lets workers be forked while this process has other threads, which is an error otherwise.
    ///
    /// A lock that another thread holds at that moment (in an allocator or library that doesn't provide for forks)
    /// stays locked in the workers for ever. Make the cluster and [`start`](Cluster::start) it before other threads are
    /// made if you can. Starting waits for a thread that holds the lock of the standard output or error.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// # use dsm::ErrorKind;
    /// let (_stop, stopped) = std::sync::mpsc::channel::<()>();
    /// std::thread::spawn(move || stopped.recv());
    ///
    /// let refused = Cluster::with_workers(2, Plain)?.start().unwrap_err();
    /// assert_eq!(refused.kind(), ErrorKind::Threads);
    /// Cluster::builder(Plain).workers(2).allow_threads().build()?.start()?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn allow_threads(mut self) -> Self {
        self.allow_threads = true;
        self
    }

    /// Has the workers touch the arrays' pages when the cluster is made, each its own share, in parallel.
    ///
    /// A page's first touch costs about 2 µs; by default the first worker that uses a page pays it. The workers are
    /// forked for it, so [`build`](Builder::build) may fail as [`Cluster::start`] does.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// dsm::shared! { struct Big(n: usize) { a: [f64; n] } }
    ///
    /// let cluster = Cluster::builder(Big { n: 1_000_000 }).workers(2).first_touch().build()?;
    /// assert_eq!(cluster.a.sum(), 0.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn first_touch(mut self) -> Self {
        self.first_touch = true;
        self
    }

    /// What waiting processes do with their core; `Active` unless this or `DSM_WAIT_POLICY` says otherwise.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// use dsm::WaitPolicy;
    ///
    /// // The machine is shared with others, and calls are long: cores come before latency.
    /// let cluster = Cluster::builder(Plain).workers(2).wait_policy(WaitPolicy::Passive).build()?;
    /// # assert_eq!(cluster.size(), 2);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn wait_policy(mut self, policy: WaitPolicy) -> Self {
        self.wait_policy = Some(policy);
        self
    }

    /// Has contributions to `accumulate` arrays made in this way where the element allows it, whatever the array's size: to
    /// compare and test the two.
    #[doc(hidden)]
    pub fn accumulate_by(mut self, way: Way) -> Self {
        self.way = Some(way);
        self
    }

    /// What carries the workers; processes unless this or `DSM_BACKEND` says otherwise.
    ///
    /// A function whose `unsafe` code, or that of a library it calls, relies on having a process to itself asks for
    /// [`Backend::Process`] here, which counts before the variable.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// use dsm::Backend;
    ///
    /// #[dsm::parallel(split(a))]
    /// fn fill(mut res: Plain) -> u32 {
    ///     res.a.fill(res.id as f64);
    ///     std::process::id()
    /// }
    ///
    /// let mut cluster = Cluster::builder(Plain).workers(2).backend(Backend::Thread).build()?;
    /// assert_eq!(fill(&mut cluster)?, [std::process::id(); 2]);
    /// assert_eq!(cluster.a.sum(), 5.0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = Some(backend);
        self
    }

    /// Makes the cluster. Workers are forked at the first call, or by [`Cluster::start`], or now with
    /// [`first_touch`](Builder::first_touch).
    ///
    /// # Errors
    ///
    /// When the number of workers is out of range or its variable holds no number, when `DSM_BACKEND` names a
    /// backend that isn't there, when `DSM_WAIT_POLICY` is neither `active` nor `passive`, when a shape overflows, when there
    /// isn't enough memory, or when the system refuses it.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # use dsm::ErrorKind;
    /// dsm::shared! { struct Square(n: usize) { a: [f64; n, n] } }
    ///
    /// assert_eq!(Cluster::builder(Square { n: 100 }).build()?.a.len(), 10_000);
    /// let error = Cluster::builder(Square { n: 1 << 40 }).build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Shape);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn build(self) -> Result<Cluster<S>> {
        let backend = Backend::chosen(self.backend, std::env::var_os("DSM_BACKEND"))?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let rooms = if backend == Backend::Mpi { nodes::room() } else { None };
        let workers = number_of_workers(self.workers.or(rooms), &|name| std::env::var_os(name), cores)
            .map_err(|error| Error::new(ErrorKind::Workers, error.to_string()))?;
        let workers = if backend == Backend::Serial { 1 } else { workers };
        let wait_policy = WaitPolicy::chosen(self.wait_policy, std::env::var_os("DSM_WAIT_POLICY"))?;
        let first_touch = self.first_touch;
        let mut cluster = Cluster::make(self, backend, workers, wait_policy)?;
        if first_touch {
            cluster.first_touch()?;
        }
        Ok(cluster)
    }
}
