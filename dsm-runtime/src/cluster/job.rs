//! Jobs: what `#[dsm::parallel]` makes of a function, and how a worker runs one.
#![allow(unsafe_code)]

use std::fmt::Display;

use serde::{Serialize, de::DeserializeOwned};

use super::dispatch::Entry;
use super::source::ResourceSource;
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
    type Output: Outcome;
    /// The function's name, for errors.
    const NAME: &'static str;
    /// Its clauses.
    const ACCESS: &'static [Access];

    /// Runs it in one worker.
    fn run<'w>(source: &mut ResourceSource<'w>, arguments: Self::Arguments) -> Self::Output;
}

/// What a parallel function gives back: a value, or a value or an error.
pub trait Outcome {
    /// The value that travels to the driver.
    type Value: Serialize + DeserializeOwned + 'static;

    /// The value, or the function's own error as text.
    fn settle(self) -> Result<Self::Value, String>;
}

/// The outcome of a function that can't fail by itself.
#[derive(Debug)]
pub struct Plain<R>(pub R);

impl<R: Serialize + DeserializeOwned + 'static> Outcome for Plain<R> {
    type Value = R;

    fn settle(self) -> Result<R, String> {
        Ok(self.0)
    }
}

/// The outcome of a function that returns a `Result`.
#[derive(Debug)]
pub struct Fallible<R>(Result<R, String>);

impl<R> Fallible<R> {
    /// Takes the function's `Result`; its error travels as text.
    pub fn from_result<E: Display>(result: Result<R, E>) -> Self {
        Fallible(result.map_err(|error| error.to_string()))
    }
}

impl<R: Serialize + DeserializeOwned + 'static> Outcome for Fallible<R> {
    type Value = R;

    fn settle(self) -> Result<R, String> {
        self.0
    }
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
    match J::run(&mut source, arguments).settle() {
        Ok(value) => Ended::Value(Box::new(move |buffer| {
            let room = buffer.len();
            postcard::to_slice(&value, buffer).map(|used| used.len()).map_err(|source| {
                Error::new(
                    ErrorKind::Output,
                    format!("the result of `{}` can't be sent ({room} bytes of room): {source}", J::NAME),
                )
            })
        })),
        Err(message) => Ended::Refusal(message),
    }
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent to a worker",
    label = "not `Serialize + DeserializeOwned`",
    note = "each worker is a process and gets its own copy: derive `serde::Serialize` and `serde::Deserialize` for it, or pass what it is made from"
)]
pub trait Argument {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Argument for T {}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be sent back from a worker",
    label = "not `Serialize + DeserializeOwned`",
    note = "each worker is a process: derive `serde::Serialize` and `serde::Deserialize` for its result, or return what it is made from"
)]
pub trait Output {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Output for T {}

/// Compiles only for types that can be sent to a worker.
pub fn assert_argument<T: Argument>() {}

/// Compiles only for types that can be sent back from a worker.
pub fn assert_output<T: Output>() {}
