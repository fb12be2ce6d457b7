//! Views: an array as a worker may use it, with the access mode in the type, and the phases that change modes.
//!
//! A worker has at most one view of an array at a time. A transition consumes it, and the new view is built from the
//! declaration once every worker has arrived with the same transitions, so nothing borrowed from an old view is left
//! and no two workers ever hold the same element mutably.

mod accumulate;
mod atomics;
mod base;
mod grant;
mod hand;
mod mode;
mod operator;
mod partials;
mod phase;
mod raw;
mod read;
mod rows;
mod split;
mod transition;

pub use accumulate::Accumulate;
pub use atomics::Atomics;
pub(crate) use base::ViewBase;
pub(crate) use grant::Grant;
#[cfg(test)]
pub(crate) use grant::standard_strides;
pub use mode::{Access, Mode};
pub use operator::{AccumulateBy, AccumulateElement, Operator, operator, ops};
pub use partials::Way;
pub(crate) use partials::{Accumulating, PartialLayout, Partials};
pub use phase::Phase;
pub(crate) use phase::{bring_together, run_phase};
pub use raw::Raw;
pub use read::Read;
pub use rows::{Rows, RowsMut};
pub use split::Split;
pub use transition::{Pending, View};
