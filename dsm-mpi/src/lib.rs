#![doc = include_str!("guide.md")]
// Solo groups need little of what several ranks do; it is compiled for them all the same, so that it stays whole.
#![cfg_attr(not(feature = "system-mpi"), allow(dead_code, unused_imports, unused_variables))]

mod agents;
mod comm;
mod fair_lock;
mod replicated;

#[doc(hidden)]
pub use agents::run_main;
pub use comm::{Comm, CommBuilder};
pub use fair_lock::{FairLock, FairLockGuard};
pub use replicated::Replicated;
