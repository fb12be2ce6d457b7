//! A crate path that does not exist.

#[dsm::main(crate = dsmm)]
fn main() {}
