//! What a job's own error does to a map: end it, or take the place of the result.

use std::fmt;

/// Ends a map at the first error that a job returns; the default.
///
/// ```
/// let parse = |words: [&'static str; 3]| dsm::map(words).workers(2).try_run(|_, word| word.parse::<u32>());
/// assert_eq!(parse(["1", "2", "3"])?, [1, 2, 3]);
/// let error = parse(["1", "two", "3"]).unwrap_err();
/// assert_eq!((error.kind(), error.job()), (dsm::ErrorKind::Function, Some(1)));
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stop;

/// Has a map go on after errors that jobs return: each takes the place of the result.
///
/// ```
/// use dsm::{JobError, Skip};
///
/// let words = ["1", "two", "3"];
/// let numbers: Vec<Result<u32, JobError>> =
///     dsm::map(words).workers(2).on_error(Skip).try_run(|_, word| word.parse::<u32>())?;
/// assert_eq!(numbers[2], Ok(3));
/// let error = numbers[1].as_ref().unwrap_err();
/// assert_eq!(error.job(), 1);
/// assert!(error.message().contains("invalid digit"));
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skip;

mod sealed {
    pub trait Sealed {}
}

/// What a job's own error does: [`Stop`] or [`Skip`].
///
/// Panics, deaths and results that can't be sent end a map either way.
///
/// ```
/// fn lengths<P: dsm::OnError>(policy: P) -> dsm::Result<Vec<P::Outcome<usize>>> {
///     dsm::map(["a", "bb"]).workers(2).on_error(policy).try_run(|_, word| {
///         if word.is_empty() { Err("no word") } else { Ok(word.len()) }
///     })
/// }
/// assert_eq!(lengths(dsm::Stop)?, [1, 2]);
/// assert_eq!(lengths(dsm::Skip)?, [Ok(1), Ok(2)]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub trait OnError: sealed::Sealed {
    /// What there is of a job whose result is an `R`.
    type Outcome<R>;
    #[doc(hidden)]
    const SKIPS: bool;
    #[doc(hidden)]
    fn outcome<R>(result: Result<R, JobError>) -> Self::Outcome<R>;
}

impl sealed::Sealed for Stop {}
impl OnError for Stop {
    type Outcome<R> = R;
    const SKIPS: bool = false;

    fn outcome<R>(result: Result<R, JobError>) -> R {
        match result {
            Ok(value) => value,
            Err(error) => unreachable!("the map has stopped: {error}"),
        }
    }
}

impl sealed::Sealed for Skip {}
impl OnError for Skip {
    type Outcome<R> = Result<R, JobError>;
    const SKIPS: bool = true;

    fn outcome<R>(result: Result<R, JobError>) -> Result<R, JobError> {
        result
    }
}

/// The error that a job returned, under [`Skip`].
///
/// ```
/// let results = dsm::map([1, 0]).workers(1).on_error(dsm::Skip).try_run(|_, x| 6_i32.checked_div(x).ok_or("zero"))?;
/// assert_eq!(results[1].as_ref().unwrap_err().to_string(), "job 1 (on rank 0) failed: zero");
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobError {
    job: usize,
    rank: usize,
    message: String,
}

impl JobError {
    pub(super) fn new(job: usize, rank: usize, message: String) -> Self {
        JobError { job, rank, message }
    }

    /// The number of the job, from 0.
    ///
    /// ```
    /// let results = dsm::map(0..2).workers(1).on_error(dsm::Skip).try_run(|_, job| Err::<(), _>(job))?;
    /// assert_eq!(results[1].as_ref().unwrap_err().job(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn job(&self) -> usize {
        self.job
    }

    /// The worker that ran it.
    ///
    /// ```
    /// let results = dsm::map(0..2).workers(1).on_error(dsm::Skip).try_run(|_, job| Err::<(), _>(job))?;
    /// assert_eq!(results[1].as_ref().unwrap_err().rank(), 0);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// What the job's error says.
    ///
    /// ```
    /// let results = dsm::map(0..2).workers(1).on_error(dsm::Skip).try_run(|_, job| Err::<(), _>(job + 5))?;
    /// assert_eq!(results[1].as_ref().unwrap_err().message(), "6");
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let JobError { job, rank, message } = self;
        write!(f, "job {job} (on rank {rank}) failed: {message}")
    }
}

impl std::error::Error for JobError {}
