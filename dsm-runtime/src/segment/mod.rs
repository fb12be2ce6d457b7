//! Shared memory: what a declaration asks for, where it lies, and the mapping that holds it.

mod available;
mod declaration;
mod declared;
pub(crate) mod inherited;
pub(crate) mod lending;
mod memory;
mod node_memory;
mod segment;

pub(crate) use available::{available, human, total_memory};
pub use declaration::Declaration;
pub(crate) use declared::{CellKind, Field, FieldKind, LockWords, Untold};
pub(crate) use memory::{Memory, page_size};
pub use node_memory::{Location, NodeMemory};
pub(crate) use segment::{Segment, Use, field};
