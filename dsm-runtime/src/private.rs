//! What generated code and dsm-mpi need. Not for use by hand: it may change in any release.

use crate::error::{Error, ErrorKind, Result};
use crate::shape::{self, Extent};

pub use crate::array::{HandleSource, HandleVisitor};
pub use crate::cluster::{Argument, ArgumentOf, Given, IsResult, Job, Output, Owned, ResourceSource, call, own_result};
pub use crate::entry::{MainOutcome, TestOutcome, run_main, run_test, test_entry};
pub use crate::fields::*;
pub use crate::nodes::{Net, join, leave};
pub use crate::point;
pub use crate::process::Birthplace;
pub use crate::segment::{Declaration, Location, NodeMemory};
pub use crate::shape::checked;
pub use crate::view::{Access, Mode, Operator, Way, operator};
pub use ndarray::{Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};

/// An error with this text.
#[must_use]
pub fn error(kind: ErrorKind, text: impl Into<String>) -> Error {
    Error::new(kind, text)
}

/// The error, begun at `rank`.
#[must_use]
pub fn at_rank(error: Error, rank: usize) -> Error {
    error.with_rank(rank)
}

/// The length of one axis, from an expression that gives `None` where it overflows.
///
/// # Errors
///
/// When it overflows, or is no length.
pub fn axis<T: Extent>(array: &str, source: &str, length: impl FnOnce() -> Option<T>) -> Result<usize> {
    shape::axis(array, source, length).map_err(|error| Error::new(ErrorKind::Shape, error.to_string()))
}
