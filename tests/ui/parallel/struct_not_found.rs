//! A struct that does not exist.

#[dsm::parallel(read(a))]
fn step(_res: Grid) {}

fn main() {}
