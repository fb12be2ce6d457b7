//! `main` on a struct.

#[dsm::main]
struct Program;

fn main() {}
