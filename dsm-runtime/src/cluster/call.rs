//! A call: arguments out, job posted, results in.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::Instant;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cluster::Cluster;
use super::control::Answer;
use super::dispatch::Entry;
use super::job::{Job, entry_of};
use super::pool::{Over, Pool};
use super::process_pool::monitor_died;
use super::settings::Settings;
use super::travel::Incoming;
use super::verdict::{self, Subject};
use crate::error::{Error, ErrorKind, Result};
use crate::point::{Point, reached};
use crate::segment::Segment;
use crate::view::Access;

/// Calls a parallel function: runs it on every worker, and gives their results in rank order.
///
/// # Errors
///
/// When a worker fails, or the function returns an error; see [`ErrorKind`].
pub fn call<J: Job, A: Serialize>(cluster: &mut Cluster<J::Shared>, arguments: &A) -> Result<Vec<J::Value>> {
    let mut call = cluster.begin_call(J::NAME)?;
    call.run((entry_of::<J>(), J::ACCESS), |buffer| {
        let room = buffer.len();
        postcard::to_slice(arguments, buffer).map(|used| used.len()).map_err(|source| {
            let message = format!("the arguments of `{}` can't be sent ({room} bytes of room): {source}", J::NAME);
            Error::new(ErrorKind::Argument, message)
        })
    })?;
    let results: Vec<Incoming<J::Value>> = call.results()?;
    Ok(results.into_iter().map(|Incoming(value)| value).collect())
}

/// A call in the making; the arrays are the workers' until it is dropped.
pub(super) struct Call<'c> {
    pool: &'c mut Pool,
    segment: &'c Segment,
    name: &'static str,
    settings: &'c Settings,
    /// Of what is random in the call.
    seed: u64,
    /// Bytes of arguments.
    sent: usize,
    /// The arrays that the driver has written to since the last call.
    written: Vec<usize>,
    /// Whether something failed, so that nobody knows how much of a region was written.
    failed: bool,
}

impl<'c> Call<'c> {
    pub(super) fn begin(
        pool: &'c mut Pool,
        segment: &'c Segment,
        name: &'static str,
        settings: &'c Settings,
        seed: u64,
    ) -> Self {
        segment.set_busy(true);
        Call { pool, segment, name, settings, seed, sent: 0, written: Vec::new(), failed: true }
    }

    /// Notes which arrays the driver has written to.
    pub(super) fn note_written(&mut self, written: Vec<usize>) {
        self.written = written;
    }

    /// Runs a job with these clauses to its end.
    pub(super) fn run(
        &mut self,
        job: (Entry, &[Access]),
        write: impl FnOnce(&mut [u8]) -> Result<usize>,
    ) -> Result<()> {
        // SAFETY: no job runs, so no worker reads the region.
        self.sent = write(unsafe { self.pool.memory().arguments().bytes_mut() })?;
        self.segment.lower_flags();
        // A deadline beyond the clock's range is none.
        let deadline = self.settings.deadline.and_then(|deadline| Instant::now().checked_add(deadline));
        let written = std::mem::take(&mut self.written);
        let number = self.pool.post(job, self.sent, self.seed, written, self.name)?;
        let over = self.pool.wait(number, self.name, deadline);
        reached(Point::DriverReading);
        match over {
            Over::Finished => {
                self.failed = false;
                Ok(())
            }
            Over::Failed => {
                let failure = self.pool.failure();
                Err(verdict::error(self.pool.memory(), failure, &Subject::call(self.name), self.settings))
            }
            Over::MonitorDied => {
                self.segment.recover_locks();
                Err(monitor_died(&format!("during `{}`", self.name)))
            }
            Over::Stuck => {
                self.segment.recover_locks();
                Err(verdict::stuck(self.name, self.settings))
            }
        }
    }

    /// Every rank's result, or the first error that a rank's function returned.
    fn results<R: DeserializeOwned>(&self) -> Result<Vec<R>> {
        let memory = self.pool.memory();
        if let Some(rank) = memory.slots().position(|slot| slot.answer() == Answer::Refusal) {
            return Err(verdict::refusal(memory, rank, self.name));
        }
        (0..memory.layout.size).map(|rank| self.result(rank)).collect()
    }

    fn result<R: DeserializeOwned>(&self, rank: usize) -> Result<R> {
        let memory = self.pool.memory();
        let used = memory.slot(rank).answer_bytes.load(Ordering::Relaxed);
        // SAFETY: the call is over, so the rank no longer writes.
        postcard::from_bytes(unsafe { memory.result(rank).bytes(used) }).map_err(|source| {
            let message = format!("the result of rank {rank} of `{}` can't be read: {source}", self.name);
            Error::new(ErrorKind::Output, message).with_rank(rank)
        })
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.pool.memory().give_back(self.failed, self.sent);
        self.segment.set_busy(false);
    }
}
