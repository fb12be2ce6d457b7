//! A test that is async.

#[dsm::test]
async fn adds() {}

fn main() {}
