//! The words that driver, monitor and workers share: the job, the call's state, the barrier, and one slot per rank.
//!
//! All zero is a pool whose workers wait for the first job. `README.md` beside this file tells how a call runs.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::engine::Failure;
use crate::identity::{Identity, OWN_WORDS, WORDS};
use crate::sync::{Apart, Barrier, LockWord};

/// Words common to the pool, each kind on cache lines of its own.
#[repr(C)]
pub(crate) struct Control {
    pub(crate) job: Apart<JobWords>,
    call: Apart<AtomicU64>,
    pub(crate) done: Apart<DoneWords>,
    pub(crate) barrier: Apart<Barrier>,
    pub(crate) critical: Apart<LockWord>,
    /// The last `single` that a rank was first at: call number and sequence.
    pub(crate) single: Apart<AtomicU64>,
    /// How many ranks are asleep in the call, or have returned.
    pub(crate) asleep: Apart<AtomicU32>,
    pub(crate) monitor: Apart<MonitorWords>,
}

/// What the workers are to do next; they sleep on the number.
#[repr(C)]
pub(crate) struct JobWords {
    pub(crate) number: AtomicU32,
    pub(crate) sleepers: AtomicU32,
    pub(crate) entry: AtomicUsize,
    pub(crate) arguments: AtomicUsize,
    pub(crate) seed: AtomicU64,
}

/// The last call that is over; the driver sleeps on the number.
#[repr(C)]
pub(crate) struct DoneWords {
    pub(crate) number: AtomicU32,
    pub(crate) sleepers: AtomicU32,
}

/// Between the driver and the monitor.
#[repr(C)]
pub(crate) struct MonitorWords {
    /// A [`MonitorState`]; the driver sleeps on it while the pool starts.
    pub(crate) state: AtomicU32,
    pub(crate) sleepers: AtomicU32,
    /// Set by the driver to end the pool.
    pub(crate) leave: AtomicU32,
}

/// How the pool stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MonitorState {
    /// Workers are being forked.
    Starting,
    /// Every worker is forked.
    Ready,
    /// A worker could not be forked, with this errno.
    Broken(i32),
}

impl MonitorState {
    const BROKEN: u32 = 1 << 31;

    pub(crate) fn word(self) -> u32 {
        match self {
            MonitorState::Starting => 0,
            MonitorState::Ready => 1,
            MonitorState::Broken(errno) => Self::BROKEN | errno as u32,
        }
    }

    pub(crate) fn from_word(word: u32) -> Self {
        match word {
            0 => MonitorState::Starting,
            1 => MonitorState::Ready,
            broken => MonitorState::Broken((broken & !Self::BROKEN) as i32),
        }
    }
}

/// How the call stands. One word says so, and why it failed and where, so a call both finished and failed can't be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum CallState {
    Running = 1,
    Finished = 2,
    Failed = 3,
}

/// The number in the upper half, the state in the lowest byte; above it the failure, and the rank plus one.
fn call_word(number: u32, state: CallState) -> u64 {
    u64::from(number) << 32 | state as u64
}

const STATE: u64 = 0xffff_ffff_0000_00ff;
const FAILURE_SHIFT: u32 = 8;
const RANK_SHIFT: u32 = 16;

impl Control {
    /// Opens a call; only by the driver, when the last is over.
    pub(crate) fn open_call(&self, number: u32) {
        self.asleep.0.store(0, Ordering::Relaxed);
        self.call.0.store(call_word(number, CallState::Running), Ordering::Release);
    }

    /// Ends the call well, unless it has failed.
    pub(crate) fn finish_call(&self, number: u32) -> bool {
        self.decide(number, call_word(number, CallState::Finished))
    }

    /// Ends the call badly, unless it is over; the first to fail it is the one reported.
    pub(crate) fn fail_call(&self, number: u32, failure: Failure, rank: Option<usize>) -> bool {
        let rank = rank.map_or(0, |rank| rank as u64 + 1);
        let why = u64::from(failure as u32) << FAILURE_SHIFT | rank << RANK_SHIFT;
        self.decide(number, call_word(number, CallState::Failed) | why)
    }

    fn decide(&self, number: u32, word: u64) -> bool {
        let running = call_word(number, CallState::Running);
        self.call.0.compare_exchange(running, word, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    #[inline]
    pub(crate) fn has_failed(&self, number: u32) -> bool {
        self.call.0.load(Ordering::Acquire) & STATE == call_word(number, CallState::Failed)
    }

    /// Whether every rank has returned. The word says so a moment before `done` does, and its writer may die in between.
    pub(crate) fn has_finished(&self, number: u32) -> bool {
        self.call.0.load(Ordering::Acquire) == call_word(number, CallState::Finished)
    }

    pub(crate) fn is_running(&self, number: u32) -> bool {
        self.call.0.load(Ordering::Acquire) == call_word(number, CallState::Running)
    }

    /// Whether the call has failed and the monitor has not yet seen it to its end.
    pub(crate) fn is_failing(&self, number: u32) -> bool {
        self.has_failed(number) && self.done.0.number.load(Ordering::Acquire) != number
    }

    /// Why the last call failed, and at which rank.
    pub(crate) fn failure(&self) -> (Option<Failure>, Option<usize>) {
        let word = self.call.0.load(Ordering::Acquire);
        let rank = (word >> RANK_SHIFT & 0xffff) as usize;
        (Failure::from_number((word >> FAILURE_SHIFT & 0xff) as u32), rank.checked_sub(1))
    }
}

/// How a rank left a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Answer {
    None = 0,
    /// Returned; its result lies in its region.
    Value = 1,
    /// Returned an error of its own, which lies in its region.
    Refusal = 2,
    /// Left a failed call; a report may lie in its region.
    Left = 3,
}

impl Answer {
    fn from_number(number: u32) -> Self {
        [Answer::Value, Answer::Refusal, Answer::Left].into_iter().find(|&a| a as u32 == number).unwrap_or(Answer::None)
    }
}

/// One rank's words.
#[repr(C, align(128))]
pub(crate) struct RankSlot {
    /// The last job it began, and the last it is out of.
    pub(crate) started: AtomicU32,
    pub(crate) answered: AtomicU32,
    answer: AtomicU32,
    /// Bytes of its result or refusal, and of its report.
    pub(crate) answer_bytes: AtomicUsize,
    pub(crate) report_bytes: AtomicUsize,
    /// Wait status of its process, when that ended in the middle of a call; zero otherwise.
    pub(crate) death: AtomicI32,
    /// Whether it was killed because it did not leave in time.
    pub(crate) overdue: AtomicU32,
    /// Bytes of its two contributions, and the most it ever used there in this call.
    pub(crate) contribution_bytes: [AtomicUsize; 2],
    pub(crate) contribution_most: AtomicUsize,
    pub(crate) waiting: WaitingWords,
    identity: Apart<IdentityWords>,
}

impl RankSlot {
    pub(crate) fn set_answer(&self, answer: Answer) {
        self.answer.store(answer as u32, Ordering::Release);
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::from_number(self.answer.load(Ordering::Acquire))
    }

    /// Forgets the last call.
    pub(crate) fn begin(&self) {
        self.set_answer(Answer::None);
        self.report_bytes.store(0, Ordering::Relaxed);
        self.waiting.clear();
        self.waiting.holder.store(0, Ordering::Relaxed);
        self.identity.0.length.store(0, Ordering::Relaxed);
    }

    pub(crate) fn write_identity(&self, identity: &Identity) {
        let words = &self.identity.0;
        for (to, &word) in words.words.iter().zip(identity.words()) {
            to.store(word, Ordering::Relaxed);
        }
        for (to, &word) in words.own.iter().zip(identity.own()) {
            to.store(word, Ordering::Relaxed);
        }
        words.own_length.store(identity.own().len(), Ordering::Relaxed);
        words.length.store(identity.words().len(), Ordering::Relaxed);
    }

    /// Whether this rank is in the same collective; after it arrived.
    pub(crate) fn is_in(&self, words: &[u64]) -> bool {
        self.identity.0.length.load(Ordering::Relaxed) == words.len()
            && words.iter().zip(&self.identity.0.words).all(|(&word, other)| word == other.load(Ordering::Relaxed))
    }

    pub(crate) fn identity(&self) -> Vec<u64> {
        let length = self.identity.0.length.load(Ordering::Relaxed).min(WORDS);
        self.identity.0.words[..length].iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }

    /// The ranges it brought to its transitions.
    pub(crate) fn own(&self) -> Vec<u64> {
        let length = self.identity.0.own_length.load(Ordering::Relaxed).min(OWN_WORDS);
        self.identity.0.own[..length].iter().map(|word| word.load(Ordering::Relaxed)).collect()
    }
}

#[repr(C)]
struct IdentityWords {
    length: AtomicUsize,
    words: [AtomicU64; WORDS],
    own_length: AtomicUsize,
    own: [AtomicU64; OWN_WORDS],
}

/// What a rank waits for, so that others can tell whether it could go on.
#[repr(C)]
pub(crate) struct WaitingWords {
    /// Counts every change, so that a reader can tell that a rank has slept through.
    changes: AtomicU32,
    kind: AtomicU32,
    /// Whether the word lies among the arrays (else in the pool's own memory), and where.
    among_arrays: AtomicU32,
    offset: AtomicUsize,
    expected: AtomicU32,
    /// The rank that held what it waits for, plus one, noted when a deadlock was found.
    pub(crate) holder: AtomicU32,
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
}

/// A copy of a rank's [`WaitingWords`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaitingNow {
    pub(crate) changes: u32,
    pub(crate) kind: WaitKind,
    pub(crate) among_arrays: bool,
    pub(crate) offset: usize,
    pub(crate) expected: u32,
}

impl WaitingWords {
    pub(crate) fn publish(&self, kind: WaitKind, among_arrays: bool, offset: usize, expected: u32) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.among_arrays.store(u32::from(among_arrays), Ordering::Relaxed);
        self.offset.store(offset, Ordering::Relaxed);
        self.expected.store(expected, Ordering::Relaxed);
        self.kind.store(kind as u32, Ordering::SeqCst);
    }

    pub(crate) fn clear(&self) {
        self.kind.store(WaitKind::Awake as u32, Ordering::SeqCst);
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> WaitingNow {
        let changes = self.changes.load(Ordering::SeqCst);
        const KINDS: [WaitKind; 5] =
            [WaitKind::Collective, WaitKind::Lock, WaitKind::Ticket, WaitKind::Timed, WaitKind::Returned];
        let kind = self.kind.load(Ordering::SeqCst);
        WaitingNow {
            changes,
            kind: KINDS.into_iter().find(|&k| k as u32 == kind).unwrap_or(WaitKind::Awake),
            among_arrays: self.among_arrays.load(Ordering::Relaxed) != 0,
            offset: self.offset.load(Ordering::Relaxed),
            expected: self.expected.load(Ordering::Relaxed),
        }
    }
}
