//! `main` without a body.

#[dsm::main]
fn main();
