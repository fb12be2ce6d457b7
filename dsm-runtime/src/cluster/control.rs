//! The words that driver, monitor and workers share: the job, the call's state, the barrier, and one slot per rank.
//!
//! All zero is a pool whose workers wait for the first job. `README.md` beside this file tells how a call runs.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::engine::{Failure, SUB_TEAMS};
use crate::identity::{Identity, OWN_WORDS, WORDS};
use crate::sync::{
    Apart, Asleep, Barrier, CallWord, Dispenser, ErrandWords, IdentityWords, LockWord, Relay, SubTeamWords, TurnWord,
    WaitWords,
};

/// Words common to the pool, each kind on cache lines of its own.
#[repr(C)]
pub(crate) struct Control {
    pub(crate) job: Apart<JobWords>,
    call: Apart<CallWord>,
    pub(crate) done: Apart<DoneWords>,
    pub(crate) barrier: Apart<Barrier>,
    pub(crate) critical: Apart<LockWord>,
    pub(crate) turns: Apart<TurnWord>,
    /// The indices of a loop, and the turns in its body.
    pub(crate) dispenser: Apart<Dispenser>,
    pub(crate) loop_turns: Apart<TurnWord>,
    /// The last `single` that a rank was first at: call number and sequence.
    pub(crate) single: Apart<AtomicU64>,
    pub(crate) asleep: Apart<Asleep>,
    /// Between the ranks of a node and its agent.
    pub(crate) relay: Apart<Relay>,
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

impl Control {
    /// Opens a call; only by the driver, when the last is over.
    pub(crate) fn open_call(&self, number: u32) {
        self.asleep.0.reset();
        self.relay.0.reset();
        self.begin_anew();
        self.call.0.open(number);
    }

    /// What begins anew at the start of a call and after each collective; only while no rank is in a turn or a loop.
    pub(crate) fn begin_anew(&self) {
        self.turns.0.reset();
        self.dispenser.0.reset();
        self.loop_turns.0.reset();
    }

    /// Ends the call well, unless it has failed.
    pub(crate) fn finish_call(&self, number: u32) -> bool {
        self.call.0.finish(number)
    }

    /// Ends the call badly, unless it is over; the first to fail it is the one reported.
    pub(crate) fn fail_call(&self, number: u32, failure: Failure, rank: Option<usize>) -> bool {
        self.call.0.fail(number, failure as u32, rank)
    }

    #[inline]
    pub(crate) fn has_failed(&self, number: u32) -> bool {
        self.call.0.has_failed(number)
    }

    /// Whether every rank has returned. The word says so a moment before `done` does, and its writer may die in between.
    pub(crate) fn has_finished(&self, number: u32) -> bool {
        self.call.0.has_finished(number)
    }

    pub(crate) fn is_running(&self, number: u32) -> bool {
        self.call.0.is_running(number)
    }

    /// Whether the call has failed and the monitor has not yet seen it to its end.
    pub(crate) fn is_failing(&self, number: u32) -> bool {
        self.has_failed(number) && self.done.0.number.load(Ordering::Acquire) != number
    }

    /// Why the last call failed, and at which rank.
    pub(crate) fn failure(&self) -> (Option<Failure>, Option<usize>) {
        let (failure, rank) = self.call.0.failure();
        (Failure::from_number(failure), rank)
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
    /// The number of its process.
    pub(crate) process: AtomicU32,
    /// Wait status of its process, when that ended in the middle of a call; zero otherwise.
    pub(crate) death: AtomicI32,
    /// Not zero when it did not leave a failed call in time: it was killed, or, where that can't be, took as many
    /// milliseconds.
    pub(crate) overdue: AtomicU32,
    /// Bytes of its three contributions, and the most it ever used there in this call.
    pub(crate) contribution_bytes: [AtomicUsize; 3],
    pub(crate) contribution_most: AtomicUsize,
    /// Which of its contributions to the team the other nodes haven't got, a bit for each parity.
    pub(crate) unsent: AtomicU32,
    /// Bytes that its partials of `accumulate` arrays hold.
    pub(crate) partial_bytes: AtomicUsize,
    pub(crate) waiting: WaitWords,
    /// The rank that held what it waits for, plus one, noted when a deadlock was found.
    pub(crate) holder: AtomicU32,
    /// What it has its node's agent do elsewhere.
    pub(crate) errand: ErrandWords,
    identity: Apart<IdentityWords<WORDS, OWN_WORDS>>,
    /// Of the sub-teams whose lowest rank it is.
    pub(crate) sub_teams: Apart<[SubTeamWords; SUB_TEAMS]>,
}

impl RankSlot {
    pub(crate) fn set_answer(&self, answer: Answer) {
        self.answer.store(answer as u32, Ordering::Release);
    }

    /// The answer as a number, for other nodes; and the other way round.
    pub(crate) fn answer_number(&self) -> u32 {
        self.answer.load(Ordering::Acquire)
    }

    pub(crate) fn set_answer_number(&self, number: u32) {
        self.answer.store(number, Ordering::Release);
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::from_number(self.answer.load(Ordering::Acquire))
    }

    /// Forgets the last call.
    pub(crate) fn begin(&self) {
        self.set_answer(Answer::None);
        self.report_bytes.store(0, Ordering::Relaxed);
        self.waiting.clear();
        self.holder.store(0, Ordering::Relaxed);
        self.unsent.store(0, Ordering::Relaxed);
        self.errand.reset();
        self.identity.0.clear();
        // Nobody uses them before this rank has met in a split.
        self.sub_teams.0.iter().for_each(SubTeamWords::reset);
    }

    pub(crate) fn write_identity(&self, identity: &Identity) {
        self.write_words(identity.words(), identity.own());
    }

    /// What a rank of another node has written as its identity.
    pub(crate) fn write_words(&self, words: &[u64], own: &[u64]) {
        self.identity.0.write(words, own);
    }

    /// Whether this rank is in the same collective; after it arrived.
    pub(crate) fn is_in(&self, words: &[u64]) -> bool {
        self.identity.0.agree(words)
    }

    pub(crate) fn identity(&self) -> Vec<u64> {
        self.identity.0.words()
    }

    /// The ranges it brought to its transitions.
    pub(crate) fn own(&self) -> Vec<u64> {
        self.identity.0.own()
    }
}
