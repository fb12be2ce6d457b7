//! What was read against the rules. A check reports every mistake it sees; what passes is ready to expand.

mod access;
mod clauses;
mod element;
mod entry;
mod parallel;
mod shared;
mod types;

pub(crate) use access::access;
pub(crate) use element::element;
pub(crate) use entry::entry;
pub(crate) use parallel::parallel;
pub(crate) use shared::shared;
