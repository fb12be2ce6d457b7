//! The station: this process's end of the network, with what has arrived and nobody has asked for yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::message::Message;
use super::net::Net;
use crate::process::Home;

/// The network, and the messages of each node in order.
pub(crate) struct Station {
    pub(super) net: Box<dyn Net>,
    queues: Vec<VecDeque<Message>>,
    /// How many workers each node has room for.
    pub(super) rooms: Vec<usize>,
    /// How many clusters and calls there have been.
    pub(super) last: u64,
}

struct Installed {
    station: Mutex<Station>,
    home: Home,
    /// How many threads this process had then: those of the network's library are no reason not to fork.
    threads: usize,
}

static STATION: OnceLock<Installed> = OnceLock::new();

/// Makes a network this process's; once.
pub(super) fn install(net: Box<dyn Net>) {
    let nodes = net.nodes();
    let queues = (0..nodes).map(|_| VecDeque::new()).collect();
    let station = Station { net, queues, rooms: vec![0; nodes], last: 0 };
    let installed =
        Installed { station: Mutex::new(station), home: Home::here(), threads: crate::cluster::threads().unwrap_or(1) };
    assert!(STATION.set(installed).is_ok(), "a process joins one network");
}

/// How many threads a process has that has made none itself: more than one where a network's library makes some.
pub(crate) fn usual_threads() -> usize {
    STATION.get().filter(|installed| installed.home.is_this_process()).map_or(1, |installed| installed.threads)
}

/// Whether there is one, and this is the process that joined it: its children do not speak for it.
pub(crate) fn is_there() -> bool {
    STATION.get().is_some_and(|installed| installed.home.is_this_process())
}

/// The station, for as long as one thing is said and answered: a cluster is made, a call is run.
pub(super) fn station() -> Option<MutexGuard<'static, Station>> {
    let installed = STATION.get().filter(|installed| installed.home.is_this_process())?;
    Some(installed.station.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Station {
    pub(super) fn node(&self) -> usize {
        self.net.node()
    }

    pub(super) fn nodes(&self) -> usize {
        self.net.nodes()
    }

    pub(super) fn post(&mut self, to: usize, message: &Message) {
        match postcard::to_stdvec(message) {
            Ok(bytes) => self.net.post(to, bytes),
            Err(error) => self.net.give_up(&format!("a message between nodes can't be written: {error}")),
        }
    }

    /// To nodes `0..count` but this one.
    pub(super) fn post_to_others(&mut self, count: usize, message: &Message) {
        let here = self.node();
        for to in (0..count).filter(|&to| to != here) {
            self.post(to, message);
        }
    }

    /// Takes in what has arrived; whether anything has.
    pub(super) fn receive(&mut self) -> bool {
        let mut any = false;
        while let Some((from, bytes)) = self.net.take() {
            any = true;
            match postcard::from_bytes(&bytes) {
                Ok(message) => self.queues[from].push_back(message),
                Err(error) => self.net.give_up(&format!("a message of node {from} can't be read: {error}")),
            }
        }
        any
    }

    /// The oldest message of a node that nobody has taken.
    pub(super) fn front(&self, from: usize) -> Option<&Message> {
        self.queues[from].front()
    }

    /// Whether a node has said that this call failed there: how, and at which rank; and whether nothing came before it.
    pub(super) fn failure(&self, from: usize, call: u64) -> Option<(u32, Option<usize>, bool)> {
        self.queues[from].iter().enumerate().find_map(|(position, message)| match *message {
            Message::Failed { call: of, failure, rank } if of == call => Some((failure, rank, position == 0)),
            _ => None,
        })
    }

    /// Takes the oldest errand, or reply to one, of this call, whatever came before it.
    pub(super) fn take_errand(&mut self, from: usize, call: u64) -> Option<Message> {
        let queue = &mut self.queues[from];
        let found = queue.iter().position(|message| {
            matches!(message, Message::Errand { call: of, .. } | Message::Reply { call: of, .. } if *of == call)
        })?;
        queue.remove(found)
    }

    /// Forgets what was said of calls before this one.
    pub(super) fn forget_before(&mut self, call: u64) {
        for queue in &mut self.queues {
            queue.retain(|message| match message {
                Message::Meet(meeting) => meeting.call >= call,
                Message::Failed { call: of, .. }
                | Message::Errand { call: of, .. }
                | Message::Reply { call: of, .. } => *of >= call,
                _ => true,
            });
        }
    }

    pub(super) fn take(&mut self, from: usize) -> Option<Message> {
        self.queues[from].pop_front()
    }

    /// Waits for the next message of a node that isn't about what happens inside a call.
    pub(super) fn next(&mut self, from: usize) -> Message {
        let mut idle = Idling::default();
        loop {
            match self.take(from) {
                Some(Message::Meet(_) | Message::Failed { .. } | Message::Errand { .. } | Message::Reply { .. }) => {
                    continue;
                }
                Some(message) => return message,
                None => {}
            }
            if !self.receive() {
                idle.pause();
            }
        }
    }

    /// What an agent says that understands nothing any more.
    pub(super) fn confused(&mut self, by: &str) -> ! {
        let node = self.node();
        self.net.give_up(&format!("node {node} did not expect {by}"))
    }
}

/// Waiting on a network, which can only be looked at: ever less eagerly.
#[derive(Default)]
pub(super) struct Idling {
    looks: u32,
}

impl Idling {
    const SPINS: u32 = 50;
    const YIELDS: u32 = 2_000;

    pub(super) fn pause(&mut self) {
        self.looks = self.looks.saturating_add(1);
        if self.looks <= Self::SPINS {
            std::hint::spin_loop();
        } else if self.looks <= Self::YIELDS {
            std::thread::yield_now();
        } else {
            // No event can be awaited on a network that is looked at.
            std::thread::sleep(Duration::from_micros(u64::from(self.looks - Self::YIELDS).min(500)));
        }
    }

    pub(super) fn again(&mut self) {
        self.looks = 0;
    }
}
