//! Groups of ranks: how they are made, and how they speak.
//!
//! ```text
//! comm, builder     what users hold: the ranks, those of this node, the first of each node
//! meeting           all ranks agree on what they are in, or all get the same error
//! link              one group: short messages, barrier, broadcast; each ends by a deadline
//! system, universe  MPI: one communicator, and its start and end (feature `system-mpi`)
//! wait, deadline    looking until something has come, and for how long
//! health, failure   what can't be used any more, and errors that travel
//! ```
//!
//! Only what is nonblocking is used, except in `split`, for which MPI has nothing else.

mod buffer;
mod builder;
#[allow(clippy::module_inception)]
mod comm;
pub(crate) mod deadline;
mod failure;
mod health;
mod launch;
mod link;
mod meeting;
mod nodes;
#[cfg(feature = "system-mpi")]
mod system;
#[cfg(feature = "system-mpi")]
mod universe;
mod wait;

pub(crate) use buffer::{Buffer, Packed};
pub use builder::CommBuilder;
pub use comm::Comm;
#[cfg(feature = "system-mpi")]
pub(crate) use launch::launched_by;
pub(crate) use link::{Link, Tag};
#[cfg(feature = "system-mpi")]
pub(crate) use system::{Communicator, Sending};
#[cfg(feature = "system-mpi")]
pub(crate) use universe::{Server, abort};
#[cfg(feature = "system-mpi")]
pub(crate) use wait::Wait;
