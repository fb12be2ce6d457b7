//! Strikes at named points: which process, where, the how manieth time it comes there, and how; each happens once.

use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::sync::Mutex;

use dsm::__private::point::{self, Point};
use nix::fcntl::OFlag;

use nix::sys::signal::{Signal, raise};

use crate::bench::eventually;
use crate::faults::Fault;

/// What a strike does to the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blow {
    Fault(Fault),
    /// It is stopped, and continued once it stands still.
    StandStill,
    /// It is stopped for good.
    Stop,
}

/// One strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) point: Point,
    /// The rank, if a certain one.
    pub(crate) rank: Option<usize>,
    /// Counted in each process by itself, from 1.
    pub(crate) time: u32,
    pub(crate) blow: Blow,
}

impl Strike {
    /// The first time that any process comes to `point`.
    pub(crate) fn at(point: Point, fault: Fault) -> Self {
        Strike { point, rank: None, time: 1, blow: Blow::Fault(fault) }
    }

    /// The first process that comes to `point` stands still there for a moment.
    pub(crate) fn still_at(point: Point) -> Self {
        Strike { point, rank: None, time: 1, blow: Blow::StandStill }
    }

    /// The first process that comes to `point` stays there.
    pub(crate) fn stop_at(point: Point) -> Self {
        Strike { point, rank: None, time: 1, blow: Blow::Stop }
    }

    pub(crate) fn of_rank(self, rank: usize) -> Self {
        Strike { rank: Some(rank), ..self }
    }

    /// The `time`th time that a process comes there.
    pub(crate) fn for_the(self, time: u32) -> Self {
        Strike { time, ..self }
    }
}

struct Armed {
    strike: Strike,
    seen: u32,
    /// Holds one byte until the strike is made: whoever reads it makes it, in whichever process.
    permit: OwnedFd,
    /// Gets one byte, the rank plus one, from whoever makes it.
    made: OwnedFd,
}

static ARMED: Mutex<Vec<Armed>> = Mutex::new(Vec::new());

/// Those that were armed together.
pub(crate) struct Strikes {
    made: OwnedFd,
}

/// Arms these strikes instead of those before, in this process and those that are forked from now on.
pub(crate) fn arm(strikes: &[Strike]) -> Strikes {
    point::strike_with(reached);
    let (made, maker) = nix::unistd::pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
    let armed = strikes.iter().map(|&strike| {
        let (permit, giver) = nix::unistd::pipe2(OFlag::O_NONBLOCK | OFlag::O_CLOEXEC).unwrap();
        nix::unistd::write(giver, &[1]).unwrap();
        Armed { strike, seen: 0, permit, made: maker.try_clone().unwrap() }
    });
    *ARMED.lock().unwrap() = armed.collect();
    Strikes { made }
}

/// Takes back every strike that was not made, in whichever process it is armed.
pub(crate) fn disarm() {
    for armed in ARMED.lock().unwrap().drain(..) {
        let _ = nix::unistd::read(armed.permit.as_fd(), &mut [0]);
    }
}

impl Strikes {
    /// Waits until `count` strikes were made, and says on whom: the ranks, `None` for the monitor or the driver.
    ///
    /// A process may come to its last points when the driver has its results already.
    pub(crate) fn made(&self, count: usize) -> Vec<Option<usize>> {
        let mut made = Vec::new();
        eventually(|| {
            let mut bytes = [0; 16];
            let read = nix::unistd::read(self.made.as_fd(), &mut bytes).unwrap_or(0);
            made.extend(bytes[..read].iter().map(|&byte| usize::from(byte).checked_sub(1)));
            made.len() >= count
        });
        made
    }
}

fn reached(point: Point, rank: Option<usize>) {
    let mut due = None;
    // Nobody who holds it forks or dies.
    for armed in ARMED.lock().unwrap().iter_mut() {
        let Strike { point: at, rank: of, time, blow } = armed.strike;
        if point != at || of.is_some() && of != rank {
            continue;
        }
        armed.seen += 1;
        if due.is_none() && armed.seen == time && nix::unistd::read(armed.permit.as_fd(), &mut [0]) == Ok(1) {
            nix::unistd::write(armed.made.as_fd(), &[rank.map_or(0, |rank| rank as u8 + 1)]).unwrap();
            due = Some(blow);
        }
    }
    match due {
        Some(Blow::Fault(fault)) => fault.strike(),
        Some(Blow::StandStill) => stand_still(),
        Some(Blow::Stop) => raise(Signal::SIGSTOP).unwrap(),
        None => {}
    }
}

/// Stops this process; another waits until it is stopped, and continues it.
fn stand_still() {
    let continues = "while [ -e /proc/$1 ]; do grep -q '^State:.T' /proc/$1/status && kill -CONT $1 && exit; done";
    let own = std::process::id().to_string();
    let mut other = Command::new("sh").args(["-c", continues, "sh", &own]).spawn().unwrap();
    raise(Signal::SIGSTOP).unwrap();
    other.wait().unwrap();
}
