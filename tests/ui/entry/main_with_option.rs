//! `main` with an option that does not exist.

#[dsm::main(workers = 4)]
fn main() {}
