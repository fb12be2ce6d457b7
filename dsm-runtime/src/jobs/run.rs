//! The ways to run a map.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Display;
use std::ops::Range;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{JobContext, Place};
use super::drive::{NAME, drive};
use super::hand::{Dealing, Hand, Task};
use super::map::Map;
use super::on_error::{JobError, OnError};
use super::outbox::{Kind, Record};
use super::plan::Plan;
use super::serial::{Serial, run_job};
use super::source::{Jobs, Listed, Nothing, Supply as _};
use crate::error::{Error, ErrorKind, Result};
use crate::schedule::{Schedule, block};

impl<J: Jobs, S, N: Fn() -> S, P: OnError> Map<J, N, P> {
    /// Runs `f` on every job, and gives the results in the order of the jobs.
    ///
    /// # Errors
    ///
    /// When a job panics, its worker dies or exits, or its result can't be sent: the error names job and rank, and the
    /// other workers are stopped. When the number of workers or a setting is wrong; when workers can't be forked, as for
    /// [`Cluster::start`](crate::Cluster::start).
    ///
    /// ```
    /// assert_eq!(dsm::map(1..=4).workers(2).run(|_, x| x * x)?, [1, 4, 9, 16]);
    ///
    /// let error = dsm::map(1..=4).workers(2).run(|_, x| 12 / (x - 3)).unwrap_err();
    /// assert_eq!((error.kind(), error.job()), (dsm::ErrorKind::Panicked, Some(2)));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn run<R, F>(self, f: F) -> Result<Vec<R>>
    where
        R: Serialize + DeserializeOwned,
        F: Fn(&JobContext<'_, S>, J::Job) -> R,
    {
        let mut results = Results::default();
        self.execute(never(f), |index, result| results.put(index, sure(result)))?;
        Ok(results.in_order())
    }

    /// As [`run`](Map::run), for jobs that may fail: what an error does is said by [`on_error`](Map::on_error).
    ///
    /// # Errors
    ///
    /// As [`run`](Map::run); and the first error that a job returned, under [`Stop`](crate::Stop).
    ///
    /// ```
    /// let paths = ["/proc/self/status", "/no/such/file"];
    /// let read = |_: &dsm::JobContext, path: &str| std::fs::read_to_string(path).map(|text| text.len());
    ///
    /// let error = dsm::map(paths).workers(2).try_run(read).unwrap_err();
    /// assert_eq!(error.job(), Some(1));
    ///
    /// let lengths = dsm::map(paths).workers(2).on_error(dsm::Skip).try_run(read)?;
    /// assert!(lengths[0].is_ok() && lengths[1].is_err());
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn try_run<R, E, F>(self, f: F) -> Result<Vec<P::Outcome<R>>>
    where
        R: Serialize + DeserializeOwned,
        E: Display,
        F: Fn(&JobContext<'_, S>, J::Job) -> std::result::Result<R, E>,
    {
        let mut results = Results::default();
        self.execute(f, |index, result| results.put(index, P::outcome(result)))?;
        Ok(results.in_order())
    }

    /// Runs `f` on every job, and calls `each` in this process with the number of a job and its result: at once, in the
    /// order in which results come.
    ///
    /// While `each` runs, results wait; workers that are two buffers (1 MiB each, or one result) ahead wait too. A
    /// panic in `each` stops the workers first.
    ///
    /// # Errors
    ///
    /// As [`run`](Map::run).
    ///
    /// ```
    /// let mut histogram = [0; 3];
    /// dsm::map(0..100).workers(2).run_each(|_, job| job * job % 3, |_, remainder: usize| histogram[remainder] += 1)?;
    /// assert_eq!(histogram, [34, 66, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn run_each<R, F>(self, f: F, mut each: impl FnMut(usize, R)) -> Result<()>
    where
        R: Serialize + DeserializeOwned,
        F: Fn(&JobContext<'_, S>, J::Job) -> R,
    {
        self.execute(never(f), |index, result| each(index, sure(result)))
    }

    /// As [`run_each`](Map::run_each), for jobs that may fail.
    ///
    /// # Errors
    ///
    /// As [`try_run`](Map::try_run).
    ///
    /// ```
    /// let mut bad = Vec::new();
    /// dsm::map(["1", "x", "2", "y"]).workers(2).on_error(dsm::Skip).try_run_each(
    ///     |_, word| word.parse::<u32>(),
    ///     |job, number| if number.is_err() { bad.push(job) },
    /// )?;
    /// bad.sort();
    /// assert_eq!(bad, [1, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn try_run_each<R, E, F>(self, f: F, mut each: impl FnMut(usize, P::Outcome<R>)) -> Result<()>
    where
        R: Serialize + DeserializeOwned,
        E: Display,
        F: Fn(&JobContext<'_, S>, J::Job) -> std::result::Result<R, E>,
    {
        self.execute(f, |index, result| each(index, P::outcome(result)))
    }

    /// Runs `f` on every job, and reduces the results in this process: in the order of the jobs, each as soon as those
    /// before it are there, so that the outcome is the same in every run. `None` without jobs.
    ///
    /// A result that comes early waits in this process's memory.
    ///
    /// # Errors
    ///
    /// As [`run`](Map::run).
    ///
    /// ```
    /// let text = dsm::map(["dis", "trib", "uted"]).workers(2).run_reduce(|_, s| s.to_owned(), |all, s| all + &s)?;
    /// assert_eq!(text.as_deref(), Some("distributed"));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn run_reduce<R, F>(self, f: F, mut reduce: impl FnMut(R, R) -> R) -> Result<Option<R>>
    where
        R: Serialize + DeserializeOwned,
        F: Fn(&JobContext<'_, S>, J::Job) -> R,
    {
        let mut reduction = InOrder::default();
        self.execute(never(f), |index, result| reduction.put(index, sure(result), &mut reduce))?;
        Ok(reduction.value)
    }

    /// Runs every job and hands its result, or its error under [`Skip`](crate::Skip), to `deliver`.
    fn execute<R, E, F>(mut self, f: F, mut deliver: impl FnMut(usize, Outcome<R>)) -> Result<()>
    where
        R: Serialize + DeserializeOwned,
        E: Display,
        F: Fn(&JobContext<'_, S>, J::Job) -> std::result::Result<R, E>,
    {
        let serial = self.plan.is_serial()?;
        let at_most = self.jobs.at_most();
        let settings = self.plan.settings(at_most)?;
        if at_most == Some(0) {
            return Ok(());
        }
        let bar = self.plan.bar(self.jobs.known());
        if serial {
            let serial = Serial::default();
            let mut caller = Caller { serial: &serial, seed: self.plan.seed, init: &self.init, context: None };
            let mut index = 0;
            while let Some(job) = self.jobs.next() {
                let result = caller.run(index, |context| f(context, job).map_err(|error| error.to_string()))?;
                let result = match result {
                    Err(message) if !P::SKIPS => return Err(refused(index, &message)),
                    result => result.map_err(|message| JobError::new(index, 0, message)),
                };
                bar.advance(1);
                deliver(index, result);
                index += 1;
            }
            bar.finish();
            return Ok(());
        }
        let known = self.jobs.known();
        let (supply, mut feed) = self.jobs.part();
        let unit = |context: &JobContext<'_, S>, hand: &mut Hand, index: usize| {
            context.begin(index);
            let result = f(context, supply.job(hand, index));
            context.end();
            match result {
                Ok(value) => hand.send(index, value),
                Err(error) if P::SKIPS => {
                    let message = error.to_string();
                    // Its destructor is the job's.
                    drop(error);
                    hand.send_refusal(index, &message);
                }
                Err(error) => hand.refuse(&error.to_string()),
            }
        };
        let dealing = match known {
            Some(jobs) => self.plan.dealing(jobs),
            None => Dealing::Served,
        };
        let task = Task { init: &self.init, unit: &unit, dealing, seed: self.plan.seed };
        drive(&settings, (task.entry(), task.address()), &mut feed, &mut |record| {
            let result = match record.kind {
                Kind::Value => Ok(read(&record, record.unit..record.unit + 1)?),
                Kind::Refusal => {
                    let message = String::from_utf8_lossy(record.bytes).into_owned();
                    Err(JobError::new(record.unit, record.rank, message))
                }
            };
            bar.advance(1);
            deliver(record.unit, result);
            Ok(())
        })?;
        bar.finish();
        Ok(())
    }
}

impl<T, S, N: Fn() -> S, P: OnError> Map<Listed<T>, N, P> {
    /// Runs `f` on every job, and combines the results by an associative operator: those of neighbouring jobs in the
    /// workers, and what that gives, 16 values or fewer for each worker, in this process. `None` without jobs.
    ///
    /// The jobs are cut into runs of neighbours, which depend on their number and the number of workers only. Each run
    /// is combined from its first job to its last, and the runs in their order: so an operator need not be commutative,
    /// and sums of floats come out the same in every run with as many workers, whoever ran what.
    ///
    /// # Errors
    ///
    /// As [`run`](Map::run).
    ///
    /// ```
    /// let harmonic = dsm::map(1..=100_000).workers(2).run_combine(|_, n| 1.0 / f64::from(n), |a, b| a + b)?;
    /// assert!((harmonic.unwrap() - 12.0901461).abs() < 1e-6);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn run_combine<R, F>(mut self, f: F, combine: impl Fn(R, R) -> R) -> Result<Option<R>>
    where
        R: Serialize + DeserializeOwned,
        F: Fn(&JobContext<'_, S>, T) -> R,
    {
        let serial = self.plan.is_serial()?;
        let jobs = self.jobs.len();
        let settings = self.plan.settings(Some(jobs))?;
        if jobs == 0 {
            return Ok(None);
        }
        let pieces = jobs.min(16 * settings.size);
        let piece = |number: usize| block(jobs, pieces, number);
        let bar = self.plan.bar(Some(jobs));
        let mut reduction = InOrder::default();
        if serial {
            let serial = Serial::default();
            let mut caller = Caller { serial: &serial, seed: self.plan.seed, init: &self.init, context: None };
            for number in 0..pieces {
                let mut sum = None;
                for index in piece(number) {
                    let Some(job) = self.jobs.next() else { unreachable!("there are {jobs} jobs") };
                    sum = caller.run(index, |context| {
                        let value = f(context, job);
                        Some(joined(sum.take(), value, &combine))
                    })?;
                    bar.advance(1);
                }
                if let Some(sum) = sum {
                    reduction.put(number, sum, &combine);
                }
            }
            bar.finish();
            return Ok(reduction.value);
        }
        let supply = self.jobs;
        let unit = |context: &JobContext<'_, S>, hand: &mut Hand, number: usize| {
            let mut sum = None;
            for index in piece(number) {
                hand.check();
                context.begin(index);
                let value = f(context, supply.job(hand, index));
                sum = Some(joined(sum, value, &combine));
                context.end();
            }
            if let Some(sum) = sum {
                hand.send(number, sum);
            }
        };
        let task = Task { init: &self.init, unit: &unit, dealing: self.plan.dealing(pieces), seed: self.plan.seed };
        drive(&settings, (task.entry(), task.address()), &mut Nothing, &mut |record| {
            bar.advance(piece(record.unit).len());
            reduction.put(record.unit, read(&record, piece(record.unit))?, &combine);
            Ok(())
        })?;
        bar.finish();
        Ok(reduction.value)
    }
}

/// The result of a job, or its own error.
type Outcome<R> = std::result::Result<R, JobError>;

/// As a job that can't fail.
fn never<S, J, R>(
    f: impl Fn(&JobContext<'_, S>, J) -> R,
) -> impl Fn(&JobContext<'_, S>, J) -> std::result::Result<R, Infallible> {
    move |context, job| Ok(f(context, job))
}

fn sure<R>(result: Outcome<R>) -> R {
    match result {
        Ok(value) => value,
        Err(error) => unreachable!("such a job returns no error: {error}"),
    }
}

fn joined<R>(sum: Option<R>, value: R, combine: impl Fn(R, R) -> R) -> R {
    match sum {
        Some(sum) => combine(sum, value),
        None => value,
    }
}

/// The result of these jobs.
fn read<R: DeserializeOwned>(record: &Record<'_>, jobs: Range<usize>) -> Result<R> {
    postcard::from_bytes(record.bytes).map_err(|source| {
        let (rank, first, last) = (record.rank, jobs.start, jobs.end - 1);
        let jobs = if first == last { format!("job {first}") } else { format!("jobs {first} to {last}") };
        let message = format!("the result of {jobs} on rank {rank} of `{NAME}` can't be read: {source}");
        Error::new(ErrorKind::Output, message).with_rank(rank).with_job(Some(first))
    })
}

fn refused(index: usize, message: &str) -> Error {
    let text = format!("rank 0 of `{NAME}`, in job {index}, failed: {message}");
    Error::new(ErrorKind::Function, text).with_rank(0).with_job(Some(index))
}

/// Results that come in any order.
struct Results<R>(Vec<Option<R>>);

impl<R> Default for Results<R> {
    fn default() -> Self {
        Results(Vec::new())
    }
}

impl<R> Results<R> {
    fn put(&mut self, index: usize, result: R) {
        if self.0.len() <= index {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index] = Some(result);
    }

    fn in_order(self) -> Vec<R> {
        self.0.into_iter().flatten().collect()
    }
}

/// A reduction in the order of numbers, of values that come in any order.
struct InOrder<R> {
    value: Option<R>,
    next: usize,
    early: BTreeMap<usize, R>,
}

impl<R> Default for InOrder<R> {
    fn default() -> Self {
        InOrder { value: None, next: 0, early: BTreeMap::new() }
    }
}

impl<R> InOrder<R> {
    fn put(&mut self, number: usize, value: R, mut reduce: impl FnMut(R, R) -> R) {
        let mut due = Some(value);
        if number != self.next {
            self.early.extend(due.take().map(|value| (number, value)));
            return;
        }
        while let Some(value) = due {
            self.value = Some(match self.value.take() {
                Some(sum) => reduce(sum, value),
                None => value,
            });
            self.next += 1;
            due = self.early.remove(&self.next);
        }
    }
}

/// Jobs in the caller.
struct Caller<'a, S, N> {
    serial: &'a Serial,
    seed: u64,
    init: &'a N,
    context: Option<JobContext<'a, S>>,
}

impl<'a, S, N: Fn() -> S> Caller<'a, S, N> {
    fn run<R>(&mut self, index: usize, job: impl FnOnce(&JobContext<'_, S>) -> R) -> Result<R> {
        let Caller { serial, seed, init, context } = self;
        run_job(NAME, Some(index), || {
            let context = context.get_or_insert_with(|| JobContext::new(Place::Caller(serial), 0, 1, *seed, init()));
            context.begin(index);
            job(context)
        })
    }
}

impl Plan {
    /// How so many units are handed out.
    fn dealing(&self, units: usize) -> Dealing {
        Dealing::Dealt(units, self.schedule.unwrap_or(Schedule::Dynamic(1)))
    }
}
