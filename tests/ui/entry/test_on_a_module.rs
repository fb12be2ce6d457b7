//! A test that is a module.

#[dsm::test]
mod adds {}

fn main() {}
