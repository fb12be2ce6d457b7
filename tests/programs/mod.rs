//! Random programs: generated from a number, the same on every rank, and run in one parallel function. None can deadlock,
//! unless a deadlock is planted; each has an answer that is known beforehand.

pub(crate) mod company;
pub(crate) mod ground;
pub(crate) mod locks;
mod modes;
pub(crate) mod program;
mod random;
mod rank;
