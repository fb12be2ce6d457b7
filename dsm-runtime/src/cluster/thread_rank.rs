//! A rank on a thread of the driver's process: what it works with lies on the thread's own stack.
//!
//! All ranks, and the driver, reach the arrays through one mapping.
#![allow(unsafe_code)]

use std::io::{self, Write as _};
use std::sync::Arc;

use super::carrier::Carrier;
use super::ground::Ground;
use super::panics;
use super::pool_memory::{PoolLayout, PoolMemory};
use super::rank_engine::RankEngine;
use super::settings::Settings;
use super::wait_policy::WaitPolicy;
use super::worker::Worker;
use crate::error::Result;
use crate::process::Carried;
use crate::segment::{Segment, inherited};
use crate::team::{Context, forget_call};
use crate::view::{ViewBase, Way};

/// What the ranks of a pool have in common.
pub(super) struct Common {
    pub(super) memory: PoolMemory,
    pub(super) segment: Arc<Segment>,
    pub(super) wait_policy: WaitPolicy,
    pub(super) way: Option<Way>,
}

impl Common {
    pub(super) fn new(segment: &Arc<Segment>, settings: &Settings) -> Result<Self> {
        let Settings { size, wait_policy, way, .. } = *settings;
        segment.recover_locks_if_used();
        // A child that somebody's code forks runs no rank.
        inherited::add_forget(forget_call);
        panics::report();
        let memory = PoolMemory::create(PoolLayout::new(size, 0..size, segment.fields.len(), segment.memory.length()))?;
        Ok(Common { memory, segment: Arc::clone(segment), wait_policy, way })
    }
}

impl Common {
    pub(super) fn ground(&self) -> Ground<'_> {
        Ground { pool: &self.memory, arrays: &self.segment.memory, fields: &self.segment.fields }
    }

    /// Lets this thread be a rank while `f` runs.
    pub(super) fn be_rank<R>(
        &self,
        rank: usize,
        carried: Carried,
        carrier: &dyn Carrier,
        f: impl FnOnce(&Worker) -> R,
    ) -> R {
        let Ground { pool, arrays, fields } = self.ground();
        let size = pool.layout.size;
        // SAFETY: `self` and `carrier` are borrowed for the whole of this function, and base, engine and context live
        // until its end. What refers to them longer by its type is this: the worker, which `f` has by reference only;
        // and, while a job runs, the resources and the call known to the thread. A job's function is generic over the
        // lifetime of its resources, so it can't keep them, and `worker::run` makes the thread forget the call.
        unsafe {
            let partials = forever(pool).partials();
            let base = ViewBase {
                rank,
                size,
                memory: forever(arrays),
                fields: forever(fields),
                partials,
                way: self.way,
                here: 0..size,
            };
            let engine = RankEngine::new(forever(pool), forever(&base), forever_carrier(carrier), self.wait_policy);
            let context = Context::new(forever(&engine), forever(&base), carried);
            f(&Worker { engine: forever(&engine), context: forever(&context) })
        }
    }
}

/// # Safety
///
/// - What is referred to outlives every use of the result.
unsafe fn forever<T: ?Sized>(short: &T) -> &'static T {
    // SAFETY: the caller's duty.
    unsafe { &*std::ptr::from_ref(short) }
}

/// # Safety
///
/// - The carrier outlives every use of the result.
unsafe fn forever_carrier(short: &dyn Carrier) -> &'static dyn Carrier {
    // SAFETY: the caller's duty; only the lifetime changes.
    unsafe { std::mem::transmute::<&dyn Carrier, &'static dyn Carrier>(short) }
}

/// Ends the program: its rank must run no further, and a thread can't be ended.
pub(super) fn end_the_program() -> ! {
    // Where nobody reads, nobody can be told.
    let _ = writeln!(
        io::stderr(),
        "dsm: a worker that must leave a failed call can't unwind (it panics already, or panics abort), and a worker that \
         is a thread can't be ended: the program is. With the backend `process` this is an error of the call"
    );
    std::process::abort()
}
