//! How a cluster, or the pool of a map, was asked to be.

use std::time::Duration;

use super::backend::Backend;
use super::wait_policy::WaitPolicy;
use crate::view::Way;

/// What the builder said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) backend: Backend,
    pub(crate) size: usize,
    /// The first rank that runs on this node, and how many do.
    pub(crate) first: usize,
    pub(crate) here: usize,
    pub(crate) seed: u64,
    pub(crate) deadline: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) allow_threads: bool,
    pub(crate) wait_policy: WaitPolicy,
    pub(crate) purpose: Purpose,
    /// How contributions to `accumulate` arrays are made; by size when nothing is said.
    pub(crate) way: Option<Way>,
    /// What the workers are lent of anonymous arrays.
    pub(crate) loan: Option<Loan>,
}

/// What workers are lent: a lease of anonymous arrays (`segment/lending.rs`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Loan {
    /// The number of rank 0's process.
    pub(crate) first: u64,
    /// Whether they may read whole arrays.
    pub(crate) whole: bool,
}

/// What a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Call after call: a worker that is lost is replaced.
    Cluster,
    /// One call that hands out jobs.
    Map,
    /// One call of one closure.
    Background,
}
