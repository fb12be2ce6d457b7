//! Word protocols over shared memory: what may be waited for, and how waiting is done.
//!
//! `README.md` beside this file holds the states, the feared races and why they can't happen. Each protocol is a state
//! machine over atomic words, in `words/`, that waits and wakes through [`Park`]; `futex` is the only place that sleeps.

mod atomic;
mod atomic_element;
mod elsewhere;
mod fair_lock;
mod flag;
mod futex;
mod lock;
#[cfg(test)]
#[allow(unsafe_code)]
mod tests;
mod words;

pub use atomic::Atomic;
pub use atomic_element::{AtomicBits, AtomicElement, AtomicNumber};
pub(crate) use elsewhere::{Operation, go_elsewhere};
pub use fair_lock::{FairLock, FairLockGuard};
pub use flag::Flag;
pub(crate) use futex::{sleep, wake};
pub use lock::{Lock, LockGuard};
pub(crate) use words::*;

/// A value alone on its cache lines (two, since processors fetch lines in pairs).
#[repr(C, align(128))]
pub(crate) struct Apart<T>(pub(crate) T);
