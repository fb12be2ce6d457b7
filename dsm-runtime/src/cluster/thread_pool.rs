//! Workers that are threads of the driver's process. The driver, which waits, watches over the call itself.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{Pid, gettid};

use super::carrier::Carrier;
use super::deadlock;
use super::pool::Over;
use super::pool_memory::PoolMemory;
use super::settings::Settings;
use super::thread_rank::{Common, end_the_program};
use super::worker::{Idle, next_job, run};
use crate::engine::Failure;
use crate::error::{Error, Result};
use crate::point::{Point, become_worker, reached};
use crate::process::Carried;
use crate::segment::Segment;
use crate::sync::{Patience, Wait, Waiting, wait_while, wake};
use crate::threads::{locked, wait_until_all_are_gone};

/// How often a waiting driver looks, whoever rings.
const LOOK: Duration = Duration::from_millis(50);
/// What a thread's stack may have, as far as the process's own limit goes: it costs memory only where it is used.
const STACK: std::ops::RangeInclusive<u64> = 2 << 20..=64 << 20;

/// Threads that run ranks, of all pools of this process.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// How many of this process's threads run ranks.
pub(super) fn threads() -> usize {
    THREADS.load(Ordering::Relaxed)
}

/// The threads of one cluster.
pub(super) struct ThreadPool {
    crew: Arc<Crew>,
    threads: Vec<JoinHandle<()>>,
    grace: Duration,
    idle: Idle,
}

/// What the driver and the threads have in common.
struct Crew {
    common: Common,
    bell: Bell,
    /// What the system calls the threads.
    numbers: Mutex<Vec<Pid>>,
}

/// A count of rings, which the driver sleeps on.
#[derive(Default)]
struct Bell {
    rings: AtomicU32,
    sleepers: AtomicU32,
}

impl Carrier for Bell {
    fn ring(&self) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            wake(&self.rings, u32::MAX, u32::MAX);
        }
    }

    fn tell_over(&self, _: &PoolMemory) {
        self.ring();
    }

    fn end(&self) -> ! {
        end_the_program()
    }
}

impl ThreadPool {
    pub(super) fn start(segment: &Arc<Segment>, settings: &Settings) -> Result<Self> {
        let Settings { size, grace, wait_policy, .. } = *settings;
        let common = Common::new(segment, settings)?;
        let crew = Arc::new(Crew { common, bell: Bell::default(), numbers: Mutex::default() });
        let mut pool = ThreadPool { crew, threads: Vec::with_capacity(size), grace, idle: Idle(wait_policy) };
        for rank in 0..size {
            let crew = Arc::clone(&pool.crew);
            let thread = thread::Builder::new().name(format!("dsm rank {rank}")).stack_size(stack_size());
            // Those that are there are joined when the pool is dropped.
            let thread = thread
                .spawn(move || crew.work(rank))
                .map_err(|source| Error::os(format_args!("can't start {size} threads"), source))?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    pub(super) fn memory(&self) -> &PoolMemory {
        &self.crew.common.memory
    }

    /// Waits until every rank is out of the call; sees a failed one to its end.
    pub(super) fn wait(&self, number: u32, function: &str, deadline: Option<Instant>) -> Over {
        let ground = self.crew.common.ground();
        let control = ground.pool.control();
        let bell = &self.crew.bell;
        loop {
            let rings = bell.rings.load(Ordering::SeqCst);
            if control.has_finished(number) {
                return Over::Finished;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                control.fail_call(number, Failure::Deadline, None);
            }
            if control.is_running(number) && deadlock::found(ground, number) {
                control.fail_call(number, Failure::Deadlock, None);
            }
            if control.has_failed(number) {
                self.recover(number, function);
                return Over::Failed;
            }
            let look = Instant::now() + LOOK;
            self.wait_for_a_ring(rings, deadline.map_or(look, |deadline| deadline.min(look)));
        }
    }

    fn wait_for_a_ring(&self, rings: u32, until: Instant) {
        let bell = &self.crew.bell;
        let wait = Wait {
            word: &bell.rings,
            sleepers: &bell.sleepers,
            mask: u32::MAX,
            waiting: Waiting::Timed,
            deadline: Some(until),
            patience: Patience::EVENT,
        };
        wait_while(&self.idle, &wait, |now| now == rings);
    }

    /// Waits until everybody has left a failed call, and rebuilds the words. Nobody can be made to leave: after the grace
    /// period it is told who is waited for, again each time that the wait has doubled.
    fn recover(&self, number: u32, function: &str) {
        let ground = self.crew.common.ground();
        let begun = Instant::now();
        let mut tell_at = self.grace;
        let mut pause = Duration::from_millis(1);
        loop {
            let rings = self.crew.bell.rings.load(Ordering::SeqCst);
            let slots = ground.pool.slots();
            let inside: Vec<_> =
                slots.enumerate().filter(|(_, slot)| slot.answered.load(Ordering::Acquire) != number).collect();
            if inside.is_empty() {
                break;
            }
            ground.wake_sleepers();
            let waited = begun.elapsed();
            if waited >= self.grace {
                let milliseconds = u32::try_from(waited.as_millis()).unwrap_or(u32::MAX).max(1);
                inside.iter().for_each(|(_, slot)| slot.overdue.store(milliseconds, Ordering::Relaxed));
            }
            if waited >= tell_at {
                let ranks: Vec<_> = inside.iter().map(|(rank, _)| *rank).collect();
                tell_who_is_waited_for(function, &ranks, waited);
                tell_at = waited.saturating_mul(2);
            }
            self.wait_for_a_ring(rings, Instant::now() + pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        ground.rebuild(number);
        ground.pool.control().done.0.number.store(number, Ordering::SeqCst);
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        let control = self.memory().control();
        control.monitor.0.leave.store(1, Ordering::Release);
        // There is no call of this number: who sees it sees that it is to leave.
        control.job.0.number.fetch_add(1, Ordering::SeqCst);
        wake(&control.job.0.number, u32::MAX, u32::MAX);
        for thread in self.threads.drain(..) {
            // Nothing of a rank's panics comes this far.
            let _ = thread.join();
        }
        wait_until_all_are_gone(&self.crew.numbers);
    }
}

impl Crew {
    /// Runs the jobs of a rank until the pool is dropped.
    fn work(&self, rank: usize) {
        THREADS.fetch_add(1, Ordering::Relaxed);
        locked(&self.numbers).push(gettid());
        become_worker(rank);
        let Common { memory, wait_policy, .. } = &self.common;
        self.common.be_rank(rank, Carried::by_a_thread(), &self.bell, |worker| {
            reached(Point::WorkerForked);
            loop {
                let number = next_job(worker, *wait_policy);
                if memory.control().monitor.0.leave.load(Ordering::Acquire) != 0 {
                    break;
                }
                run(worker, number);
            }
        });
        THREADS.fetch_sub(1, Ordering::Relaxed);
    }
}

/// As much as the main thread's, on which a worker process runs.
fn stack_size() -> usize {
    let limit = getrlimit(Resource::RLIMIT_STACK).map_or(*STACK.start(), |(soft, _)| soft);
    usize::try_from(limit.clamp(*STACK.start(), *STACK.end())).unwrap_or(2 << 20)
}

fn tell_who_is_waited_for(function: &str, ranks: &[usize], waited: Duration) {
    let ranks = super::verdict::ranks(ranks);
    // Where nobody reads, nobody can be told.
    let _ = writeln!(
        io::stderr(),
        "dsm: `{function}` has failed, and waits since {waited:.1?} for {ranks} to reach a dsm operation: a worker that is \
         a thread can't be killed"
    );
}
