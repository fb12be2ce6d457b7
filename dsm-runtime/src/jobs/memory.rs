//! The shared words of one map, and the bytes that travel, in the regions of its pool.
//!
//! The words lie in the region that other calls use for arguments; the results of a rank in its two regions for
//! contributions. All zero is a map of which nothing has begun.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize};

use crate::cluster::{PoolMemory, Region};
use crate::sync::{Apart, Dispenser};

/// Words common to the map, each kind on cache lines of its own.
#[repr(C)]
pub(super) struct MapWords {
    /// Hands out units of work.
    pub(super) dispenser: Apart<Dispenser>,
    /// Raised when the driver has something to look at, if it sleeps.
    pub(super) news: Apart<Event>,
    /// Raised when a job is past its ordered section, if anybody waits for its turn.
    pub(super) turns: Apart<Event>,
    /// Ranks that have no more work.
    pub(super) ended: Apart<AtomicU32>,
    /// Zero unless a rank asks for an array.
    pub(super) asks: Apart<AtomicU32>,
    pub(super) queue: Apart<QueueWords>,
}

/// A number that is raised to wake those who sleep on it.
#[repr(C)]
pub(super) struct Event {
    pub(super) number: AtomicU32,
    pub(super) sleepers: AtomicU32,
}

/// Of the items that the driver serves.
#[repr(C)]
pub(super) struct QueueWords {
    /// Raised with each item, and when the last has been served.
    pub(super) served: Event,
    /// How many items have been served, and how many taken.
    pub(super) count: AtomicUsize,
    pub(super) taken: Apart<AtomicUsize>,
    /// Whether these are all.
    pub(super) closed: AtomicU32,
}

/// One rank's words.
#[repr(C)]
pub(super) struct RankWords {
    pub(super) own: Apart<Progress>,
    pub(super) log: Apart<LogWords>,
    pub(super) freed: Apart<Event>,
    pub(super) asks: Apart<AskWords>,
}

/// What a rank asks of the driver, and the answer.
#[repr(C)]
pub(super) struct AskWords {
    /// The number of an array that nobody is to write to any more; 0 when it asks for none.
    pub(super) array: AtomicU64,
    /// Raised with each answer.
    pub(super) answer: Event,
    /// Whether nobody writes to it.
    pub(super) sealed: AtomicU32,
}

/// How far a rank has come; written by the rank.
#[repr(C)]
pub(super) struct Progress {
    /// The job it is in, plus one; 0 between jobs.
    pub(super) job: AtomicUsize,
    /// Of its jobs, all before this index are over or past their ordered section, and it takes none of them any more.
    pub(super) position: AtomicUsize,
}

/// How far a rank has written its two buffers.
#[repr(C)]
pub(super) struct LogWords {
    /// Bytes times two, plus one when nothing follows.
    pub(super) written: [AtomicUsize; 2],
}

/// Slots for items on their way to the workers.
pub(super) const SLOTS: usize = 64;

/// The words of a slot.
#[repr(C)]
pub(super) struct SlotWords {
    /// The number of the item that lies in it, plus one; 0 when it is free.
    pub(super) item: AtomicUsize,
    pub(super) bytes: AtomicUsize,
}

/// The shared memory of a map.
#[derive(Clone, Copy)]
pub(super) struct MapMemory<'m> {
    pool: &'m PoolMemory,
}

impl<'m> MapMemory<'m> {
    pub(super) fn new(pool: &'m PoolMemory) -> Self {
        MapMemory { pool }
    }

    pub(super) fn size(self) -> usize {
        self.pool.layout.size
    }

    pub(super) fn words(self) -> &'m MapWords {
        let at = self.pool.arguments().at(0, size_of::<MapWords>());
        // SAFETY: the region begins at a page; a map uses it for words only, which are all atomics; zero is valid.
        unsafe { at.cast::<MapWords>().as_ref() }
    }

    pub(super) fn rank(self, rank: usize) -> &'m RankWords {
        assert!(rank < self.size(), "rank {rank} of {}", self.size());
        let at = self.pool.arguments().at(ranks() + rank * size_of::<RankWords>(), size_of::<RankWords>());
        // SAFETY: the ranks' words follow the map's, aligned; as above.
        unsafe { at.cast::<RankWords>().as_ref() }
    }

    pub(super) fn ranks(self) -> impl Iterator<Item = &'m RankWords> {
        (0..self.size()).map(move |rank| self.rank(rank))
    }

    pub(super) fn slot(self, item: usize) -> &'m SlotWords {
        let at = self.slots() + item % SLOTS * size_of::<SlotWords>();
        let at = self.pool.arguments().at(at, size_of::<SlotWords>());
        // SAFETY: the slots' words follow the ranks', aligned; as above.
        unsafe { at.cast::<SlotWords>().as_ref() }
    }

    fn slots(self) -> usize {
        ranks() + self.size() * size_of::<RankWords>()
    }

    /// Where the slots' bytes begin, and how many each has.
    fn slot_bytes(self) -> (usize, usize) {
        let begin = (self.slots() + SLOTS * size_of::<SlotWords>()).next_multiple_of(4096);
        (begin, (self.pool.arguments().length().saturating_sub(begin) / SLOTS) & !4095)
    }

    /// The bytes of the slot that an item lies in, to read.
    ///
    /// # Safety
    ///
    /// - Nobody writes to the slot while the slice is alive.
    pub(super) unsafe fn item(self, item: usize, bytes: usize) -> &'m [u8] {
        let (begin, room) = self.slot_bytes();
        let at = self.pool.arguments().at(begin + item % SLOTS * room, bytes.min(room));
        // SAFETY: inside the mapping; any byte is valid; the caller answers for writers.
        unsafe { std::slice::from_raw_parts(at.as_ptr(), bytes.min(room)) }
    }

    /// The bytes of the slot that an item is to lie in, to write.
    ///
    /// # Safety
    ///
    /// - Nobody else reads or writes the slot while the slice is alive.
    pub(super) unsafe fn item_mut(self, item: usize) -> &'m mut [u8] {
        let (begin, room) = self.slot_bytes();
        let at = self.pool.arguments().at(begin + item % SLOTS * room, room);
        // SAFETY: inside the mapping; the caller answers for others.
        unsafe { std::slice::from_raw_parts_mut(at.as_ptr(), room) }
    }

    /// Gives the pages of a slot back, if they are many.
    pub(super) fn shrink_item(self, item: usize, bytes: usize) {
        let (begin, room) = self.slot_bytes();
        self.pool.arguments().shrink_at(begin + item % SLOTS * room, bytes.min(room));
    }

    /// Bytes of a rank's buffer, to read.
    ///
    /// # Safety
    ///
    /// - Nobody writes to these bytes while the slice is alive.
    pub(super) unsafe fn log(self, rank: usize, buffer: usize, from: usize, to: usize) -> &'m [u8] {
        let at = self.buffer(rank, buffer).at(from, to - from);
        // SAFETY: inside the mapping; any byte is valid; the caller answers for writers.
        unsafe { std::slice::from_raw_parts(at.as_ptr(), to - from) }
    }

    /// A rank's buffer from `from` on, to write.
    ///
    /// # Safety
    ///
    /// - Nobody else reads or writes these bytes while the slice is alive.
    pub(super) unsafe fn log_mut(self, rank: usize, buffer: usize, from: usize) -> &'m mut [u8] {
        let region = self.buffer(rank, buffer);
        let at = region.at(from, region.length() - from);
        // SAFETY: inside the mapping; the caller answers for others.
        unsafe { std::slice::from_raw_parts_mut(at.as_ptr(), region.length() - from) }
    }

    /// Gives the pages of a buffer back, if they are many.
    pub(super) fn shrink_log(self, rank: usize, buffer: usize, used: usize) {
        self.buffer(rank, buffer).shrink(used);
    }

    fn buffer(self, rank: usize, buffer: usize) -> Region<'m> {
        self.pool.contribution(rank, buffer)
    }
}

fn ranks() -> usize {
    size_of::<MapWords>().next_multiple_of(align_of::<RankWords>())
}
