//! Jobs in the caller, one after the other: no worker is forked, so that a debugger steps through them.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

use crate::error::{Error, ErrorKind, Place};
use crate::payload;

/// What the jobs of a serial map share.
#[derive(Debug, Default)]
pub(super) struct Serial {
    in_critical: Cell<bool>,
}

/// Carried by the unwinding that leaves a job which broke a rule.
struct Misuse {
    message: String,
    place: Place,
}

impl Serial {
    #[track_caller]
    pub(super) fn critical<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Out<'a>(&'a Cell<bool>);
        impl Drop for Out<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        if self.in_critical.replace(true) {
            misuse(
                "`critical` inside `critical`: it would wait for itself for ever; use one, or locks",
                Location::caller(),
            );
        }
        let _out = Out(&self.in_critical);
        f()
    }
}

/// Leaves the job that broke a rule.
#[cold]
pub(super) fn misuse(message: &str, place: &'static Location<'static>) -> ! {
    resume_unwind(Box::new(Misuse { message: message.to_owned(), place: Place::from(place) }))
}

/// Runs a job of `name`; what it panics with becomes the error.
pub(super) fn run_job<R>(name: &str, index: Option<usize>, job: impl FnOnce() -> R) -> Result<R, Error> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|payload| failure(name, index, &*payload))
}

fn failure(name: &str, index: Option<usize>, payload: &(dyn Any + Send)) -> Error {
    let rank = format!("rank 0 of `{name}`{}", index.map_or(String::new(), |index| format!(", in job {index},")));
    let error = match payload.downcast_ref::<Misuse>() {
        Some(Misuse { message, place }) => {
            let text = format!("{rank} at {place}: {message}");
            Error::new(ErrorKind::Misuse, text).with_place(Some(place.clone()))
        }
        None => {
            let text = format!("{rank} panicked: {}", payload::text_of(payload));
            Error::new(ErrorKind::Panicked, text)
        }
    };
    error.with_rank(0).with_job(index)
}
