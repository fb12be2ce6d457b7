//! The workers of a cluster, whatever carries them: posts jobs, waits for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::backend::Backend;
use super::dispatch::{Entry, number_of};
use super::pool_memory::PoolMemory;
use super::process_pool::ProcessPool;
use super::serial_pool::SerialPool;
use super::settings::Settings;
use super::thread_pool::ThreadPool;
use crate::array::Shared;
use crate::engine::Failure;
use crate::error::Result;
use crate::nodes::{SpreadPool, types_of};
use crate::point::{Point, reached};
use crate::segment::Segment;
use crate::sync::{Dispenser, wake};
use crate::view::Access;

/// The workers of one cluster.
pub(crate) enum Pool {
    Process(ProcessPool),
    Thread(ThreadPool),
    Serial(SerialPool),
    /// Processes on several nodes.
    Spread(Box<SpreadPool>),
}

/// How a call ended, seen from the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    Finished,
    Failed,
    /// The monitor was killed, and the workers with it.
    MonitorDied,
    /// The deadline passed and the monitor did not answer, so it was killed, and the workers with it.
    Stuck,
}

impl Pool {
    pub(super) fn start<S: Shared>(segment: &Arc<Segment>, settings: &Settings) -> Result<Self> {
        Ok(match settings.backend {
            Backend::Process => Pool::Process(ProcessPool::start(segment, settings)?),
            Backend::Thread => Pool::Thread(ThreadPool::start(segment, settings)?),
            Backend::Serial => Pool::Serial(SerialPool::start(segment, settings)?),
            Backend::Mpi => Pool::Spread(Box::new(SpreadPool::start(segment, settings, types_of::<S>)?)),
        })
    }

    pub(crate) fn memory(&self) -> &PoolMemory {
        match self {
            Pool::Process(pool) => &pool.memory,
            Pool::Thread(pool) => pool.memory(),
            Pool::Serial(pool) => pool.memory(),
            Pool::Spread(pool) => &pool.local.memory,
        }
    }

    /// Whether the pool can take another job.
    pub(crate) fn is_whole(&mut self) -> bool {
        match self {
            Pool::Process(pool) => pool.is_whole(),
            Pool::Spread(pool) => pool.is_whole(),
            Pool::Thread(_) | Pool::Serial(_) => true,
        }
    }

    /// Posts a job and gives its number; the last one must be over.
    ///
    /// # Errors
    ///
    /// When the job can't be run on several nodes.
    pub(crate) fn post(
        &mut self,
        job: (Entry, &[Access]),
        arguments: usize,
        seed: u64,
        written: Vec<usize>,
        name: &str,
    ) -> Result<u32> {
        match self {
            Pool::Spread(pool) => pool.post(job, arguments, seed, written, name),
            Pool::Process(_) | Pool::Thread(_) | Pool::Serial(_) => Ok(post(self.memory(), job.0, arguments, seed)),
        }
    }

    /// Bytes of arrays that have gone from node to node.
    pub(crate) fn moved(&self) -> u64 {
        match self {
            Pool::Spread(pool) => pool.moved(),
            Pool::Process(_) | Pool::Thread(_) | Pool::Serial(_) => 0,
        }
    }

    /// Why the last call failed, and at which rank.
    pub(crate) fn failure(&self) -> (Option<Failure>, Option<usize>) {
        match self {
            Pool::Spread(pool) => pool.failure.unwrap_or_else(|| pool.local.memory.control().failure()),
            Pool::Process(_) | Pool::Thread(_) | Pool::Serial(_) => self.memory().control().failure(),
        }
    }

    /// Waits until every worker is out of the call.
    pub(crate) fn wait(&mut self, number: u32, function: &str, deadline: Option<Instant>) -> Over {
        match self {
            Pool::Process(pool) => pool.wait(number, deadline),
            Pool::Thread(pool) => pool.wait(number, function, deadline),
            Pool::Serial(pool) => pool.run(number, deadline),
            Pool::Spread(pool) => pool.wait(number, deadline),
        }
    }
}

/// Posts a job to whoever serves the pool of this memory, and gives its number; the last one must be over.
pub(crate) fn post(memory: &PoolMemory, entry: Entry, arguments: usize, seed: u64) -> u32 {
    let control = memory.control();
    let job = &control.job.0;
    // Zero is no call.
    let number = job.number.load(Ordering::Relaxed).wrapping_add(1).max(1);
    for slot in memory.slots() {
        slot.death.store(0, Ordering::Relaxed);
        slot.overdue.store(0, Ordering::Relaxed);
        slot.contribution_most.store(0, Ordering::Relaxed);
    }
    memory.row_dispensers().for_each(Dispenser::reset);
    job.entry.store(number_of(entry), Ordering::Relaxed);
    job.arguments.store(arguments, Ordering::Relaxed);
    job.seed.store(seed, Ordering::Relaxed);
    control.open_call(number);
    reached(Point::DriverPosting);
    job.number.store(number, Ordering::SeqCst);
    if job.sleepers.load(Ordering::SeqCst) > 0 {
        wake(&job.number, u32::MAX, u32::MAX);
    }
    reached(Point::DriverPosted);
    number
}
