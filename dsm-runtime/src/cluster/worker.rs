//! A worker: begins the job that is posted, runs it, and answers. What carries it, a process or a thread, isn't decided here.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::control::Answer;
use super::dispatch;
use super::pool_memory::PoolMemory;
use super::rank_engine::RankEngine;
use super::wait_policy::WaitPolicy;
use crate::engine::{Engine, Failure};
use crate::error::Result;
use crate::identity::{Identity, Operation};
use crate::payload;
use crate::point::{Point, reached};
use crate::sync::{Park, Patience, Wait, Waiting, sleep, wait_while, wake};
use crate::team::{Context, Leaving};
use crate::view::bring_together;

/// What a job finds: the worker's engine and context.
pub(crate) struct Worker {
    pub(crate) engine: &'static RankEngine,
    pub(crate) context: &'static Context,
}

/// Writes a result into a buffer and gives the bytes used.
pub(crate) type Writer = Box<dyn FnOnce(&mut [u8]) -> Result<usize>>;

/// How a job ended that did not fail.
pub(crate) enum Ended {
    /// The result, as a function that writes it.
    Value(Writer),
    /// The error that the function itself returned.
    Refusal(String),
}

/// Sleeping between calls: nothing to publish, and no call to fail.
pub(crate) struct Idle(pub(crate) WaitPolicy);

impl Park for Idle {
    fn stopped(&self) -> bool {
        false
    }

    fn patience(&self, usual: Patience) -> Patience {
        self.0.patience(usual)
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, _: Waiting, deadline: Option<Instant>) {
        sleep(word, value, mask, deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())));
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        wake(word, count, mask);
    }
}

/// Waiting on any thread of a rank: nothing is published, and whether the call has failed is looked at now and then.
pub(crate) struct Bystander {
    pub(super) pool: &'static PoolMemory,
    /// Of the call.
    pub(super) number: u32,
    pub(super) idle: Idle,
}

/// How often a bystander looks; nobody wakes it when the call fails.
const GLANCE: Duration = Duration::from_millis(10);

impl Park for Bystander {
    fn stopped(&self) -> bool {
        self.pool.control().has_failed(self.number)
    }

    fn patience(&self, usual: Patience) -> Patience {
        self.idle.patience(usual)
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, waiting: Waiting, deadline: Option<Instant>) {
        let glance = Instant::now() + GLANCE;
        self.idle.park(word, value, mask, waiting, Some(deadline.map_or(glance, |deadline| deadline.min(glance))));
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        self.idle.unpark(word, count, mask);
    }
}

/// Waits until another job is posted than the last one this rank began; gives its number.
pub(super) fn next_job(worker: &Worker, policy: WaitPolicy) -> u32 {
    let engine = worker.engine;
    let job = &engine.pool.control().job.0;
    reached(Point::WorkerIdle);
    let last = engine.slot().started.load(Ordering::Relaxed);
    let wait = Wait {
        word: &job.number,
        sleepers: &job.sleepers,
        mask: u32::MAX,
        waiting: Waiting::Timed,
        deadline: None,
        patience: Patience::EVENT,
    };
    wait_while(&Idle(policy), &wait, |number| number == last);
    job.number.load(Ordering::Acquire)
}

/// Begins job `number`, runs it and answers it.
pub(super) fn run(worker: &Worker, number: u32) {
    let Worker { engine, context } = *worker;
    engine.begin(number);
    reached(Point::WorkerBegun);
    let job = &engine.pool.control().job.0;
    context.begin(job.seed.load(Ordering::Relaxed));
    let entry = job.entry.load(Ordering::Relaxed);
    let arguments = job.arguments.load(Ordering::Relaxed);
    let outcome = if engine.stopped() {
        Err(None)
    } else {
        catch_unwind(AssertUnwindSafe(|| {
            let ended = dispatch::run_entry(entry, worker, arguments);
            finish(worker, ended);
        }))
        .map_err(Some)
    };
    if let Err(payload) = outcome {
        left(worker, payload);
    }
    context.end();
    engine.carrier.flush();
    reached(Point::Answering);
    engine.answered();
}

/// Writes the result and arrives at the end of the call.
fn finish(worker: &Worker, ended: Ended) {
    let Worker { engine, context } = *worker;
    context.check();
    if context.held() > 0 {
        let message =
            format!("rank {} returned with {} held: drop every guard first", context.rank(), context.held_names());
        // Where the rank last waited has nothing to do with it.
        context.forget_place();
        engine.report(Failure::Misuse, &message, None);
        engine.fail(Failure::Misuse);
        context.leave();
    }
    reached(Point::Writing);
    let written = match ended {
        Ended::Value(write) => engine.write_answer(Answer::Value, write),
        Ended::Refusal(message) => engine.write_answer(Answer::Refusal, |buffer| {
            let used = message.len().min(buffer.len());
            buffer[..used].copy_from_slice(&message.as_bytes()[..used]);
            Ok(used)
        }),
    };
    if let Err(error) = written {
        engine.report(Failure::Output, &error.to_string(), None);
        engine.fail(Failure::Output);
        context.leave();
    }
    reached(Point::Returning);
    if !bring_together(context) {
        return;
    }
    // What the user printed comes out before the driver goes on.
    engine.carrier.flush();
    engine.arrive_at_return(&Identity::new(Operation::Return, 0));
}

/// Leaves a failed call, or fails it for a panic.
fn left(worker: &Worker, payload: Option<Box<dyn Any + Send>>) {
    let Worker { engine, context } = *worker;
    reached(Point::Leaving);
    match payload {
        Some(payload) if !payload.is::<Leaving>() => {
            // A payload thrown without a panic leaves no report, or that of a panic caught before.
            let text = payload::text_of(&*payload);
            if !engine.has_reported_a_panic(&text) {
                engine.report(Failure::Panicked, &text, None);
            }
            engine.fail(engine.reported().unwrap_or(Failure::Panicked));
            // Dropped, one of the user's own may panic in its turn, and what it panics with too.
            if !payload.is::<&'static str>() && !payload.is::<String>() {
                std::mem::forget(payload);
            }
        }
        _ => {
            engine.forget_panic();
            // No effect where the call has failed, as it has unless a payload was kept from an earlier one.
            engine.fail(Failure::Panicked);
        }
    }
    engine.write_leaving(Some(context));
}
