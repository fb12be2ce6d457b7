//! A test with a type parameter.

#[dsm::test]
fn adds<T>() {}

fn main() {}
