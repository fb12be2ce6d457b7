//! The one worker that runs on the driver's own thread.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::carrier::Carrier;
use super::deadlock;
use super::ground::Ground;
use super::pool::Over;
use super::pool_memory::PoolMemory;
use super::settings::Settings;
use super::thread_rank::{Common, end_the_program};
use super::worker::run;
use crate::engine::Failure;
use crate::error::Result;
use crate::process::Carried;
use crate::segment::Segment;

/// The worker of one cluster.
pub(super) struct SerialPool {
    common: Common,
    carried: Carried,
}

/// The driver's thread, in call `number`.
struct OwnThread<'g> {
    ground: Ground<'g>,
    number: u32,
}

impl Carrier for OwnThread<'_> {
    /// Nobody else watches over the call: whoever would wake somebody looks himself.
    fn ring(&self) {
        let control = self.ground.pool.control();
        if control.is_running(self.number) && deadlock::found(self.ground, self.number) {
            control.fail_call(self.number, Failure::Deadlock, None);
        }
    }

    fn tell_over(&self, _: &PoolMemory) {}

    fn end(&self) -> ! {
        end_the_program()
    }
}

impl SerialPool {
    pub(super) fn start(segment: &Arc<Segment>, settings: &Settings) -> Result<Self> {
        Ok(SerialPool { common: Common::new(segment, settings)?, carried: Carried::by_a_thread() })
    }

    pub(super) fn memory(&self) -> &PoolMemory {
        &self.common.memory
    }

    /// Runs call `number`, which was posted.
    pub(super) fn run(&self, number: u32, deadline: Option<Instant>) -> Over {
        let ground = self.common.ground();
        let carrier = OwnThread { ground, number };
        self.common.be_rank(0, self.carried, &carrier, |worker| {
            worker.engine.watch_the_clock(deadline);
            run(worker, number);
        });
        let control = ground.pool.control();
        if control.has_finished(number) {
            return Over::Finished;
        }
        ground.rebuild(number);
        control.done.0.number.store(number, Ordering::SeqCst);
        Over::Failed
    }
}
