//! How a map was asked to run.

use std::time::Duration;

use super::progress::{Bar, Progress};
use crate::cluster::{Backend, Purpose, Settings, WaitPolicy, number_of_workers};
use crate::error::{Error, ErrorKind, Result};
use crate::schedule::Schedule;

/// How long workers of a failed map may take to end their jobs, unless the builder says otherwise.
const GRACE: Duration = Duration::from_millis(500);

/// What the builder said.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) workers: Option<usize>,
    pub(super) schedule: Option<Schedule>,
    pub(super) seed: u64,
    pub(super) deadline: Option<Duration>,
    pub(super) grace: Duration,
    pub(super) allow_threads: bool,
    pub(super) wait_policy: Option<WaitPolicy>,
    pub(super) progress: Option<Progress>,
    pub(super) serial: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            workers: None,
            schedule: None,
            seed: 0,
            deadline: None,
            grace: GRACE,
            allow_threads: false,
            wait_policy: None,
            progress: None,
            serial: false,
        }
    }
}

impl Plan {
    /// Checks what the builder and the environment say; at most so many workers have something to do.
    pub(super) fn settings(&self, at_most: Option<usize>) -> Result<Settings> {
        if let Some(Err(message)) = self.schedule.map(Schedule::check) {
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = number_of_workers(self.workers, &|name| std::env::var_os(name), cores)
            .map_err(|error| Error::new(ErrorKind::Workers, error.to_string()))?;
        let size = at_most.map_or(workers, |most| workers.min(most.max(1)));
        Ok(Settings {
            backend: Backend::Process,
            size,
            first: 0,
            here: size,
            seed: self.seed,
            deadline: self.deadline,
            grace: self.grace,
            allow_threads: self.allow_threads,
            wait_policy: WaitPolicy::chosen(self.wait_policy, std::env::var_os("DSM_WAIT_POLICY"))?,
            purpose: Purpose::Map,
            way: None,
            loan: None,
        })
    }

    /// The bar over so many jobs, if it is known how many.
    pub(super) fn bar(&self, jobs: Option<usize>) -> Bar {
        Bar::new(self.progress.as_ref(), jobs)
    }

    /// Whether jobs run in the caller: also where threads carry workers, since closures may hold what no other thread may
    /// use.
    pub(super) fn is_serial(&self) -> Result<bool> {
        let backend = Backend::chosen(None, std::env::var_os("DSM_BACKEND"))?;
        Ok(matches!(backend, Backend::Thread | Backend::Serial) || self.serial)
    }
}
