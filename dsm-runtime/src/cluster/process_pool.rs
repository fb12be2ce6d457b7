//! Workers that are processes, from the driver's side: starts the monitor, waits for the end of calls, ends the pool.

use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::bell::Bell;
use super::charge::Charge;
use super::child::{self, fork_child};
use super::control::MonitorState;
use super::dispatch::Entry;
use super::ground::Ground;
use super::monitor::{self, STILLBORN_WORKERS};
use super::pidfd;
use super::pool::{Over, post};
use super::pool_memory::{PoolLayout, PoolMemory};
use super::settings::{Purpose, Settings};
use super::thread_pool;
use super::worker::Idle;
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::nodes::usual_threads;
use crate::point::{Point, reached};
use crate::process::Home;
use crate::segment::inherited::Descriptor;
use crate::segment::lending;
use crate::segment::{Memory, Segment};
use crate::sync::{Patience, Wait, Waiting, wait_while};

/// How often a waiting driver looks whether the monitor is alive.
const LOOK: Duration = Duration::from_millis(50);
/// How long beyond the grace period a monitor may take to see a call to its end, or to leave.
const STUCK: Duration = Duration::from_secs(2);

/// The monitor and workers of one cluster.
pub(crate) struct ProcessPool {
    pub(crate) memory: PoolMemory,
    bell: Arc<Bell>,
    monitor: Pid,
    monitor_lives: bool,
    /// At its end when the monitor and every worker are gone.
    lifeline: Descriptor<PipeReader>,
    grace: Duration,
    idle: Idle,
    home: Home,
}

/// A driver's looks at a call that it waits for.
#[derive(Debug)]
pub(crate) struct Watch {
    number: u32,
    deadline: Option<Instant>,
    /// Since when the deadline has passed.
    overdue: Option<Instant>,
    /// Whether the monitor was killed because it did not answer.
    stuck: bool,
}

impl Watch {
    pub(crate) fn new(number: u32, deadline: Option<Instant>) -> Self {
        Watch { number, deadline, overdue: None, stuck: false }
    }

    /// When to look again, unless something happens before.
    pub(crate) fn next_look(&self) -> Instant {
        let look = Instant::now() + LOOK;
        self.deadline.filter(|_| self.overdue.is_none()).map_or(look, |deadline| deadline.min(look))
    }
}

impl ProcessPool {
    /// Forks the monitor, which forks the workers; returns when all are forked.
    pub(crate) fn start(segment: &Arc<Segment>, settings: &Settings) -> Result<Self> {
        let Settings { size, grace, wait_policy, .. } = *settings;
        static STARTING: Mutex<()> = Mutex::new(());
        // The streams are held across the fork. Whoever prints may start a cluster too, so they come first.
        let streams = (io::stdout().lock(), io::stderr().lock());
        // One at a time, so that no other thread's fork falls between the making of a descriptor and its registration.
        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        refuse_threads(settings)?;
        refuse_unwinding()?;
        segment.recover_locks_if_used();
        let layout = PoolLayout::new(
            size,
            settings.first..settings.first + settings.here,
            segment.fields.len(),
            segment.memory.length(),
        );
        let memory = PoolMemory::create(layout)?;
        let bell = Arc::new(Bell::new()?);
        let (lifeline, write_end) = lifeline()?;
        let driver = pidfd::open(nix::unistd::getpid()).map_err(|errno| Error::os("can't open a pidfd", errno))?;
        let driver = Descriptor::new(driver);
        // Held across the fork, so that none of these goes meanwhile and its descriptor becomes another's.
        let lending = lending::hold();
        let lent = settings.loan.map_or(Vec::new(), |loan| lending.made_before(loan.first));
        let mut keep = vec![
            memory.descriptor(),
            segment.memory.descriptor(),
            bell.descriptor(),
            write_end.number(),
            driver.number(),
        ];
        keep.extend(lent.iter().map(|array| array.descriptor));
        let forked = fork_child(&keep, || {
            // The child is a process of its own, with clusters of its own to start and threads that print.
            drop((starting, streams));
            drop(lending);
            if lending::attach(&lent).is_err() {
                child::exit(child::UNFIT);
            }
            child::close(&lent.iter().map(|array| array.descriptor).collect::<Vec<_>>());
            watch_over(segment, &memory, &bell, &write_end, driver.as_fd(), settings);
        });
        let monitor =
            forked.map_err(|errno| Error::os("can't fork the process that watches over the workers", errno))?;
        drop(write_end);
        reached(Point::DriverForked);
        let mut pool = ProcessPool {
            memory,
            bell,
            monitor,
            monitor_lives: true,
            lifeline,
            grace,
            idle: Idle(wait_policy),
            home: Home::here(),
        };
        pool.wait_until_started(settings)?;
        Ok(pool)
    }

    fn wait_until_started(&mut self, settings: &Settings) -> Result<()> {
        let size = settings.size;
        // A monitor that is stopped starts nobody; a deadline holds all the same.
        let late = settings.deadline.and_then(|deadline| Instant::now().checked_add(deadline)?.checked_add(STUCK));
        loop {
            if late.is_some_and(|late| Instant::now() >= late) {
                let _ = kill(self.monitor, Signal::SIGKILL);
                self.wait_until_all_are_gone();
                return Err(late_start(settings));
            }
            let words = &self.memory.control().monitor.0;
            let wait = Wait {
                word: &words.state,
                sleepers: &words.sleepers,
                mask: u32::MAX,
                waiting: Waiting::Timed,
                deadline: Some(Instant::now() + LOOK),
                patience: Patience::EVENT,
            };
            wait_while(&self.idle, &wait, |word| MonitorState::from_word(word) == MonitorState::Starting);
            match self.state() {
                MonitorState::Starting if self.monitor_is_alive() => {}
                MonitorState::Ready => return Ok(()),
                MonitorState::Starting => return Err(not_started(size)),
                MonitorState::Broken(STILLBORN_WORKERS) => return Err(stillborn()),
                MonitorState::Broken(errno) => {
                    return Err(Error::os(format_args!("can't fork {size} workers"), Errno::from_raw(errno)));
                }
            }
        }
    }

    pub(crate) fn state(&self) -> MonitorState {
        MonitorState::from_word(self.memory.control().monitor.0.state.load(Ordering::SeqCst))
    }

    /// Whether the pool can take another job.
    pub(crate) fn is_whole(&mut self) -> bool {
        self.state() == MonitorState::Ready && self.monitor_is_alive()
    }

    /// Posts a job and gives its number; the last one must be over.
    pub(crate) fn post(&self, entry: Entry, arguments: usize, seed: u64) -> u32 {
        post(&self.memory, entry, arguments, seed)
    }

    /// Waits until every worker is out of the call.
    pub(crate) fn wait(&mut self, number: u32, deadline: Option<Instant>) -> Over {
        let mut watch = Watch::new(number, deadline);
        loop {
            let done = &self.memory.control().done.0;
            let wait = Wait {
                word: &done.number,
                sleepers: &done.sleepers,
                mask: u32::MAX,
                waiting: Waiting::Timed,
                deadline: Some(watch.next_look()),
                patience: Patience::EVENT,
            };
            wait_while(&self.idle, &wait, |done| done != number);
            if let Some(over) = self.look(&mut watch) {
                return over;
            }
        }
    }

    /// How the call ended, if it has; else sees to it that it will.
    pub(crate) fn look(&mut self, watch: &mut Watch) -> Option<Over> {
        let Watch { number, deadline, .. } = *watch;
        if let Some(over) = self.over(number) {
            return Some(over);
        }
        if !self.monitor_is_alive() {
            self.wait_until_all_are_gone();
            return Some(self.over(number).unwrap_or(if watch.stuck { Over::Stuck } else { Over::MonitorDied }));
        }
        let control = self.memory.control();
        if watch.overdue.is_none() && deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            watch.overdue = Some(Instant::now());
            control.fail_call(number, Failure::Deadline, None);
        }
        // A monitor that is stopped sees no call to its end; a deadline holds all the same.
        if watch.overdue.is_some_and(|since| since.elapsed() > self.grace.saturating_add(STUCK)) {
            watch.stuck = true;
            let _ = kill(self.monitor, Signal::SIGKILL);
        }
        // A pool that broke just before the job was posted has nobody left to fail the call.
        if self.state() != MonitorState::Ready {
            control.fail_call(number, Failure::Fork, None);
        }
        // The monitor may as well look too: a bell it missed costs no more than this.
        self.bell.ring();
        None
    }

    /// Whether this is the process that started the pool.
    pub(crate) fn is_at_home(&self) -> bool {
        self.home.is_this_process()
    }

    /// Fails a call that the driver gives up, and waits until every worker is out of it.
    pub(crate) fn abandon(&mut self, number: u32) {
        self.memory.control().fail_call(number, Failure::Abandoned, None);
        self.bell.ring();
        // From now on a monitor that doesn't answer is killed, as after a deadline.
        self.wait(number, Some(Instant::now()));
    }

    /// Fails a call for what happened on another node, at a rank there.
    pub(crate) fn fail(&self, number: u32, failure: Failure, rank: Option<usize>) {
        if self.memory.control().fail_call(number, failure, rank) {
            self.bell.ring();
        }
    }

    /// How the call ended, if it has.
    pub(crate) fn over(&self, number: u32) -> Option<Over> {
        let control = self.memory.control();
        let done = control.done.0.number.load(Ordering::Acquire) == number;
        if control.has_finished(number) {
            Some(Over::Finished)
        } else if done && control.has_failed(number) {
            Some(Over::Failed)
        } else {
            None
        }
    }

    fn monitor_is_alive(&mut self) -> bool {
        if self.monitor_lives {
            let status = waitpid(self.monitor, Some(WaitPidFlag::WNOHANG));
            self.monitor_lives = matches!(status, Ok(WaitStatus::StillAlive) | Err(Errno::EINTR));
        }
        self.monitor_lives
    }

    fn are_all_gone_within(&self, patience: Duration) -> bool {
        let mut events = [PollFd::new(self.lifeline.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(patience.as_millis()).unwrap_or(PollTimeout::MAX);
        // Interrupted, the monitor is killed a little early, which costs nothing.
        poll(&mut events, timeout).is_ok_and(|ready| ready > 0)
    }

    /// Workers are killed with the monitor, but killed isn't gone: the pipe ends when the last of them is.
    fn wait_until_all_are_gone(&self) {
        let mut byte = [0];
        while let Err(error) = (&*self.lifeline).read(&mut byte) {
            if error.kind() != io::ErrorKind::Interrupted {
                break;
            }
        }
    }
}

impl Drop for ProcessPool {
    fn drop(&mut self) {
        if !self.home.is_this_process() {
            return;
        }
        self.memory.control().monitor.0.leave.store(1, Ordering::Release);
        self.bell.ring();
        reached(Point::DriverLeaving);
        if self.monitor_lives && !self.are_all_gone_within(STUCK) {
            let _ = kill(self.monitor, Signal::SIGKILL);
        }
        while self.monitor_lives && waitpid(self.monitor, None) == Err(Errno::EINTR) {}
        self.wait_until_all_are_gone();
    }
}

/// The error for a monitor that ended before it was ready.
fn not_started(size: usize) -> Error {
    Error::new(
        ErrorKind::Monitor,
        format!(
            "the process that was to fork {size} workers ended before it had: it was killed, or memory or address space ran \
             out (`ulimit -v`; each cluster maps up to 1 TiB, which costs memory only where it is used)"
        ),
    )
}

/// The error for workers that die before they have begun a job, one after the other.
fn stillborn() -> Error {
    Error::new(
        ErrorKind::Os,
        "the worker of a rank ends as soon as it starts, again and again: it is killed, or a handler that runs after \
         each fork (`pthread_atfork`) fails",
    )
}

/// The error for a monitor that did not start the workers in time.
fn late_start(settings: &Settings) -> Error {
    let Settings { size, deadline, .. } = *settings;
    let deadline = deadline.unwrap_or_default();
    Error::new(
        ErrorKind::Deadline,
        format!(
            "the process that was to fork {size} workers had not within {deadline:?} and {STUCK:?} (is it stopped?)"
        ),
    )
}

/// The error for a monitor that is gone.
pub(crate) fn monitor_died(when: &str) -> Error {
    Error::new(
        ErrorKind::Monitor,
        format!("the process that watches over the workers was killed {when}; the next call starts a new one"),
    )
}

fn lifeline() -> Result<(Descriptor<PipeReader>, Descriptor<PipeWriter>)> {
    Descriptor::pair(io::pipe).map_err(|source| Error::os("can't make a pipe", source))
}

fn refuse_threads(settings: &Settings) -> Result<()> {
    let Some(threads) = child::threads().filter(|&threads| threads > usual_threads() && !settings.allow_threads) else {
        return Ok(());
    };
    let ranks = match thread_pool::threads() {
        0 => String::new(),
        ranks => format!(" ({ranks} of them run the ranks of clusters with the backend `thread`)"),
    };
    let (before, allow) = match settings.purpose {
        Purpose::Cluster => ("call `cluster.start()` before", "`Cluster::builder(…).allow_threads()`"),
        Purpose::Map => ("run the map before", "`dsm::map(…).allow_threads()`"),
        Purpose::Background => ("start the background process before", "`dsm::Background::start_among_threads`"),
    };
    Err(Error::new(
        ErrorKind::Threads,
        format!(
            "this process has {threads} threads{ranks}, and workers forked now may find a lock held for ever by a thread that \
             isn't theirs: {before} the first thread is made (first thing in main), or use {allow} when the others are \
             known to be harmless; in tests, use #[dsm::test]"
        ),
    ))
}

/// A child would go on panicking for its whole life: it could set no panic hook, and take every panic for a second one.
fn refuse_unwinding() -> Result<()> {
    if !std::thread::panicking() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Misuse,
        "workers can't be forked by a destructor that runs because of a panic: call `cluster.start()` before"
            .to_owned(),
    ))
}

/// The monitor's first steps: its own mappings of the memory.
fn watch_over(
    segment: &Segment,
    memory: &PoolMemory,
    bell: &Arc<Bell>,
    lifeline: &Descriptor<PipeWriter>,
    driver: BorrowedFd<'_>,
    settings: &Settings,
) {
    let attached = PoolMemory::attach(memory.descriptor(), memory.layout)
        .and_then(|pool| Ok((pool, Memory::attach(segment.memory.descriptor(), segment.memory.length())?)));
    let Ok((pool, arrays)) = attached else { child::exit(child::UNFIT) };
    child::close(&[memory.descriptor(), segment.memory.descriptor()]);
    let charge = Charge {
        ground: Ground {
            pool: Box::leak(Box::new(pool)),
            arrays: Box::leak(Box::new(arrays)),
            fields: Box::leak(segment.fields.clone().into_boxed_slice()),
        },
        bell: Box::leak(Box::new(Arc::clone(bell))),
        lifeline: lifeline.number(),
        grace: settings.grace,
        wait_policy: settings.wait_policy,
        purpose: settings.purpose,
        way: settings.way,
        loan: settings.loan,
    };
    monitor::run(charge, driver, lifeline.as_fd())
}
