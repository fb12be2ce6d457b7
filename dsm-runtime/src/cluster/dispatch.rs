//! From a job's type to an address that workers, being forks of the driver, can call; and back.
#![allow(unsafe_code)]

use super::worker::{Ended, Worker};

/// What a worker calls to run a job; the second argument is the number of bytes of its arguments.
pub(crate) type Entry = fn(&Worker, usize) -> Ended;

/// The number by which workers find the function.
pub(crate) fn number_of(entry: Entry) -> usize {
    entry as usize
}

/// Calls the function that the driver numbered.
pub(crate) fn run_entry(number: usize, worker: &Worker, arguments: usize) -> Ended {
    // SAFETY: the number was made by `number_of` in the driver, of which this process is a fork, so the function lies at
    // the same address. The words it came through are written by this crate's driver side only.
    let entry = unsafe { std::mem::transmute::<usize, Entry>(number) };
    entry(worker, arguments)
}
