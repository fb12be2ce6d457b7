//! Shapes: how many axes an array has, and axes computed without overflow.

mod axes;
mod extent;

pub use axes::Axes;
#[cfg(test)]
pub(crate) use extent::CheckedArithmetic;
pub use extent::checked;
pub(crate) use extent::{Extent, axis};
