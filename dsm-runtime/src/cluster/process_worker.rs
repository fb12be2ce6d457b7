//! A worker process: what it sets up for itself, and its life from job to job.

use std::sync::atomic::Ordering;

use super::bell::Bell;
use super::carrier::Carrier;
use super::child::{self, LEFT, UNFIT};
use super::panics;
use super::pool_memory::PoolMemory;
use super::rank_engine::RankEngine;
use super::wait_policy::WaitPolicy;
use super::worker::{Worker, next_job, run};
use crate::point::{Point, become_worker, reached};
use crate::process::Carried;
use crate::segment::inherited;
use crate::sync::{go_elsewhere, wake};
use crate::team::{Context, forget_call};
use crate::view::ViewBase;

/// A process that a monitor watches over.
struct Process {
    bell: &'static Bell,
}

impl Carrier for Process {
    fn ring(&self) {
        self.bell.ring();
    }

    fn tell_over(&self, pool: &PoolMemory) {
        let done = &pool.control().done.0;
        if done.sleepers.load(Ordering::SeqCst) > 0 {
            wake(&done.number, u32::MAX, u32::MAX);
        }
    }

    fn flush(&self) {
        child::flush_stdio();
    }

    fn end(&self) -> ! {
        child::exit(LEFT)
    }
}

/// Runs jobs until the process is killed.
pub(super) fn work(pool: &'static PoolMemory, base: &'static ViewBase, bell: &'static Bell, policy: WaitPolicy) -> ! {
    let carrier: &'static Process = Box::leak(Box::new(Process { bell }));
    let engine: &'static RankEngine = Box::leak(Box::new(RankEngine::new(pool, base, carrier, policy)));
    let context: &'static Context = Box::leak(Box::new(Context::new(engine, base, Carried::BY_A_PROCESS)));
    let worker = Worker { engine, context };
    // A child that the user's code forks has copies of the views: they must not reach the arrays.
    inherited::add_forget(forget_call);
    let kept = pool.memory().keep_from_children().and_then(|()| base.memory.keep_from_children());
    if kept.is_err() {
        child::exit(UNFIT);
    }
    // What is atomic is the driver's node's.
    if pool.layout.local().start > 0 {
        go_elsewhere(base.memory);
    }
    panics::report();
    child::catch_exit();
    child::tell_aborts_from_panics(&engine.slot().report_bytes);
    become_worker(base.rank);
    reached(Point::WorkerForked);
    loop {
        let number = next_job(&worker, policy);
        run(&worker, number);
    }
}
