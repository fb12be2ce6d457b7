//! `crate` without a path.

#[dsm::main(crate)]
fn main() {}
