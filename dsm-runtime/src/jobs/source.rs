//! Where jobs come from: a list that the workers inherit, or an iterator that the driver serves from as they work.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::hand::Hand;
use super::memory::{MapMemory, QueueWords};
use crate::cluster::Idle;
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Result};
use crate::sync::Park as _;

mod sealed {
    pub trait Sealed {}
}

/// Where a [`Map`](crate::Map) has its jobs from: the list of [`map`](crate::map()), or the items of
/// [`stream`](crate::stream).
///
/// ```
/// fn doubled<J: dsm::Jobs<Job = u32>>(map: dsm::Map<J>) -> dsm::Result<Vec<u32>> {
///     map.workers(2).run(|_, job| 2 * job)
/// }
/// assert_eq!(doubled(dsm::map([1, 2]))?, [2, 4]);
/// assert_eq!(doubled(dsm::stream([1, 2]))?, [2, 4]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub trait Jobs: sealed::Sealed {
    /// What a job is made from.
    type Job;
    #[doc(hidden)]
    type Supply: Supply<Job = Self::Job>;
    #[doc(hidden)]
    type Feed: Feed;
    #[doc(hidden)]
    const LISTED: bool;
    /// How many there are at most, as far as that is known.
    #[doc(hidden)]
    fn at_most(&mut self) -> Option<usize>;
    /// How many there are, if that is known.
    #[doc(hidden)]
    fn known(&self) -> Option<usize>;
    /// The next, in the caller.
    #[doc(hidden)]
    fn next(&mut self) -> Option<Self::Job>;
    /// The workers' side and the driver's.
    #[doc(hidden)]
    fn part(self) -> (Self::Supply, Self::Feed);
}

/// A worker's way to a job.
pub trait Supply {
    /// What a job is made from.
    type Job;
    /// The job of this number, which this worker was given.
    fn job(&self, hand: &Hand, index: usize) -> Self::Job;
}

/// What the driver does for its workers while they work.
pub trait Feed {
    /// Serves what there is room for; whether it served anything.
    ///
    /// # Errors
    ///
    /// When an item can't be sent.
    fn feed(&mut self, driver: &Driver<'_>) -> Result<bool>;

    /// Whether there is something to serve, and room for it.
    fn is_ready(&self, driver: &Driver<'_>) -> bool;

    /// The result of a job is there.
    fn arrived(&mut self, index: usize);
}

/// The driver, as a feed uses it.
pub struct Driver<'m> {
    pub(super) memory: MapMemory<'m>,
    pub(super) idle: &'m Idle,
}

/// Jobs in a list, which the workers inherit.
pub struct Listed<J> {
    jobs: Vec<Cell<Option<J>>>,
    next: usize,
}

impl<J> Listed<J> {
    pub(super) fn new(jobs: impl IntoIterator<Item = J>) -> Self {
        Listed { jobs: jobs.into_iter().map(|job| Cell::new(Some(job))).collect(), next: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }
}

impl<J> std::fmt::Debug for Listed<J> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listed").field("jobs", &self.jobs.len()).finish_non_exhaustive()
    }
}

impl<J> sealed::Sealed for Listed<J> {}
impl<J> Jobs for Listed<J> {
    type Job = J;
    type Supply = Self;
    type Feed = Nothing;
    const LISTED: bool = true;

    fn at_most(&mut self) -> Option<usize> {
        Some(self.jobs.len())
    }

    fn known(&self) -> Option<usize> {
        Some(self.jobs.len())
    }

    fn next(&mut self) -> Option<J> {
        let job = self.jobs.get(self.next)?.take();
        self.next += 1;
        job
    }

    fn part(self) -> (Self, Nothing) {
        (self, Nothing)
    }
}

impl<J> Supply for Listed<J> {
    type Job = J;

    fn job(&self, _: &Hand, index: usize) -> J {
        match self.jobs[index].take() {
            Some(job) => job,
            None => unreachable!("job {index} is handed out once"),
        }
    }
}

/// The workers need nothing of the driver.
#[derive(Debug)]
pub struct Nothing;

impl Feed for Nothing {
    fn feed(&mut self, _: &Driver<'_>) -> Result<bool> {
        Ok(false)
    }

    fn is_ready(&self, _: &Driver<'_>) -> bool {
        false
    }

    fn arrived(&mut self, _: usize) {}
}

/// Jobs of an iterator, which the driver serves from as workers ask.
pub struct Streamed<I: Iterator> {
    items: std::iter::Peekable<std::iter::Fuse<I>>,
}

impl<I: Iterator> Streamed<I> {
    pub(super) fn new(items: I) -> Self {
        Streamed { items: items.fuse().peekable() }
    }
}

impl<I: Iterator> std::fmt::Debug for Streamed<I> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Streamed").finish_non_exhaustive()
    }
}

impl<I: Iterator> sealed::Sealed for Streamed<I> {}
impl<I: Iterator> Jobs for Streamed<I>
where
    I::Item: Serialize + DeserializeOwned,
{
    type Job = I::Item;
    type Supply = Queue<I::Item>;
    type Feed = Server<I>;
    const LISTED: bool = false;

    fn at_most(&mut self) -> Option<usize> {
        if self.items.peek().is_none() { Some(0) } else { self.items.size_hint().1 }
    }

    fn known(&self) -> Option<usize> {
        None
    }

    fn next(&mut self) -> Option<I::Item> {
        self.items.next()
    }

    fn part(self) -> (Queue<I::Item>, Server<I>) {
        let server = Server { items: self.items, served: 0, closed: false, low: 0, early: BTreeSet::new() };
        (Queue(PhantomData), server)
    }
}

/// The workers' side of a stream.
#[derive(Debug)]
pub struct Queue<J>(PhantomData<fn() -> J>);

impl<J: DeserializeOwned> Supply for Queue<J> {
    type Job = J;

    fn job(&self, hand: &Hand, index: usize) -> J {
        let slot = hand.memory.slot(index);
        let bytes = slot.bytes.load(Ordering::Relaxed);
        // SAFETY: the driver wrote the item before it counted it as served, and writes there again once the slot is free.
        let bytes = unsafe { hand.memory.item(index, bytes) };
        match postcard::from_bytes(bytes) {
            Ok(job) => {
                slot.item.store(0, Ordering::Release);
                job
            }
            Err(error) => hand.fail(Failure::Argument, &format!("item {index} of the stream can't be read: {error}")),
        }
    }
}

/// How many items may be under way beyond the first whose result isn't there.
const WINDOW: usize = 1024;
/// How long items are served before results are looked for.
const AT_ONCE: Duration = Duration::from_micros(100);

/// The driver's side of a stream.
pub struct Server<I: Iterator> {
    items: std::iter::Peekable<std::iter::Fuse<I>>,
    served: usize,
    closed: bool,
    /// All results below are there, and these beyond.
    low: usize,
    early: BTreeSet<usize>,
}

impl<I: Iterator> Feed for Server<I>
where
    I::Item: Serialize,
{
    fn feed(&mut self, driver: &Driver<'_>) -> Result<bool> {
        let Driver { memory, idle } = *driver;
        let queue = &memory.words().queue.0;
        let before = (self.served, self.closed);
        let begun = Instant::now();
        while self.is_ready(driver) && begun.elapsed() < AT_ONCE {
            let Some(item) = self.items.next() else {
                self.closed = true;
                queue.closed.store(1, Ordering::SeqCst);
                wake(queue, idle);
                break;
            };
            let (index, slot) = (self.served, memory.slot(self.served));
            // What lay there before.
            memory.shrink_item(index, slot.bytes.load(Ordering::Relaxed));
            // SAFETY: the slot is free, so no worker reads it until the item is counted as served.
            let buffer = unsafe { memory.item_mut(index) };
            let room = buffer.len();
            let used = postcard::to_slice(&item, buffer).map(|used| used.len()).map_err(|error| {
                let message = format!("item {index} of the stream can't be sent ({room} bytes of room): {error}");
                Error::new(ErrorKind::Argument, message).with_job(Some(index))
            })?;
            slot.bytes.store(used, Ordering::Relaxed);
            slot.item.store(index + 1, Ordering::Release);
            self.served += 1;
            queue.count.store(self.served, Ordering::SeqCst);
            wake(queue, idle);
        }
        Ok((self.served, self.closed) != before)
    }

    fn is_ready(&self, driver: &Driver<'_>) -> bool {
        !self.closed
            && self.served - self.low < WINDOW
            && driver.memory.slot(self.served).item.load(Ordering::Acquire) == 0
    }

    fn arrived(&mut self, index: usize) {
        self.early.insert(index);
        while self.early.remove(&self.low) {
            self.low += 1;
        }
    }
}

/// Wakes the workers that wait for items.
fn wake(queue: &QueueWords, idle: &Idle) {
    if queue.served.sleepers.load(Ordering::SeqCst) > 0 {
        queue.served.number.fetch_add(1, Ordering::SeqCst);
        idle.unpark(&queue.served.number, u32::MAX, u32::MAX);
    }
}
