//! A test with an option that does not exist.

#[dsm::test(workers = 4)]
fn adds() {}

fn main() {}
