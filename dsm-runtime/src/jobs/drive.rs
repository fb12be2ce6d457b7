//! The driver's side of a map: starts a pool, takes results as they come, serves items, and ends the pool.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::asks::{answer, has_asks};
use super::memory::MapMemory;
use super::outbox::{Inbox, Record};
use super::source::{Driver, Feed};
use crate::cluster::{Entry, Idle, Loan, Over, ProcessPool, Settings, Subject, Watch, monitor_died, verdict};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::lending::LeaseGuard;
use crate::segment::{Declaration, Segment};
use crate::sync::{Patience, Wait, Waiting, wait_while};

/// What a user calls that runs jobs.
pub(super) const NAME: &str = "map";

/// Runs a task on workers of its own, and gives what they send to `deliver`.
pub(super) fn drive(
    settings: &Settings,
    (entry, address): (Entry, usize),
    feed: &mut impl Feed,
    deliver: &mut dyn FnMut(Record<'_>) -> Result<()>,
) -> Result<()> {
    // It holds no array; the pool wants one all the same.
    let segment = Arc::new(Segment::create(Declaration::new(NAME))?);
    // Ends when the pool is gone, also by unwinding.
    let lease = LeaseGuard::begin(settings.size, true);
    let settings = &Settings { loan: Some(Loan { first: lease.first(), whole: true }), ..*settings };
    let pool = ProcessPool::start(&segment, settings)?;
    // A deadline beyond the clock's range is none.
    let deadline = settings.deadline.and_then(|deadline| Instant::now().checked_add(deadline));
    let number = pool.post(entry, address, settings.seed);
    let inboxes = (0..settings.size).map(|_| Inbox::default()).collect();
    let mut running = Running {
        pool,
        lease: &lease,
        number,
        watch: Watch::new(number, deadline),
        over: None,
        inboxes,
        idle: Idle(settings.wait_policy),
    };
    running.serve(feed, deliver)?;
    match running.end(deadline) {
        Over::Finished => Ok(()),
        Over::Failed => {
            let memory = running.memory();
            let job_of = |rank| memory.rank(rank).own.0.job.load(Ordering::Relaxed).checked_sub(1);
            let failure = running.pool.memory.control().failure();
            Err(verdict::error(&running.pool.memory, failure, &Subject { function: NAME, job_of: &job_of }, settings))
        }
        Over::MonitorDied => Err(monitor_died(&format!("during `{NAME}`"))),
        Over::Stuck => Err(verdict::stuck(NAME, settings)),
    }
}

/// A map that runs. Dropped before it is over, its workers are stopped first.
struct Running<'l> {
    pool: ProcessPool,
    lease: &'l LeaseGuard,
    number: u32,
    watch: Watch,
    over: Option<Over>,
    inboxes: Vec<Inbox>,
    idle: Idle,
}

impl Running<'_> {
    /// Until every rank has sent its last result, or the map has failed.
    fn serve(&mut self, feed: &mut impl Feed, deliver: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<()> {
        let mut look = self.watch.next_look();
        loop {
            answer(self.memory(), self.lease, &self.idle);
            let words = self.memory().words();
            let seen = words.news.0.number.load(Ordering::SeqCst);
            // Asked before the results are: what a rank has sent before it ended is then seen.
            let ended = words.ended.0.load(Ordering::SeqCst) as usize == self.inboxes.len();
            let received = self.receive(feed, deliver)?;
            let served = !ended && self.feed(feed)?;
            if ended && !received {
                return Ok(());
            }
            if !received && !served {
                self.sleep(feed, seen, look);
            }
            let now = Instant::now();
            if now >= look {
                self.over = self.pool.look(&mut self.watch);
                look = self.watch.next_look();
                if self.over.is_some_and(|over| over != Over::Finished) {
                    return Ok(());
                }
            }
        }
    }

    /// Takes what has come; whether there was anything.
    fn receive(&mut self, feed: &mut impl Feed, deliver: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let memory = MapMemory::new(&self.pool.memory);
        let mut received = false;
        for (rank, inbox) in self.inboxes.iter_mut().enumerate() {
            if inbox.has_news(memory, rank) {
                received = true;
                inbox.drain(memory, rank, &self.idle, |record| {
                    feed.arrived(record.unit);
                    deliver(record)?;
                    answer(memory, self.lease, &self.idle);
                    Ok(())
                })?;
            }
        }
        if received {
            self.assert_at_home()?;
        }
        Ok(received)
    }

    fn feed(&mut self, feed: &mut impl Feed) -> Result<bool> {
        let served = feed.feed(&Driver { memory: self.memory(), idle: &self.idle })?;
        if served {
            self.assert_at_home()?;
        }
        Ok(served)
    }

    /// Sleeps until there is something to do, or it is time to look.
    fn sleep(&self, feed: &impl Feed, seen: u32, look: Instant) {
        let memory = self.memory();
        let news = &memory.words().news.0;
        let wait = Wait {
            word: &news.number,
            sleepers: &news.sleepers,
            mask: u32::MAX,
            waiting: Waiting::Timed,
            deadline: Some(look),
            patience: PATIENCE,
        };
        let driver = Driver { memory, idle: &self.idle };
        wait_while(&self.idle, &wait, |number| {
            let ended = memory.words().ended.0.load(Ordering::SeqCst) as usize == self.inboxes.len();
            let mut inboxes = self.inboxes.iter().enumerate();
            number == seen
                && !ended
                && !has_asks(memory)
                && !inboxes.any(|(rank, inbox)| inbox.has_news(memory, rank))
                && !feed.is_ready(&driver)
        });
    }

    /// How the map has ended, once it has.
    fn end(&mut self, deadline: Option<Instant>) -> Over {
        let over =
            self.over.filter(|&over| over != Over::Finished).unwrap_or_else(|| self.pool.wait(self.number, deadline));
        self.over = Some(over);
        over
    }

    fn memory(&self) -> MapMemory<'_> {
        MapMemory::new(&self.pool.memory)
    }

    /// The user's code may have forked, and its child come back here.
    fn assert_at_home(&self) -> Result<()> {
        if self.pool.is_at_home() {
            return Ok(());
        }
        let message = "a map goes on in the process that has begun it: end a process that is forked on its way there";
        Err(Error::new(ErrorKind::Process, message))
    }
}

/// The driver leaves its core to the workers before long.
const PATIENCE: Patience = Patience { spins: 100, yields: 20 };

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if self.over.is_none_or(|over| over == Over::Finished) && self.pool.is_at_home() {
            self.pool.abandon(self.number);
        }
    }
}
