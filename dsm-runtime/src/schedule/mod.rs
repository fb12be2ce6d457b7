//! Which part owns which index: the arithmetic of dealing `0..n` among workers.
//!
//! Everything here is a pure function of its arguments, so that every worker, and every node, works out the same deal
//! without asking anybody. `block` is the plain split, `permutation` a seeded bijection, `cyclic` puts both behind one
//! [`Deal`], and `indices` walks one part of a deal.
//!
//! What is not here: schedules that hand indices out as workers ask (they need a shared counter), the choice of the
//! seed, and anything that knows what an index stands for.

mod block;
mod cyclic;
mod indices;
mod permutation;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use block::block;
pub(crate) use cyclic::Deal;
pub use indices::Indices;
pub(crate) use permutation::Permutation;

/// How indices are dealt to workers, in OpenMP's meanings.
///
/// Every index goes to exactly one worker, and all workers agree on which.
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
}

impl Schedule {
    /// Tells whether this schedule can deal anything; the error says what to write instead.
    ///
    /// A schedule is a plain value, so a chunk of 0 can be written anywhere; whoever uses one asks here first.
    ///
    /// # Errors
    ///
    /// For `Cyclic(0)`.
    ///
    /// ```
    /// use dsm::Schedule;
    ///
    /// assert_eq!(Schedule::Cyclic(4).check(), Ok(()));
    /// assert!(Schedule::Cyclic(0).check().is_err());
    /// ```
    pub fn check(self) -> Result<(), &'static str> {
        match self {
            Schedule::Cyclic(0) => Err("`Schedule::Cyclic(0)` deals chunks of no indices: write `Cyclic(1)` or more"),
            Schedule::Block | Schedule::Cyclic(_) | Schedule::Random => Ok(()),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Block => f.pad("block"),
            Schedule::Cyclic(chunk) => f.pad(&format!("cyclic({chunk})")),
            Schedule::Random => f.pad("random"),
        }
    }
}
