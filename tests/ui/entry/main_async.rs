//! `main` that is async.

#[dsm::main]
async fn main() {}
