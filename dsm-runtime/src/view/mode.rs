//! Access modes and the clauses of a parallel function, as plain data that every process agrees on.

use serde::{Deserialize, Serialize};

use super::operator::Operator;
use crate::schedule::Schedule;

/// How the workers use an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Everybody reads all of it.
    Read,
    /// Each worker owns the indices of `axis` that the schedule deals to it.
    Split {
        /// The axis that is dealt out.
        axis: usize,
        /// How.
        schedule: Schedule,
    },
    /// Each worker owns the range of axis 0 that it brings itself.
    SplitAt,
    /// Everybody uses any element atomically.
    Atomic,
    /// Everybody contributes to any element by this operator, and nobody reads.
    Accumulate(Operator),
    /// Anything, at the caller's own risk.
    Raw,
}

/// One array of a parallel function's clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The array's number in the declaration.
    pub field: usize,
    /// How the workers use it when the function starts.
    pub mode: Mode,
}

impl Access {
    /// The array declared as number `field`, in `mode`.
    #[must_use]
    pub const fn new(field: usize, mode: Mode) -> Self {
        Access { field, mode }
    }
}
