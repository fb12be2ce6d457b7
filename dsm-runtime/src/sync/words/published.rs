//! What each rank waits for, published so that others can tell whether it could go on, and the condition of deadlock.
//!
//! A rank publishes before it sleeps and takes it back when it wakes. Only ranks that are awake change words; so when all
//! are published, every condition blocks, and none has woken in between, nothing can ever move.
//!
//! "In between" is an order of events at different words, which only fences give: a rank puts one behind each change of
//! what it publishes, a reader one between its looks. So if a rank woke and then had another wait for it, whoever sees
//! the other asleep sees that the first has woken.

use super::flag_word::reaches;
use super::lock_word::holder_in;
use super::park::Waiting;
use super::turn_word::is_before;
use crate::machine::{AtomicU32, AtomicUsize, Ordering, fence};

/// Where a word lies: among the arrays, or in the pool's own memory, and how far from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WordPlace {
    pub(crate) among_arrays: bool,
    pub(crate) offset: usize,
}

/// The kind of wait, as a number in shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum WaitKind {
    Awake = 0,
    Collective = 1,
    Lock = 2,
    Ticket = 3,
    Timed = 4,
    Returned = 5,
    Flag = 6,
    Turn = 7,
}

impl WaitKind {
    fn from_number(number: u32) -> Self {
        const ASLEEP: [WaitKind; 7] = [
            WaitKind::Collective,
            WaitKind::Lock,
            WaitKind::Ticket,
            WaitKind::Timed,
            WaitKind::Returned,
            WaitKind::Turn,
            WaitKind::Flag,
        ];
        ASLEEP.into_iter().find(|&kind| kind as u32 == number).unwrap_or(WaitKind::Awake)
    }
}

/// A copy of what a rank has published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    changes: u32,
    pub(crate) kind: WaitKind,
    pub(crate) place: WordPlace,
    expected: u32,
}

impl Published {
    /// Whether a rank that waits so can't go on, while its word has this value.
    fn blocks(&self, value: impl Fn() -> Option<u32>) -> bool {
        match self.kind {
            WaitKind::Awake | WaitKind::Timed => false,
            WaitKind::Returned => true,
            WaitKind::Collective => value() == Some(self.expected),
            WaitKind::Lock => value().is_some_and(|value| holder_in(value).is_some()),
            WaitKind::Ticket => value().is_some_and(|serving| serving != self.expected),
            WaitKind::Turn => value().is_some_and(|word| is_before(word, self.expected)),
            WaitKind::Flag => value().is_some_and(|value| !reaches(value, self.expected)),
        }
    }
}

/// One rank's words; all zero is awake.
#[derive(Default)]
#[repr(C)]
pub(crate) struct WaitWords {
    /// Counts every change, so that a reader can tell that a rank has slept through.
    changes: AtomicU32,
    kind: AtomicU32,
    among_arrays: AtomicU32,
    offset: AtomicUsize,
    expected: AtomicU32,
}

impl WaitWords {
    fn publish(&self, kind: WaitKind, place: WordPlace, expected: u32) {
        self.changes.fetch_add(1, Ordering::Relaxed);
        self.among_arrays.store(u32::from(place.among_arrays), Ordering::Relaxed);
        self.offset.store(place.offset, Ordering::Relaxed);
        self.expected.store(expected, Ordering::Relaxed);
        self.kind.store(kind as u32, Ordering::Release);
        fence(Ordering::SeqCst);
    }

    /// Awake.
    pub(crate) fn clear(&self) {
        self.kind.store(WaitKind::Awake as u32, Ordering::Relaxed);
        self.changes.fetch_add(1, Ordering::Release);
        fence(Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> Published {
        let changes = self.changes.load(Ordering::Acquire);
        let kind = WaitKind::from_number(self.kind.load(Ordering::Acquire));
        let place = WordPlace {
            among_arrays: self.among_arrays.load(Ordering::Relaxed) != 0,
            offset: self.offset.load(Ordering::Relaxed),
        };
        Published { changes, kind, place, expected: self.expected.load(Ordering::Relaxed) }
    }
}

/// How many ranks are asleep in the call, or have returned.
///
/// A rank that is slow to count its return may do so in the next call: the count is then too high, never too low.
#[derive(Default)]
#[repr(transparent)]
pub(crate) struct Asleep(AtomicU32);

impl Asleep {
    /// Before a call.
    pub(crate) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Publishes that this rank has returned; whether all are asleep or have returned now.
    pub(crate) fn count_return(&self, words: &WaitWords, size: usize) -> bool {
        words.publish(WaitKind::Returned, WordPlace { among_arrays: false, offset: 0 }, 0);
        self.count(size)
    }

    /// Publishes what this rank waits for, runs `sleep`, and takes it back. When all are asleep or have returned with
    /// it, it calls `ring` first: somebody must look for a deadlock.
    ///
    /// `value` is the word's value that is slept on.
    pub(crate) fn sleep(
        &self,
        words: &WaitWords,
        size: usize,
        (place, value, waiting): (WordPlace, u32, Waiting),
        ring: impl FnOnce(),
        sleep: impl FnOnce(),
    ) {
        let (kind, expected) = match waiting {
            Waiting::Collective => (WaitKind::Collective, value),
            Waiting::Lock => (WaitKind::Lock, value),
            Waiting::Ticket(ticket) => (WaitKind::Ticket, ticket),
            Waiting::Turn(index) => (WaitKind::Turn, index),
            Waiting::Flag(number) => (WaitKind::Flag, number),
            Waiting::Timed => (WaitKind::Timed, value),
        };
        words.publish(kind, place, expected);
        // A wait that ends by itself can't be part of a deadlock.
        let counts = kind != WaitKind::Timed;
        if counts && self.count(size) {
            ring();
        }
        sleep();
        if counts {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
        words.clear();
    }

    fn count(&self, size: usize) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst) + 1 >= size as u32
    }
}

/// What every rank waits for, when nothing can ever move: `None` when something can.
///
/// Three looks: all ranks sleep (or have returned); then every condition blocks, evaluated while they sleep; then none has
/// woken in between. `value` reads the word at a place.
pub(crate) fn nothing_can_move<'a>(
    ranks: impl Iterator<Item = &'a WaitWords> + Clone,
    value: impl Fn(WordPlace) -> Option<u32>,
) -> Option<Vec<Published>> {
    let first: Vec<Published> = ranks.clone().map(WaitWords::now).collect();
    fence(Ordering::SeqCst);
    let waits = first.iter().any(|published| published.kind != WaitKind::Returned);
    let blocked = waits && first.iter().all(|published| published.blocks(|| value(published.place)));
    fence(Ordering::SeqCst);
    let unchanged = blocked && ranks.zip(&first).all(|(words, first)| words.now() == *first);
    unchanged.then_some(first)
}
