//! The one public error of dsm: opaque, with a [`kind`](Error::kind) to match on and a text that names the rank, the
//! place and the remedy.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// What `dsm` functions return.
///
/// ```
/// # use dsm::prelude::*;
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// fn sum_of_ones() -> dsm::Result<f64> {
///     let mut cluster = Cluster::with_workers(2, Plain)?;
///     cluster.a.fill(1.0);
///     Ok(cluster.a.sum())
/// }
/// assert_eq!(sum_of_ones()?, 10.0);
/// # Ok::<(), dsm::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, to match on.
///
/// ```
/// use dsm::{Cluster, ErrorKind};
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// let error = Cluster::with_workers(0, Plain).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Workers);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The number of workers is no positive integer, or more than dsm runs.
    Workers,
    /// `DSM_BACKEND`, or a text to be read as a [`Backend`](crate::Backend), names none.
    Backend,
    /// `DSM_WAIT_POLICY` is neither `active` nor `passive`.
    WaitPolicy,
    /// A shape overflows, has a negative axis, or is more than an address space holds.
    Shape,
    /// The declared arrays need more memory than there is.
    Memory,
    /// Workers would be forked while the driver has other threads.
    Threads,
    /// The operating system refused a request; [`source`](std::error::Error::source) holds its error.
    Os,
    /// A declared array or lock was moved to another cluster (by `mem::swap`, say).
    Handle,
    /// A cluster was used in a process other than the one that made it.
    Process,
    /// An argument could not be written for the workers, or read by one.
    Argument,
    /// A worker's result could not be written, or read by the driver.
    Output,
    /// A worker panicked.
    Panicked,
    /// A worker was ended by a signal. (One killed because it did not leave a failed call in time is added to the text of
    /// that failure, whose kind stays.)
    Died,
    /// A worker called `exit`.
    Exited,
    /// Workers met in different collectives, or one returned while others waited.
    Diverged,
    /// A rule of dsm was broken, such as entering a collective with a lock held.
    Misuse,
    /// Every worker waited for another: nothing could ever have moved.
    Deadlock,
    /// The call, or a collective over MPI, did not end by its deadline; or `DSM_DEADLINE` is no number of seconds.
    Deadline,
    /// The parallel function, or a job, itself returned `Err`.
    Function,
    /// A file can't be read or written, or doesn't hold what was asked for.
    File,
    /// The process that watches over the workers was killed.
    Monitor,
    /// MPI isn't there, can't do what dsm needs, or refused a request.
    Mpi,
}

/// A place in the user's source.
///
/// ```
/// # use dsm::Place;
/// #[track_caller]
/// fn here() -> Place {
///     Place::from(std::panic::Location::caller())
/// }
/// assert!(here().to_string().contains(".rs:"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The source file, as the compiler was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl From<&std::panic::Location<'_>> for Place {
    fn from(location: &std::panic::Location<'_>) -> Self {
        Place { file: location.file().to_owned(), line: location.line(), column: location.column() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Why a cluster could not be made or a call failed.
///
/// The text says what happened, where, and what to do. [`kind`](Error::kind) is for programs;
/// [`rank`](Error::rank), [`job`](Error::job), [`signal`](Error::signal) and [`place`](Error::place) give the parts.
///
/// ```
/// use dsm::{Cluster, ErrorKind};
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// let error = Cluster::with_workers(100_000, Plain).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Workers);
/// assert!(error.to_string().contains("100000 workers"));
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
    rank: Option<usize>,
    job: Option<usize>,
    signal: Option<i32>,
    place: Option<Place>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            rank: None,
            job: None,
            signal: None,
            place: None,
            source: None,
        }))
    }

    /// A refused system call: what was being done, and the system's own error as the source.
    pub(crate) fn os(doing: impl fmt::Display, source: impl Into<io::Error>) -> Self {
        let source = source.into();
        Error::new(ErrorKind::Os, format!("{doing}: {source}")).with_source(source)
    }

    pub(crate) fn with_rank(mut self, rank: usize) -> Self {
        self.0.rank = Some(rank);
        self
    }

    pub(crate) fn with_job(mut self, job: Option<usize>) -> Self {
        self.0.job = job;
        self
    }

    pub(crate) fn with_signal(mut self, signal: i32) -> Self {
        self.0.signal = Some(signal);
        self
    }

    pub(crate) fn with_place(mut self, place: Option<Place>) -> Self {
        self.0.place = place;
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds to the text.
    pub(crate) fn adding(mut self, text: &str) -> Self {
        self.0.message.push_str(text);
        self
    }

    /// What went wrong, to match on.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// # use dsm::ErrorKind;
    /// match Cluster::with_workers(0, Plain) {
    ///     Err(error) if error.kind() == ErrorKind::Workers => assert!(error.to_string().contains("at least 1")),
    ///     other => panic!("{other:?}"),
    /// }
    /// ```
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The rank the failure began at, where one rank can be named.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn check(res: Plain) {
    ///     assert!(res.id < 2, "too many");
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// let error = check(&mut cluster).unwrap_err();
    /// assert_eq!(error.rank(), Some(2));
    /// assert!(error.to_string().contains("too many"));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn rank(&self) -> Option<usize> {
        self.0.rank
    }

    /// The job of a [`map`](crate::map()) that the failure began in, counted from 0, where one can be named.
    ///
    /// ```
    /// let error = dsm::map(0..10).workers(2).run(|_, job| assert!(job < 7, "too many")).unwrap_err();
    /// assert!(error.job() >= Some(7));
    /// ```
    #[must_use]
    pub fn job(&self) -> Option<usize> {
        self.0.job
    }

    /// The number of the signal that ended the worker, if one did.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn crash(res: Plain) {
    ///     if res.id == 1 {
    ///         std::process::abort();
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(crash(&mut cluster).unwrap_err().signal(), Some(6));      // SIGABRT
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        self.0.signal
    }

    /// The place in the user's source where the failure began, if it is known.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// # dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn check(res: Plain) {
    ///     assert!(res.id < 1, "too many");
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// let error = check(&mut cluster).unwrap_err();
    /// assert!(error.place().is_some_and(|place| place.file.ends_with(".rs") && place.line > 1));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind).field("message", &self.0.message);
        if let Some(rank) = self.0.rank {
            debug.field("rank", &rank);
        }
        if let Some(job) = self.0.job {
            debug.field("job", &job);
        }
        if let Some(signal) = self.0.signal {
            debug.field("signal", &signal);
        }
        if let Some(place) = &self.0.place {
            debug.field("place", &place.to_string());
        }
        debug.finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
