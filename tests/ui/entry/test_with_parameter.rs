//! A test with a parameter.

#[dsm::test]
fn adds(_n: usize) {}

fn main() {}
