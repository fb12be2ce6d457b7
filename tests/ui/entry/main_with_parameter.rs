//! `main` with a parameter.

#[dsm::main]
fn main(_arguments: Vec<String>) {}
