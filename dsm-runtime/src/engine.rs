//! The seam between what a rank does and the machinery beneath it.
//!
//! Views, phases, collectives and locks are written against [`Engine`]; `cluster` implements it with worker processes.
//! Another engine brings its own way to meet, to sleep and to hand bytes from rank to rank.

use crate::error::{Place, Result};
use crate::identity::Identity;
use crate::sync::{Dispenser, ErrandTold, LockWord, Park, SubTeamWords, TurnWord};

/// How many sub-teams with the same lowest rank may be there at a time.
pub(crate) const SUB_TEAMS: usize = 8;
/// Which of a rank's places for contributions its sub-teams use; the team's alternate between the two before.
pub(crate) const SUB_TEAM_BYTES: usize = 2;

/// The call has failed: leave the parallel function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stop;

/// Why a rank fails its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Failure {
    Panicked = 1,
    Died,
    Exited,
    Diverged,
    Misuse,
    Deadlock,
    Deadline,
    Argument,
    Output,
    Fork,
    Poisoned,
    /// A job of a map returned an error.
    Refused,
    /// The driver gave the call up, to go on unwinding.
    Abandoned,
}

impl Failure {
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        const ALL: [Failure; 13] = [
            Failure::Panicked,
            Failure::Died,
            Failure::Exited,
            Failure::Diverged,
            Failure::Misuse,
            Failure::Deadlock,
            Failure::Deadline,
            Failure::Argument,
            Failure::Output,
            Failure::Fork,
            Failure::Poisoned,
            Failure::Refused,
            Failure::Abandoned,
        ];
        ALL.into_iter().find(|&failure| failure as u32 == number)
    }
}

/// What a rank asks of the machinery beneath it. One object per rank.
pub(crate) trait Engine: Park {
    /// Meets all ranks in the collective `identity`: returns once every rank has arrived and all identities agree.
    /// What any rank wrote before it arrived is visible to all afterwards.
    fn meet(&self, identity: &Identity) -> Result<(), Stop>;

    /// Meets these ranks, by the barrier among their sub-team's words, as [`meet`](Engine::meet) does all.
    fn meet_in(&self, words: &SubTeamWords, ranks: &[usize], identity: &Identity) -> Result<(), Stop>;

    /// The words of the sub-teams whose lowest rank is `rank`.
    fn sub_teams(&self, rank: usize) -> &[SubTeamWords; SUB_TEAMS];

    /// This rank's bytes for a collective; `parity` alternates, so that a slow reader of the last one isn't overwritten.
    /// `write` fills the buffer and gives the bytes used.
    fn contribute(&self, parity: usize, write: &mut dyn FnMut(&mut [u8]) -> Result<usize>) -> Result<()>;

    /// Another rank's bytes, between meeting in this collective and arriving at the next.
    fn contribution(&self, parity: usize, rank: usize) -> &[u8];

    /// Has something done in the arrays of the driver's node.
    fn errand(&self, errand: ErrandTold) -> Result<[u64; 2], Stop>;

    /// Whether this rank is the first to ask with this sequence number.
    fn first(&self, sequence: u64) -> bool;

    /// The team's own lock, for critical sections.
    fn critical(&self) -> &LockWord;

    /// The turns of `ordered`, which begin anew after each collective.
    fn turns(&self) -> &TurnWord;

    /// What hands out the indices of a loop; at its start again after each collective.
    fn dispenser(&self) -> &Dispenser;

    /// What hands out the rows of the array declared as number `field`; at its start again in a phase to such rows.
    fn row_dispenser(&self, field: usize) -> &Dispenser;

    /// The turns of `ordered` in the body of a loop, which begin anew after each collective.
    fn loop_turns(&self) -> &TurnWord;

    /// How many bytes this rank's partials of `accumulate` arrays have ever touched.
    fn touched_partials(&self, bytes: usize);

    /// Writes down what this rank has to say about its failure; taken back if the rank returns after all.
    fn report(&self, failure: Failure, message: &str, place: Option<Place>);

    /// Fails the call; the first failure is the one reported.
    fn fail(&self, failure: Failure);

    /// Ends this worker where a panic can't unwind, after its report was written.
    fn leave_without_unwinding(&self) -> !;
}
