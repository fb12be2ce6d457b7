//! `main` on another function.

#[dsm::main]
fn start() {}
