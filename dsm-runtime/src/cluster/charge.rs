//! What a monitor is in charge of.

use std::os::fd::RawFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::bell::Bell;
use super::control::MonitorState;
use super::ground::Ground;
use super::settings::{Loan, Purpose};
use super::wait_policy::WaitPolicy;
use crate::sync::wake;
use crate::view::Way;

/// What the monitor is given.
pub(crate) struct Charge {
    pub(crate) ground: Ground<'static>,
    pub(crate) bell: &'static Bell,
    /// Open in the monitor and its workers only: the driver sees by it that all are gone.
    pub(crate) lifeline: RawFd,
    pub(crate) grace: Duration,
    pub(crate) wait_policy: WaitPolicy,
    pub(crate) purpose: Purpose,
    pub(crate) way: Option<Way>,
    pub(crate) loan: Option<Loan>,
}

impl Charge {
    /// Tells the driver how the pool stands.
    pub(super) fn announce(&self, state: MonitorState) {
        let word = &self.ground.pool.control().monitor.0.state;
        word.store(state.word(), Ordering::SeqCst);
        wake(word, u32::MAX, u32::MAX);
    }
}
