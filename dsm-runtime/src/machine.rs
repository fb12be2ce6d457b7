//! What the word protocols take from the machine: atomic words, the clock, and hints to the processor and the scheduler.
//!
//! The protocols name nothing else, so that a model checker can stand in for it (`tests/models`).

pub(crate) use std::hint::spin_loop;
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
pub(crate) use std::thread::yield_now;
pub(crate) use std::time::Instant;
