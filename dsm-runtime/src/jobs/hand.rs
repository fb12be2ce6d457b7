//! A worker's side of a map: it takes units of work until there are none, and sends what they give.
#![allow(unsafe_code)]

use std::ops::Range;
use std::sync::atomic::Ordering;

use serde::Serialize;

use super::asks::asker;
use super::context::{JobContext, Place};
use super::memory::MapMemory;
use super::ordered;
use super::outbox::{Kind, NotSent, Outbox};
use crate::cluster::{Ended, Entry, Worker};
use crate::engine::{Engine as _, Failure};
use crate::schedule::{Deal, Indices, Schedule};
use crate::segment::lending::ask_by;
use crate::sync::{Asker, Outcome, Patience, Wait, Waiting, wait_while};

/// What the workers of a map do; it lies in the driver's memory as of the fork.
pub(super) struct Task<'a, N, U> {
    /// Makes a worker's state.
    pub(super) init: &'a N,
    /// Runs the unit of this number.
    pub(super) unit: &'a U,
    pub(super) dealing: Dealing,
    pub(super) seed: u64,
}

/// How units are handed out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Dealing {
    /// So many, by a schedule.
    Dealt(usize, Schedule),
    /// As the driver serves them.
    Served,
}

impl<S, N, U> Task<'_, N, U>
where
    N: Fn() -> S,
    U: Fn(&JobContext<'_, S>, &mut Hand, usize),
{
    /// What a worker calls.
    pub(super) fn entry(&self) -> Entry {
        work::<S, N, U>
    }

    /// By which a worker finds this.
    pub(super) fn address(&self) -> usize {
        std::ptr::from_ref(self).expose_provenance()
    }
}

fn work<S, N, U>(worker: &Worker, address: usize) -> Ended
where
    N: Fn() -> S,
    U: Fn(&JobContext<'_, S>, &mut Hand, usize),
{
    // SAFETY: the driver posted the entry and the address of one task, which it made before it forked this process and
    // keeps in its place until the call is over. So it lies in this process's copy of the driver's memory, which nobody
    // else reaches: nothing here returns into the driver's frames.
    let task = unsafe { &*std::ptr::with_exposed_provenance::<Task<'_, N, U>>(address) };
    let mut hand = Hand::new(worker);
    ask_by(asker(worker, hand.memory, hand.rank));
    let mut dealer = Dealer::new(task.dealing, &hand, task.seed);
    let mut context = None;
    while let Some(unit) = dealer.next(&mut hand) {
        let context = context.get_or_insert_with(|| {
            let place =
                Place::Worker { context: worker.context, memory: hand.memory, random: task.dealing.is_random() };
            JobContext::new(place, hand.rank, hand.memory.size(), task.seed, (task.init)())
        });
        (task.unit)(context, &mut hand, unit);
    }
    ordered::finish(hand.memory, hand.rank, worker.engine);
    // A destructor of the state that panics is this worker's last failure.
    drop(context);
    hand.memory.words().ended.0.fetch_add(1, Ordering::SeqCst);
    hand.outbox.tell(worker.engine, true);
    Ended::Value(Box::new(|_| Ok(0)))
}

impl Dealing {
    fn is_random(self) -> bool {
        matches!(self, Dealing::Dealt(_, Schedule::Random))
    }
}

/// A worker, as the units of a map use it.
pub struct Hand {
    worker: Worker,
    pub(super) memory: MapMemory<'static>,
    rank: usize,
    outbox: Outbox<'static>,
}

impl Hand {
    fn new(worker: &Worker) -> Self {
        let memory = MapMemory::new(worker.engine.pool);
        let rank = worker.context.rank();
        let worker = Worker { engine: worker.engine, context: worker.context };
        Hand { worker, memory, rank, outbox: Outbox::new(memory, rank) }
    }

    /// Sends the result of a unit.
    pub(super) fn send<R: Serialize>(&mut self, unit: usize, value: R) {
        let engine = self.worker.engine;
        let sent = self
            .outbox
            .push(engine, unit, Kind::Value, |buffer| postcard::to_slice(&value, buffer).map(|used| used.len()));
        // Its destructor is the job's.
        drop(value);
        self.sent(sent);
    }

    /// Sends the error of a job in place of its result.
    pub(super) fn send_refusal(&mut self, unit: usize, message: &str) {
        let sent = self.outbox.push(self.worker.engine, unit, Kind::Refusal, |buffer| {
            let room = buffer.get_mut(..message.len()).ok_or(postcard::Error::SerializeBufferFull)?;
            room.copy_from_slice(message.as_bytes());
            Ok(message.len())
        });
        self.sent(sent);
    }

    fn sent(&self, sent: Result<(), NotSent>) {
        match sent {
            Ok(()) => self.memory.rank(self.rank).own.0.job.store(0, Ordering::Relaxed),
            Err(NotSent::Stopped) => self.worker.context.leave(),
            Err(NotSent::Refused(error, room)) => self.fail(
                Failure::Output,
                &format!("the result of job {} can't be sent ({room} bytes of room): {error}", self.job()),
            ),
        }
    }

    /// Fails the map for the error that a job returned.
    pub(super) fn refuse(&self, message: &str) -> ! {
        self.fail(Failure::Refused, message)
    }

    /// Fails the map, and leaves it.
    pub(super) fn fail(&self, failure: Failure, message: &str) -> ! {
        let Worker { engine, context } = self.worker;
        engine.report(failure, message, None);
        engine.fail(failure);
        context.leave()
    }

    /// Leaves when the map has failed.
    pub(super) fn check(&self) {
        self.worker.context.check();
    }

    /// The job this rank is in.
    fn job(&self) -> usize {
        self.memory.rank(self.rank).own.0.job.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// The number of the next item that the driver serves; `None` when there are no more.
    fn next_served(&mut self) -> Option<usize> {
        let queue = &self.memory.words().queue.0;
        let next = &queue.taken.0;
        loop {
            let (number, count) = (next.load(Ordering::Acquire), queue.count.load(Ordering::SeqCst));
            if number < count {
                if next.compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                    return Some(number);
                }
                continue;
            }
            // Closed comes after the last count.
            if queue.closed.load(Ordering::Acquire) != 0 && number >= queue.count.load(Ordering::Acquire) {
                return None;
            }
            let Worker { engine, context } = self.worker;
            self.outbox.tell(engine, true);
            let wait = Wait {
                word: &queue.served.number,
                sleepers: &queue.served.sleepers,
                mask: u32::MAX,
                // The driver isn't one of the ranks that may all wait for each other.
                waiting: Waiting::Timed,
                deadline: None,
                patience: Patience::EVENT,
            };
            let empty = |_| {
                let number = next.load(Ordering::SeqCst);
                let empty = number >= queue.count.load(Ordering::SeqCst) && queue.closed.load(Ordering::SeqCst) == 0;
                if empty {
                    // Its next job is none of those that others have taken, so that these don't wait for it.
                    ordered::come_to(self.memory, self.rank, number, engine);
                }
                empty
            };
            if !matches!(wait_while(engine, &wait, empty), Outcome::Ready(_)) {
                context.leave();
            }
        }
    }
}

/// Hands out units, in a worker.
enum Dealer {
    Asked(Asker, Range<usize>),
    Dealt(Indices),
    Served,
}

impl Dealer {
    fn new(dealing: Dealing, hand: &Hand, seed: u64) -> Self {
        match dealing {
            Dealing::Dealt(units, schedule) => match schedule.portion() {
                Some(portion) => Dealer::Asked(Asker::new(units, hand.memory.size(), portion), 0..0),
                None => Dealer::Dealt(Deal::new(schedule, units, hand.memory.size(), hand.rank, seed).indices()),
            },
            Dealing::Served => Dealer::Served,
        }
    }

    fn next(&mut self, hand: &mut Hand) -> Option<usize> {
        hand.worker.context.check();
        match self {
            Dealer::Asked(asker, chunk) => chunk.next().or_else(|| {
                *chunk = asker.ask(&hand.memory.words().dispenser.0)?;
                chunk.next()
            }),
            Dealer::Dealt(indices) => indices.next(),
            Dealer::Served => hand.next_served(),
        }
    }
}
