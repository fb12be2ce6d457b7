//! Waiting for what only looking tells: a few looks in a row, then between yields of the core, then between short sleeps.
//!
//! MPI has no other way to wait that both leaves the core to the rank that is waited for and ends by a deadline.

use std::time::{Duration, Instant};

/// Looks before the first yield. Each costs MPI up to a microsecond: with 100, four ranks of MPICH on two cores took forty times
/// as long to meet.
const SPINS: u32 = 20;
/// Waits this long only yield; ranks that share a core hand it to one another.
const YIELDS_FOR: Duration = Duration::from_millis(2);
const SHORTEST_SLEEP: Duration = Duration::from_micros(20);
const LONGEST_SLEEP: Duration = Duration::from_millis(1);

/// One wait.
pub(crate) struct Wait {
    begun: Instant,
    limit: Option<Duration>,
    looks: u32,
    sleep: Duration,
}

impl Wait {
    /// Begins a wait that may last as long as this; for ever when nothing is said.
    pub(crate) fn for_at_most(limit: Option<Duration>) -> Self {
        Wait { begun: Instant::now(), limit, looks: 0, sleep: SHORTEST_SLEEP }
    }

    /// Leaves the core for a while that grows; false when the time is up.
    pub(crate) fn pause(&mut self) -> bool {
        self.looks = self.looks.saturating_add(1);
        if self.looks <= SPINS {
            std::hint::spin_loop();
            return true;
        }
        let waited = self.begun.elapsed();
        if self.limit.is_some_and(|limit| waited >= limit) {
            return false;
        }
        if waited < YIELDS_FOR {
            std::thread::yield_now();
        } else {
            std::thread::sleep(self.sleep);
            self.sleep = (self.sleep * 2).min(LONGEST_SLEEP);
        }
        true
    }

    /// Begins anew after something has happened.
    #[cfg(feature = "system-mpi")]
    pub(crate) fn again(&mut self) {
        *self = Wait::for_at_most(self.limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_by_its_limit_and_not_before() {
        let limit = Duration::from_millis(5);
        let mut wait = Wait::for_at_most(Some(limit));
        let begun = Instant::now();
        while wait.pause() {}
        assert!(begun.elapsed() >= limit);
    }

    #[test]
    fn a_wait_without_limit_goes_on() {
        let mut wait = Wait::for_at_most(None);
        assert!((0..500).all(|_| wait.pause()));
    }
}
