//! The relay: by it the last rank to arrive on a node asks the node's agent to meet the other nodes.
//!
//! `asked` and `answered` count questions. A rank asks only when all others of its node are in the same barrier, so there
//! is one question at a time; the agent answers when every node has asked. What ranks wrote before the question is
//! visible to the agent, what the agent wrote before its answer to the rank, and by the barrier to the others.
//!
//! Pairs: the increment of `asked` with the agent's load in [`pending`](Relay::pending); the store of `answered` with
//! the load of the rank that waits.

use super::park::{Park, Patience, Waiting};
use super::wait::{Outcome, Wait, wait_while};
use crate::machine::{AtomicU32, Ordering};

/// The words; all zero before the first question.
#[derive(Default)]
#[repr(C)]
pub(crate) struct Relay {
    asked: AtomicU32,
    answered: AtomicU32,
    sleepers: AtomicU32,
}

impl Relay {
    /// Asks, and waits for the answer; whether it came before the call failed.
    pub(crate) fn ask(&self, park: &(impl Park + ?Sized)) -> bool {
        let question = self.asked.fetch_add(1, Ordering::AcqRel).wrapping_add(1);
        let wait = Wait {
            word: &self.answered,
            sleepers: &self.sleepers,
            mask: u32::MAX,
            // Other nodes may take their time: nothing that is looked at here says that they never come.
            waiting: Waiting::Timed,
            deadline: None,
            patience: Patience::EVENT,
        };
        matches!(wait_while(park, &wait, |answered| answered != question), Outcome::Ready(_))
    }

    /// The question that has no answer yet.
    pub(crate) fn pending(&self) -> Option<u32> {
        let asked = self.asked.load(Ordering::Acquire);
        (asked != self.answered.load(Ordering::Relaxed)).then_some(asked)
    }

    /// Answers a question; only by the agent.
    pub(crate) fn answer(&self, question: u32, wake: impl FnOnce(&AtomicU32)) {
        self.answered.store(question, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            wake(&self.answered);
        }
    }

    /// Before the first question again; only while no rank runs.
    pub(crate) fn reset(&self) {
        self.asked.store(0, Ordering::Relaxed);
        self.answered.store(0, Ordering::Relaxed);
    }
}
