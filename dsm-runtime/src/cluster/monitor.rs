//! The monitor: a single-threaded process between the driver and the workers.
//!
//! It forks the workers, waits for them, replaces the dead, finds deadlocks, sees a failed call to its end, and is the
//! one who cleans up: it watches the driver by a pidfd and ends the workers when the driver is gone. Workers die with it.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid};

use super::charge::Charge;
use super::child::{self, UNFIT, fork_child};
use super::control::{MonitorState, RankSlot};
use super::deadlock;
use super::ground::Ground;
use super::process_worker;
use super::settings::{Loan, Purpose};
use crate::engine::Failure;
use crate::point::{Point, reached};
use crate::segment::inherited;
use crate::segment::lending;
use crate::sync::wake;
use crate::view::ViewBase;

/// How often a rank's worker may die before it has begun a job, in a row, until the call is given up.
const STILLBORN: u32 = 5;
/// What stands for an errno then.
pub(super) const STILLBORN_WORKERS: i32 = 0;

/// The monitor's state.
struct Monitor<'d> {
    charge: Charge,
    driver: BorrowedFd<'d>,
    lifeline: BorrowedFd<'d>,
    children: SignalFd,
    /// The process of each rank; `None` once it is reaped.
    workers: Vec<Option<Process>>,
    /// How many workers of each rank, in a row, have died before they began a job.
    stillborn: Vec<u32>,
}

/// A worker's process.
struct Process {
    pid: Pid,
    /// The last job its rank had begun when it was forked.
    started_before: u32,
}

/// Runs the monitor until the driver leaves or dies; doesn't return.
///
/// `lifeline` is the end of the pipe that the monitor and its workers hold; the driver's end closes when the driver ends,
/// or becomes another program.
pub(crate) fn run(charge: Charge, driver: BorrowedFd<'_>, lifeline: BorrowedFd<'_>) -> ! {
    let mut blocked = SigSet::empty();
    blocked.add(Signal::SIGCHLD);
    child::reset_signals(&blocked);
    // Whatever the driver's group is told to end by, the driver decides; the monitor ends when the driver does.
    child::ignore_requests_to_end();
    let children = match SignalFd::with_flags(&blocked, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK) {
        Ok(children) => children,
        Err(errno) => give_up(&charge, errno),
    };
    for descriptor in [driver.as_raw_fd(), children.as_fd().as_raw_fd(), charge.bell.descriptor(), charge.lifeline] {
        inherited::add_descriptor(descriptor);
    }
    let local = charge.ground.pool.layout.local();
    let mut monitor = Monitor {
        charge,
        driver,
        lifeline,
        children,
        workers: local.clone().map(|_| None).collect(),
        stillborn: vec![0; local.len()],
    };
    reached(Point::MonitorForked);
    for worker in 0..local.len() {
        if let Err(errno) = monitor.fork_worker(worker) {
            monitor.kill_all();
            give_up(&monitor.charge, errno);
        }
    }
    reached(Point::MonitorReady);
    monitor.charge.announce(MonitorState::Ready);
    monitor.watch()
}

fn give_up(charge: &Charge, errno: Errno) -> ! {
    charge.announce(MonitorState::Broken(errno as i32));
    child::exit(UNFIT)
}

impl Monitor<'_> {
    /// Forks one of the workers that run here.
    fn fork_worker(&mut self, worker: usize) -> nix::Result<()> {
        reached(Point::MonitorForking);
        let rank = self.rank_of(worker);
        let monitor = getpid();
        let started_before = self.charge.ground.pool.slot(rank).started.load(Ordering::Acquire);
        let Charge { ground: Ground { pool, arrays, fields }, bell, lifeline, wait_policy, way, loan, .. } =
            self.charge;
        let keep = [bell.descriptor(), lifeline];
        let pid = fork_child(&keep, || {
            child::reset_signals(&SigSet::empty());
            child::die_with(monitor);
            child::volunteer_for_oom();
            if let Some(Loan { first, whole }) = loan
                && lending::become_process(first + rank as u64, whole).is_err()
            {
                child::exit(UNFIT);
            }
            // Children of the worker's own must not hold them.
            keep.into_iter().for_each(inherited::add_descriptor);
            let size = pool.layout.size;
            let base = ViewBase {
                rank,
                size,
                memory: arrays,
                fields,
                partials: pool.partials(),
                way,
                here: pool.layout.local(),
            };
            let base: &'static ViewBase = Box::leak(Box::new(base));
            process_worker::work(pool, base, bell, wait_policy)
        })?;
        self.charge.ground.pool.slot(rank).process.store(pid.as_raw() as u32, Ordering::Release);
        self.workers[worker] = Some(Process { pid, started_before });
        Ok(())
    }

    fn rank_of(&self, worker: usize) -> usize {
        self.charge.ground.pool.layout.local().start + worker
    }

    fn watch(&mut self) -> ! {
        loop {
            self.poll(None);
            self.reap();
            let control = self.charge.ground.pool.control();
            let number = control.job.0.number.load(Ordering::Acquire);
            if !(self.charge.purpose != Purpose::Cluster && control.has_failed(number)) {
                self.revive();
            }
            if control.is_running(number) && deadlock::found(self.charge.ground, number) {
                control.fail_call(number, Failure::Deadlock, None);
            }
            if control.is_failing(number) {
                self.recover(number);
            }
        }
    }

    /// Waits for something to happen, or the timeout; leaves for good when the driver is gone or wants it.
    fn poll(&mut self, timeout: Option<Duration>) {
        reached(Point::MonitorPolling);
        let timeout = timeout.map_or(PollTimeout::NONE, |timeout| {
            PollTimeout::try_from(timeout.as_millis().max(1)).unwrap_or(PollTimeout::MAX)
        });
        let mut events = [
            PollFd::new(self.driver, PollFlags::POLLIN),
            PollFd::new(self.charge.bell.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.children.as_fd(), PollFlags::POLLIN),
            // Nothing is asked for: an error is told all the same, and means that the other end is closed.
            PollFd::new(self.lifeline, PollFlags::empty()),
        ];
        // An interrupted wait is one that ended early.
        let _ = poll(&mut events, timeout);
        let driver_is_gone = events[0].any().unwrap_or(false) || events[3].any().unwrap_or(false);
        self.charge.bell.clear();
        while let Ok(Some(_)) = self.children.read_signal() {}
        let wanted = self.charge.ground.pool.control().monitor.0.leave.load(Ordering::Acquire) == 0;
        if driver_is_gone || !wanted {
            reached(Point::MonitorLeaving);
            self.kill_all();
            child::exit(0);
        }
    }

    /// Kills every worker and waits until each is gone.
    fn kill_all(&mut self) {
        for Process { pid, .. } in self.workers.iter().flatten() {
            let _ = kill(*pid, Signal::SIGKILL);
        }
        for worker in &mut self.workers {
            if let Some(Process { pid, .. }) = worker.take() {
                while waitpid(pid, None) == Err(Errno::EINTR) {}
            }
        }
    }

    /// Takes note of workers that have died; a death in the middle of a call fails it.
    fn reap(&mut self) {
        let control = self.charge.ground.pool.control();
        for worker in 0..self.workers.len() {
            let Some(process) = &self.workers[worker] else { continue };
            let Some(status) = child::reap(process.pid) else { continue };
            reached(Point::MonitorReaped);
            let rank = self.rank_of(worker);
            let slot = self.charge.ground.pool.slot(rank);
            // The number is read after the death: what the rank had begun by then is all it ever will.
            let number = control.job.0.number.load(Ordering::Acquire);
            let started = slot.started.load(Ordering::Acquire);
            let stillborn = started == process.started_before;
            self.stillborn[worker] = if stillborn { self.stillborn[worker] + 1 } else { 0 };
            self.workers[worker] = None;
            if started == number && slot.answered.load(Ordering::Acquire) != number {
                slot.death.store(status, Ordering::Release);
                let failure = if libc::WIFSIGNALED(status) { Failure::Died } else { Failure::Exited };
                control.fail_call(number, failure, Some(rank));
            }
        }
    }

    /// Replaces workers that died between calls, or before they began the one that is running: nothing is lost.
    ///
    /// A call that has failed comes first: `recover` replaces its dead.
    fn revive(&mut self) {
        let control = self.charge.ground.pool.control();
        let number = control.job.0.number.load(Ordering::Acquire);
        for worker in 0..self.workers.len() {
            if self.workers[worker].is_none() && !control.is_failing(number) {
                self.replace(worker, number);
            }
        }
    }

    fn replace(&mut self, worker: usize, number: u32) {
        let given_up = (self.stillborn[worker] > STILLBORN).then_some(STILLBORN_WORKERS);
        let why = given_up.or_else(|| self.fork_worker(worker).err().map(|errno| errno as i32));
        if let Some(why) = why {
            // The driver finds a pool that can't be made whole, and makes another.
            self.charge.announce(MonitorState::Broken(why));
            self.charge.ground.pool.control().fail_call(number, Failure::Fork, Some(self.rank_of(worker)));
        }
    }

    /// Sees a failed call to its end: everybody out, all words rebuilt, the driver told, the dead replaced.
    fn recover(&mut self, number: u32) {
        reached(Point::MonitorRecovering);
        let begun = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            self.reap();
            if !self.anyone_in(number) {
                break;
            }
            if begun.elapsed() >= self.charge.grace {
                self.kill_overdue(number);
            } else {
                self.charge.ground.wake_sleepers();
                self.poll(Some(pause));
                pause = (pause * 2).min(Duration::from_millis(20));
            }
        }
        self.charge.ground.rebuild(number);
        reached(Point::MonitorRecovered);
        let control = self.charge.ground.pool.control();
        control.done.0.number.store(number, Ordering::SeqCst);
        wake(&control.done.0.number, u32::MAX, u32::MAX);
        if self.charge.purpose == Purpose::Cluster {
            // Replacements pick the next job up, however late they come.
            self.revive();
        }
    }

    /// Whether a living worker is still in the call, or may yet begin it.
    fn anyone_in(&self, number: u32) -> bool {
        let answered = |slot: &RankSlot| slot.answered.load(Ordering::Acquire) == number;
        self.workers
            .iter()
            .zip(self.charge.ground.pool.local_slots())
            .any(|(worker, slot)| worker.is_some() && !answered(slot))
    }

    fn kill_overdue(&mut self, number: u32) {
        for (worker, slot) in self.workers.iter_mut().zip(self.charge.ground.pool.local_slots()) {
            if slot.answered.load(Ordering::Acquire) != number
                && let Some(Process { pid, .. }) = worker.take()
            {
                slot.overdue.store(1, Ordering::Relaxed);
                let _ = kill(pid, Signal::SIGKILL);
                while waitpid(pid, None) == Err(Errno::EINTR) {}
            }
        }
    }
}
