//! How a cluster was asked to be.

use std::time::Duration;

use super::wait_policy::WaitPolicy;

/// What the builder said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) size: usize,
    pub(super) seed: u64,
    pub(super) deadline: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) allow_threads: bool,
    pub(super) wait_policy: WaitPolicy,
}
