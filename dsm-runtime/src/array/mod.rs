//! The driver's side of the declared fields: arrays that are ndarray arrays, and handles of locks and atomics.

mod handle;
mod shared;
mod shared_array;

pub use handle::{Handle, Handles, SharedCell};
pub use shared::{HandleSource, HandleVisitor, Shared};
pub use shared_array::SharedArray;
