//! Results on their way to the driver: two buffers per rank, written by turns, each record read once.
//!
//! | a buffer is | `written` | `freed` of the rank | who touches its bytes |
//! |---|---|---|---|
//! | being written, number k | bytes so far, even | k - 1 or k | the rank beyond those bytes, the driver before |
//! | closed | bytes in all, odd | | the driver |
//! | free | 0 | k + 1 | nobody |
//!
//! A rank begins buffer k + 1 once k - 1 is free, so that it waits for a driver that is two buffers behind. Pairs: the
//! store of `written` with the driver's load of it; the store of `freed` with the rank's load.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::memory::{Event, LogWords, MapMemory};
use crate::sync::{Outcome, Park, Patience, Wait, Waiting, wait_while};

/// Bytes before each record: the number of the unit, and the length with the kind in its lowest bit.
const HEADER: usize = 16;
/// A buffer this full is changed for the other, if that is free.
const CHANGE: usize = 64 << 10;
/// A buffer this full waits for the other.
const FULL: usize = 1 << 20;
/// How often a rank wakes the driver for nothing but further results.
const QUIET: Duration = Duration::from_micros(100);

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A result.
    Value,
    /// The text of the error that a job returned.
    Refusal,
}

/// Why a record was not written.
#[derive(Debug)]
pub(super) enum NotSent {
    /// The map has failed.
    Stopped,
    /// The serializer refused, with this much room.
    Refused(postcard::Error, usize),
}

/// A rank's side.
pub(super) struct Outbox<'m> {
    memory: MapMemory<'m>,
    rank: usize,
    /// The number of the buffer, counted from the first, and the bytes in it.
    number: u32,
    used: usize,
    /// The driver isn't woken before, unless it must be.
    quiet_until: Option<Instant>,
}

impl<'m> Outbox<'m> {
    pub(super) fn new(memory: MapMemory<'m>, rank: usize) -> Self {
        Outbox { memory, rank, number: 0, used: 0, quiet_until: None }
    }

    /// Writes a record by `write`, which gives the bytes used, and may be asked twice.
    pub(super) fn push(
        &mut self,
        park: &(impl Park + ?Sized),
        unit: usize,
        kind: Kind,
        write: impl Fn(&mut [u8]) -> postcard::Result<usize>,
    ) -> Result<(), NotSent> {
        loop {
            // SAFETY: beyond what is written the buffer is this rank's, until it is closed.
            let rest = unsafe { self.memory.log_mut(self.rank, self.parity(), self.used) };
            let room = rest.len().saturating_sub(HEADER);
            let written = match rest.split_at_mut_checked(HEADER) {
                Some((header, bytes)) => write(bytes).map(|length| (header, length)),
                None => Err(postcard::Error::SerializeBufferFull),
            };
            match written {
                Ok((header, length)) => {
                    let (first, second) = header.split_at_mut(8);
                    first.copy_from_slice(&(unit as u64).to_le_bytes());
                    second.copy_from_slice(&((length as u64) << 1 | u64::from(kind == Kind::Refusal)).to_le_bytes());
                    self.used += HEADER + length;
                    break;
                }
                // There is more room in an empty buffer.
                Err(postcard::Error::SerializeBufferFull) if self.used > 0 => self.change(park)?,
                Err(error) => return Err(NotSent::Refused(error, room)),
            }
        }
        self.log().written[self.parity()].store(self.used << 1, Ordering::SeqCst);
        let freed = &self.memory.rank(self.rank).freed.0.number;
        if self.used >= FULL || (self.used >= CHANGE && !is_behind(freed.load(Ordering::Acquire), self.number)) {
            self.change(park)?;
        }
        self.tell(park, false);
        Ok(())
    }

    /// Closes the buffer and begins the other.
    fn change(&mut self, park: &(impl Park + ?Sized)) -> Result<(), NotSent> {
        self.log().written[self.parity()].store(self.used << 1 | 1, Ordering::SeqCst);
        let freed = &self.memory.rank(self.rank).freed.0;
        let number = self.number;
        let behind = |freed| is_behind(freed, number);
        if behind(freed.number.load(Ordering::Acquire)) {
            self.tell(park, true);
            let wait = Wait {
                word: &freed.number,
                sleepers: &freed.sleepers,
                mask: u32::MAX,
                // The driver isn't one of the ranks that may all wait for each other.
                waiting: Waiting::Timed,
                deadline: None,
                patience: Patience::EVENT,
            };
            if !matches!(wait_while(park, &wait, behind), Outcome::Ready(_)) {
                return Err(NotSent::Stopped);
            }
        }
        self.number = self.number.wrapping_add(1);
        self.used = 0;
        Ok(())
    }

    /// Wakes the driver if it sleeps: now and then, or surely.
    pub(super) fn tell(&mut self, park: &(impl Park + ?Sized), surely: bool) {
        let news = &self.memory.words().news.0;
        if news.sleepers.load(Ordering::SeqCst) == 0 {
            return;
        }
        let now = Instant::now();
        if surely || self.quiet_until.is_none_or(|until| now >= until) {
            self.quiet_until = Some(now + QUIET);
            raise(news, park);
        }
    }

    fn parity(&self) -> usize {
        self.number as usize % 2
    }

    fn log(&self) -> &'m LogWords {
        &self.memory.rank(self.rank).log.0
    }
}

/// Whether the buffer before `number` isn't free yet. (Once `number` itself is closed, it may be free as well.)
fn is_behind(freed: u32, number: u32) -> bool {
    (freed.wrapping_sub(number) as i32) < 0
}

/// Raises an event and wakes all who sleep on it.
pub(super) fn raise(event: &Event, park: &(impl Park + ?Sized)) {
    event.number.fetch_add(1, Ordering::SeqCst);
    park.unpark(&event.number, u32::MAX, u32::MAX);
}

/// A record, as the driver finds it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) unit: usize,
    pub(super) rank: usize,
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

/// The driver's side of one rank.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    number: u32,
    read: usize,
}

impl Inbox {
    /// Whether there is something to read.
    pub(super) fn has_news(&self, memory: MapMemory<'_>, rank: usize) -> bool {
        let written = memory.rank(rank).log.0.written[self.number as usize % 2].load(Ordering::SeqCst);
        written >> 1 > self.read || written & 1 == 1
    }

    /// Hands out what there is to read in the present buffer, and frees the buffer when it is closed.
    pub(super) fn drain<E>(
        &mut self,
        memory: MapMemory<'_>,
        rank: usize,
        park: &(impl Park + ?Sized),
        mut deliver: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let parity = self.number as usize % 2;
        let words = memory.rank(rank);
        let written = words.log.0.written[parity].load(Ordering::Acquire);
        let end = written >> 1;
        // SAFETY: the rank writes only beyond what it says is written, until the buffer is freed below.
        let mut bytes = unsafe { memory.log(rank, parity, self.read, end) };
        while let Some((header, rest)) = bytes.split_at_checked(HEADER) {
            let number = |at: usize| header[at..at + 8].iter().rfold(0, |number, &byte| number << 8 | u64::from(byte));
            let (length, refused) = ((number(8) >> 1) as usize, number(8) & 1 == 1);
            let (record, rest) = rest.split_at(length.min(rest.len()));
            let kind = if refused { Kind::Refusal } else { Kind::Value };
            self.read += HEADER + record.len();
            bytes = rest;
            deliver(Record { unit: number(0) as usize, rank, kind, bytes: record })?;
        }
        if written & 1 == 1 {
            words.log.0.written[parity].store(0, Ordering::Relaxed);
            memory.shrink_log(rank, parity, end);
            self.number = self.number.wrapping_add(1);
            self.read = 0;
            words.freed.0.number.store(self.number, Ordering::SeqCst);
            if words.freed.0.sleepers.load(Ordering::SeqCst) > 0 {
                park.unpark(&words.freed.0.number, u32::MAX, u32::MAX);
            }
        }
        Ok(())
    }
}
