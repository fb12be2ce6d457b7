//! Which part owns which index: the arithmetic of dealing `0..n` among workers.
//!
//! Everything here is a pure function of its arguments, so that every worker, and every node, works out the same deal
//! without asking anybody. `block` is the plain split, `permutation` a seeded bijection, `cyclic` puts both behind one
//! [`Deal`], `indices` walks one part of a deal, and `nest` numbers the indices of nested loops.
//!
//! What is not here: handing out as workers ask, which needs a shared word (`sync/words/dispenser.rs`), the choice of the
//! seed, and anything that knows what an index stands for.

mod block;
mod cyclic;
mod indices;
mod nest;
mod permutation;
mod taken;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use block::block;
pub(crate) use cyclic::Deal;
pub use indices::Indices;
pub(crate) use nest::{Nest, name_of};
pub(crate) use permutation::Permutation;
pub(crate) use taken::Taken;

use crate::sync::Portion;

/// How indices are dealt to workers, in OpenMP's meanings.
///
/// Every index goes to exactly one worker. `Block`, `Cyclic` and `Random` settle beforehand which, and all workers agree on
/// it; with `Dynamic` and `Guided` it is whoever asks next, which evens out work that can't be foreseen.
///
/// ```
/// use dsm::prelude::*;
///
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// #[dsm::parallel]
/// fn deal(res: Plain, chunk: Option<usize>) -> Vec<usize> {
///     let schedule = chunk.map_or(Schedule::Block, Schedule::Cyclic);
///     res.team.split_indices(10, schedule).collect()
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// assert_eq!(deal(&mut cluster, None)?, [vec![0, 1, 2, 3, 4], vec![5, 6, 7, 8, 9]]);
/// assert_eq!(deal(&mut cluster, Some(2))?, [vec![0, 1, 4, 5, 8, 9], vec![2, 3, 6, 7]]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Schedule {
    /// One contiguous block each; lengths differ by at most one, and the longer blocks come first.
    ///
    /// This is OpenMP's `static` without a chunk.
    Block,
    /// Chunks of this many indices (at least 1), dealt round-robin from worker 0; the last chunk may be shorter.
    ///
    /// This is OpenMP's `static, chunk`.
    Cyclic(usize),
    /// A permutation that all workers agree on, dealt in blocks; numbers of indices differ by at most one.
    ///
    /// It evens out work that varies along the array, at the price of scattered access.
    Random,
    /// Chunks of this many indices (at least 1), each to the worker that asks next; the last chunk may be shorter.
    ///
    /// This is OpenMP's `dynamic, chunk`. Which worker gets which indices differs from run to run.
    Dynamic(usize),
    /// Chunks that shrink: each is the number of indices not yet handed out divided by the number of workers, rounded
    /// up, but at least this many (at least 1), to the worker that asks next. The last chunk may be shorter.
    ///
    /// This is OpenMP's `guided, min`: guided self-scheduling (Polychronopoulos and Kuck 1987). Which worker gets which
    /// indices differs from run to run.
    Guided(usize),
}

impl Schedule {
    /// Tells whether this schedule can deal anything; the error says what to write instead.
    ///
    /// A schedule is a plain value, so a chunk of 0 can be written anywhere; whoever uses one asks here first.
    ///
    /// # Errors
    ///
    /// For `Cyclic(0)`, `Dynamic(0)` and `Guided(0)`.
    ///
    /// ```
    /// use dsm::Schedule;
    ///
    /// assert_eq!(Schedule::Cyclic(4).check(), Ok(()));
    /// assert!(Schedule::Cyclic(0).check().is_err());
    /// assert!(Schedule::Dynamic(0).check().is_err());
    /// ```
    pub fn check(self) -> Result<(), &'static str> {
        match self {
            Schedule::Cyclic(0) => Err("`Schedule::Cyclic(0)` deals chunks of no indices: write `Cyclic(1)` or more"),
            Schedule::Dynamic(0) => Err("`Schedule::Dynamic(0)` hands out no indices: write `Dynamic(1)` or more"),
            Schedule::Guided(0) => Err("`Schedule::Guided(0)` ends in chunks of no indices: write `Guided(1)` or more"),
            Schedule::Block | Schedule::Cyclic(_) | Schedule::Random | Schedule::Dynamic(_) | Schedule::Guided(_) => {
                Ok(())
            }
        }
    }

    /// How chunks are cut, when they are handed out as workers ask; `None` when a [`Deal`] settles everything.
    pub(crate) fn portion(self) -> Option<Portion> {
        match self {
            Schedule::Dynamic(chunk) => Some(Portion::Fixed(chunk)),
            Schedule::Guided(least) => Some(Portion::Guided(least)),
            Schedule::Block | Schedule::Cyclic(_) | Schedule::Random => None,
        }
    }

    /// The schedule as two numbers, for ranks to compare.
    pub(crate) fn words(self) -> [u64; 2] {
        match self {
            Schedule::Block => [1, 0],
            Schedule::Cyclic(chunk) => [2, chunk as u64],
            Schedule::Random => [3, 0],
            Schedule::Dynamic(chunk) => [4, chunk as u64],
            Schedule::Guided(least) => [5, least as u64],
        }
    }

    /// The schedule that two numbers stand for.
    pub(crate) fn from_words(words: [u64; 2]) -> Option<Self> {
        let parameter = words[1] as usize;
        match words[0] {
            1 => Some(Schedule::Block),
            2 => Some(Schedule::Cyclic(parameter)),
            3 => Some(Schedule::Random),
            4 => Some(Schedule::Dynamic(parameter)),
            5 => Some(Schedule::Guided(parameter)),
            _ => None,
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Block => f.pad("block"),
            Schedule::Cyclic(chunk) => f.pad(&format!("cyclic({chunk})")),
            Schedule::Random => f.pad("random"),
            Schedule::Dynamic(chunk) => f.pad(&format!("dynamic({chunk})")),
            Schedule::Guided(least) => f.pad(&format!("guided({least})")),
        }
    }
}
