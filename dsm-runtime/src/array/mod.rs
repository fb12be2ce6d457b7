//! The driver's side of the shared fields: arrays that are ndarray arrays, declared or anonymous, and handles of locks,
//! flags and atomics.

mod anonymous;
mod away;
mod cells;
mod handle;
mod handles;
mod part;
mod shared;
mod shared_array;
mod shared_atomics;
mod shared_cell;

pub use handle::Handle;
pub use handles::Handles;
pub use part::Part;
pub use shared::{HandleSource, HandleVisitor, Shared};
pub use shared_array::SharedArray;
pub use shared_atomics::SharedAtomics;
pub use shared_cell::SharedCell;
