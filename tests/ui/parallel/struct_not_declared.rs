//! A struct that no `shared!` declares.

struct Grid;

#[dsm::parallel(read(a))]
fn step(_res: Grid) {}

fn main() {}
