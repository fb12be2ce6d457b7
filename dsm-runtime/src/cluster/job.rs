//! Jobs: what `#[dsm::parallel]` makes of a function, and how a worker runs one.
#![allow(unsafe_code)]

use std::fmt::Display;

use serde::de::DeserializeOwned;

use super::dispatch::Entry;
use super::source::ResourceSource;
use super::travel::{Outgoing, Output};
use super::worker::{Ended, Worker};
use crate::array::Shared;
use crate::engine::{Engine, Failure};
use crate::error::{Error, ErrorKind};
use crate::view::Access;

/// A parallel function, as the macro writes it down.
pub trait Job: 'static {
    /// The declared struct it works on.
    type Shared: Shared;
    /// Its further arguments as each worker owns them.
    type Arguments: DeserializeOwned;
    /// What it gives back.
    type Value: Output;
    /// The function's name, for errors.
    const NAME: &'static str;
    /// Its clauses.
    const ACCESS: &'static [Access];

    /// Runs it in one worker. The function's own error travels as text.
    fn run<'w>(source: &mut ResourceSource<'w>, arguments: Self::Arguments) -> Result<Self::Value, String>;
}

/// The error of a parallel function.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` can't be sent back from a worker",
    label = "its error is not `Display`",
    note = "an error travels as text: implement `std::fmt::Display` for it, or return a `String`"
)]
pub trait ErrorText {
    /// What it says.
    fn text(&self) -> String;
}

#[diagnostic::do_not_recommend]
impl<E: Display> ErrorText for E {
    fn text(&self) -> String {
        self.to_string()
    }
}

/// The function's own `Result`, with the error as text.
///
/// # Errors
///
/// When the function's result is one.
pub fn own_result<R, E: ErrorText>(result: Result<R, E>) -> Result<R, String> {
    result.map_err(|error| error.text())
}

/// A `Result`, by whatever name, taken apart.
pub trait IsResult {
    /// The type in `Ok`.
    type Ok;
    /// The type in `Err`.
    type Err;
}

impl<R, E> IsResult for Result<R, E> {
    type Ok = R;
    type Err = E;
}

/// The function that workers call for a job.
pub(crate) fn entry_of<J: Job>() -> Entry {
    run_job::<J>
}

/// Runs a job in a worker.
fn run_job<J: Job>(worker: &Worker, arguments: usize) -> Ended {
    let Worker { engine, context } = *worker;
    // SAFETY: the driver wrote the arguments before it posted the job, and writes there again after the call.
    let bytes = unsafe { engine.pool.arguments().bytes(arguments) };
    let arguments = match postcard::from_bytes(bytes) {
        Ok(arguments) => arguments,
        Err(source) => {
            let message = format!("the arguments of `{}` can't be read: {source}", J::NAME);
            engine.report(Failure::Argument, &message, None);
            engine.fail(Failure::Argument);
            context.leave()
        }
    };
    let mut source = ResourceSource::new(context, J::ACCESS);
    match J::run(&mut source, arguments) {
        Ok(value) => Ended::Value(Box::new(move |buffer| {
            let room = buffer.len();
            postcard::to_slice(&Outgoing(&value), buffer).map(|used| used.len()).map_err(|source| {
                Error::new(
                    ErrorKind::Output,
                    format!("the result of `{}` can't be sent ({room} bytes of room): {source}", J::NAME),
                )
            })
        })),
        Err(message) => Ended::Refusal(message),
    }
}
