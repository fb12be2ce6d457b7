//! The runtime of dsm: shared memory, views, phases, locks, barriers and worker processes.
//!
//! Users depend on the crate `dsm`, which re-exports what is public here together with the macros that write the
//! plumbing.

#[cfg(not(target_os = "linux"))]
compile_error!(
    "dsm runs on Linux 5.10 or later only: it needs memfd, futex and pidfd (on other systems, use a Linux container)"
);

mod array;
mod cluster;
mod element;
mod engine;
mod entry;
mod error;
mod fields;
mod files;
mod identity;
mod jobs;
mod machine;
mod nodes;
mod one_thread;
mod payload;
#[doc(hidden)]
pub mod point;
mod process;
mod schedule;
mod seed;
mod segment;
mod shape;
mod sorting;
mod sync;
mod team;
#[cfg(test)]
mod tests;
mod threads;
mod view;

pub use array::{Handle, Handles, Part, Shared, SharedArray, SharedAtomics, SharedCell};
pub use cluster::{Backend, Builder, Cluster, Stats, WaitPolicy};
pub use element::Element;
pub use error::{Error, ErrorKind, Place, Result};
pub use files::{FileElement, FromFile, FromNpy, NpyElement, ToFile, from_file, from_npy, to_file, to_npy};
pub use indicatif;
pub use jobs::{
    Background, JobContext, JobError, Jobs, Listed, Map, OnError, Progress, Skip, Stop, Streamed, background, map,
    stream,
};
pub use schedule::{Indices, Schedule};
pub use shape::Axes;
pub use sorting::{Side, Sort, SortKey, argsort, searchsorted, sort, sort_by_key};
pub use sync::{Atomic, AtomicBits, AtomicElement, AtomicNumber, FairLock, FairLockGuard, Flag, Lock, LockGuard};
pub use team::{LoopIndex, LoopRange, Sections, SubTeam, Team, TeamRng};
pub use view::{
    Accumulate, AccumulateBy, AccumulateElement, Atomics, Pending, Phase, Raw, Read, Rows, RowsMut, Split, View, ops,
};

#[doc(hidden)]
pub mod private;
