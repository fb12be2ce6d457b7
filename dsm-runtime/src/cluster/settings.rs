//! How a cluster, or the pool of a map, was asked to be.

use std::time::Duration;

use super::wait_policy::WaitPolicy;
use crate::view::Way;

/// What the builder said.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    pub(crate) size: usize,
    pub(crate) seed: u64,
    pub(crate) deadline: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) allow_threads: bool,
    pub(crate) wait_policy: WaitPolicy,
    pub(crate) purpose: Purpose,
    /// How contributions to `accumulate` arrays are made; by size when nothing is said.
    pub(crate) way: Option<Way>,
}

/// What a pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Call after call: a worker that is lost is replaced.
    Cluster,
    /// One call that hands out jobs.
    Map,
}
