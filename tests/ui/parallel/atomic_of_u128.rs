//! An atomic clause on elements that have no atomics.

dsm::shared! {
    struct Grid(n: usize) {
        a: [u128; n],
    }
}

#[dsm::parallel(atomic(a))]
fn step(_res: Grid) {}

fn main() {}
