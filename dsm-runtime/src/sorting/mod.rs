//! Sorting: stable, in parallel, with the order of numpy.
//!
//! Each thread sorts a run of its own; then runs are merged in pairs, each merge by all threads, which find their parts
//! of it by merge paths. Runs of numbers are sorted by radix, others by the standard library's stable sort.
//!
//! Not here: sorting over several machines, and arrays of more than one axis.

mod by_bits;
mod by_key;
mod key;
mod merge;
mod order;
mod places;
mod scratch;
mod search;
mod sort;
#[cfg(test)]
mod tests;
mod values;

pub use key::SortKey;
pub use search::Side;
pub use sort::{Sort, argsort, searchsorted, sort, sort_by_key};
