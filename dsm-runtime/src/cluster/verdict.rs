//! Why a call failed, from what the words and the ranks' reports say, as one error.
#![allow(unsafe_code)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::backend::Backend;
use super::control::{Answer, RankSlot};
use super::pool_memory::PoolMemory;
use super::report::Report;
use super::settings::{Purpose, Settings};
use crate::engine::Failure;
use crate::error::{Error, ErrorKind, Place};

/// What is known of one rank once the call is over.
struct Account {
    rank: usize,
    answer: Answer,
    report: Report,
    /// Raw wait status; zero when it lives.
    death: i32,
    overdue: bool,
    held_by: Option<usize>,
}

/// What has failed, for the words of its error.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The function's name, or what a user calls that runs jobs.
    pub(crate) function: &'a str,
    /// The job that a rank was in.
    pub(crate) job_of: &'a dyn Fn(usize) -> Option<usize>,
}

impl<'a> Subject<'a> {
    /// A parallel function.
    pub(super) fn call(function: &'a str) -> Self {
        Subject { function, job_of: &|_| None }
    }

    /// ``rank 1 of `add` ``, or ``rank 1 of `map`, in job 7,``.
    fn rank(&self, rank: usize) -> String {
        let job = (self.job_of)(rank).map_or(String::new(), |job| format!(", in job {job},"));
        format!("rank {rank} of `{}`{job}", self.function)
    }
}

/// The error that a failed call ends in.
///
/// `failure` is why, and at which rank it began.
pub(crate) fn error(
    pool: &PoolMemory,
    failure: (Option<Failure>, Option<usize>),
    subject: &Subject<'_>,
    settings: &Settings,
) -> Error {
    let error = first_failure(pool, failure, subject, settings);
    let job = error.rank().and_then(subject.job_of);
    let error = error.with_job(job);
    let overdue = pool.slots().map(|slot| slot.overdue.load(Ordering::Relaxed)).enumerate();
    let overdue: Vec<(usize, u32)> = overdue.filter(|&(_, overdue)| overdue != 0).collect();
    let Some(longest) = overdue.iter().map(|&(_, overdue)| overdue).max() else { return error };
    let one = overdue.len() == 1;
    let killed = if one { "was killed" } else { "were killed" };
    let what_followed = match (settings.backend, settings.purpose) {
        (Backend::Process | Backend::Mpi, Purpose::Cluster) => format!("{killed} and replaced"),
        (Backend::Process | Backend::Mpi, Purpose::Map | Purpose::Background) => killed.to_owned(),
        (Backend::Thread | Backend::Serial, _) => {
            let waited = Duration::from_millis(longest.into());
            format!(
                "could not be killed, being {}: the call waited {waited:?}",
                if one { "a thread" } else { "threads" }
            )
        }
    };
    let ranks = ranks(&overdue.iter().map(|&(rank, _)| rank).collect::<Vec<_>>());
    error.adding(&format!("; {ranks} did not reach a dsm operation within {:?} and {what_followed}", settings.grace))
}

/// `rank 1`, or `ranks 1, 3`.
pub(super) fn ranks(numbers: &[usize]) -> String {
    let list: Vec<String> = numbers.iter().map(usize::to_string).collect();
    format!("{} {}", if list.len() == 1 { "rank" } else { "ranks" }, list.join(", "))
}

fn first_failure(
    pool: &PoolMemory,
    (failure, at): (Option<Failure>, Option<usize>),
    subject: &Subject<'_>,
    settings: &Settings,
) -> Error {
    let function = subject.function;
    let accounts: Vec<Account> = pool.slots().enumerate().map(|(rank, slot)| account(pool, rank, slot)).collect();
    // A function's own error comes before what it leads to: the others waited for the rank that returned it.
    if matches!(failure, Some(Failure::Diverged | Failure::Deadlock))
        && let Some(account) = accounts.iter().find(|account| account.answer == Answer::Refusal)
    {
        return refusal(pool, account.rank, function);
    }
    let at = at.and_then(|rank| accounts.get(rank));
    // A lock refused as poisoned follows from the panic of whoever held it, if that was in this call.
    let at = match failure {
        Some(Failure::Poisoned) => accounts.iter().find(|account| account.panicked()).or(at),
        _ => at,
    };
    match (failure, at) {
        (Some(Failure::Panicked | Failure::Poisoned), Some(at)) => at.error(
            ErrorKind::Panicked,
            format!("{} panicked{}: {}", subject.rank(at.rank), at.at_place(), at.message()),
        ),
        (Some(Failure::Refused), Some(at)) => {
            at.error(ErrorKind::Function, format!("{} failed: {}", subject.rank(at.rank), at.message()))
        }
        (Some(Failure::Misuse), Some(at)) => {
            at.error(ErrorKind::Misuse, format!("{}{}: {}", subject.rank(at.rank), at.at_place(), at.message()))
        }
        (Some(Failure::Argument), Some(at)) => at.error(ErrorKind::Argument, at.message().to_owned()),
        (Some(Failure::Output), Some(at)) => at.error(ErrorKind::Output, format!("rank {}: {}", at.rank, at.message())),
        (Some(Failure::Died), Some(at)) => died(at, &subject.rank(at.rank)),
        (Some(Failure::Exited), Some(at)) => {
            let text = format!(
                "{} ended its process with exit status {}: return from the function instead",
                subject.rank(at.rank),
                at.death >> 8,
            );
            Error::new(ErrorKind::Exited, text).with_rank(at.rank)
        }
        (Some(Failure::Fork), at) => Error::new(
            ErrorKind::Os,
            format!(
                "the worker of {} could not be replaced; the next call starts a new pool",
                at.map_or("a rank".to_owned(), |at| format!("rank {}", at.rank))
            ),
        ),
        (Some(Failure::Deadlock), _) => Error::new(
            ErrorKind::Deadlock,
            format!("the workers of `{function}` wait and none can ever go on: {}", everybody(&accounts)),
        ),
        (Some(Failure::Deadline), _) => Error::new(
            ErrorKind::Deadline,
            format!(
                "`{function}` did not end within {:?}: {}",
                settings.deadline.unwrap_or_default(),
                everybody(&accounts)
            ),
        ),
        (Some(Failure::Diverged), _) => Error::new(
            ErrorKind::Diverged,
            format!("the workers of `{function}` met in different collectives: {}", everybody(&accounts)),
        ),
        _ => Error::new(ErrorKind::Diverged, format!("`{function}` failed: {}", everybody(&accounts))),
    }
}

/// The error for a call that did not end by its deadline, nor by the monitor's hand.
pub(crate) fn stuck(function: &str, settings: &Settings) -> Error {
    let deadline = settings.deadline.unwrap_or_default();
    Error::new(
        ErrorKind::Deadline,
        format!(
            "`{function}` did not end within {deadline:?}, and the process that watches over the workers did not answer (is \
             it stopped?): all were killed, and the next call starts new ones"
        ),
    )
}

/// The error that a rank's function returned.
pub(crate) fn refusal(pool: &PoolMemory, rank: usize, function: &str) -> Error {
    let used = pool.slot(rank).answer_bytes.load(Ordering::Relaxed);
    // SAFETY: the call is over, so the rank no longer writes.
    let bytes = unsafe { pool.result(rank).bytes(used) };
    Error::new(ErrorKind::Function, format!("rank {rank} of `{function}` failed: {}", String::from_utf8_lossy(bytes)))
        .with_rank(rank)
}

fn account(pool: &PoolMemory, rank: usize, slot: &RankSlot) -> Account {
    let used = slot.report_bytes.load(Ordering::Acquire);
    // SAFETY: the call is over, so the rank no longer writes.
    let report = Report::read(unsafe { pool.report(rank).bytes(used) });
    Account {
        rank,
        answer: slot.answer(),
        report: report.unwrap_or_default(),
        death: slot.death.load(Ordering::Acquire),
        overdue: slot.overdue.load(Ordering::Relaxed) != 0,
        held_by: (slot.holder.load(Ordering::Relaxed) as usize).checked_sub(1),
    }
}

fn died(at: &Account, rank: &str) -> Error {
    let number = at.death & 0x7f;
    // A panic that could not unwind: the report tells more than the signal.
    if number == Signal::SIGABRT as i32 && at.report.message.is_some() {
        let text = format!("{rank} panicked{}: {}", at.at_place(), at.message());
        return at.error(ErrorKind::Panicked, text).with_signal(number);
    }
    let (name, hint) = match Signal::try_from(number) {
        Ok(Signal::SIGSEGV) => (" (SIGSEGV)", ": a wild pointer in unsafe or foreign code, or a stack overflow"),
        Ok(Signal::SIGKILL) => (" (SIGKILL)", ": by somebody, or by the kernel when memory ran out"),
        Ok(Signal::SIGBUS) => (" (SIGBUS)", ": a mapped file that shrank, or memory that could not be had"),
        Ok(signal) => (signal.as_str(), ""),
        Err(_) => ("", ""),
    };
    let name = if name.starts_with(' ') || name.is_empty() { name.to_owned() } else { format!(" ({name})") };
    let text = format!("{rank} was ended by signal {number}{name}{hint}");
    Error::new(ErrorKind::Died, text).with_rank(at.rank).with_signal(number)
}

fn everybody(accounts: &[Account]) -> String {
    accounts.iter().map(Account::whereabouts).collect::<Vec<_>>().join("; ")
}

impl Account {
    fn message(&self) -> &str {
        self.report.message.as_deref().unwrap_or("(no message was left)")
    }

    fn panicked(&self) -> bool {
        self.answer == Answer::Left && self.report.failure == Some(Failure::Panicked as u32)
    }

    fn at_place(&self) -> String {
        self.report.place.as_ref().map_or(String::new(), |place| format!(" at {place}"))
    }

    fn error(&self, kind: ErrorKind, message: String) -> Error {
        Error::new(kind, message).with_rank(self.rank).with_place(self.report.place.clone())
    }

    /// `rank 0 at src/main.rs:42:9: phase(publish next)`, or `rank 1 returned`.
    fn whereabouts(&self) -> String {
        let rank = self.rank;
        match (self.answer, self.report.doing.as_deref()) {
            _ if self.overdue => format!("rank {rank} computes"),
            (Answer::Value | Answer::Refusal, _) => format!("rank {rank} returned"),
            (_, None) => format!("rank {rank} is gone"),
            (_, Some("computes")) => format!("rank {rank} computes"),
            (_, Some(doing)) => {
                let holder = self.held_by.filter(|_| doing.starts_with("waits for"));
                let holder = holder.map_or(String::new(), |by| format!(", held by rank {by}"));
                let place: Option<&Place> = self.report.place.as_ref();
                let place = place.map_or(String::new(), |place| format!(" at {place}"));
                format!("rank {rank}{place}: {doing}{holder}")
            }
        }
    }
}
