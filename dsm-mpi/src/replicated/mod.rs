//! Arrays with one copy per node.
//!
//! ```text
//! replicated   what users hold: making one, reading it
//! giving       set and assign_from: who gives, and how the piece gets to every copy
//! region       which part of an array a piece goes to
//! node_copy    this node's memory: its elements, and writing to them while nobody reads
//! display      the text of an array
//! ```

mod display;
mod giving;
mod node_copy;
mod region;
#[allow(clippy::module_inception)]
mod replicated;

pub use replicated::Replicated;
