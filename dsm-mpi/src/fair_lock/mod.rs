//! A lock across nodes.
//!
//! ```text
//! fair_lock   what users hold
//! desk        who holds it and who waits: the server's state, without messages
//! server      a thread on the lock's home, which answers requests while the home computes
//! ```
//!
//! Served by messages, because one-sided operations of common MPIs fail or wait until the target enters MPI.

mod desk;
#[allow(clippy::module_inception)]
mod fair_lock;
#[cfg(feature = "system-mpi")]
mod server;

pub use fair_lock::{FairLock, FairLockGuard};
