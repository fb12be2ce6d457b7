//! `main` with a type parameter.

#[dsm::main]
fn main<T>() {}
