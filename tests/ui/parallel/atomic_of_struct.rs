//! An atomic clause on structs.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    x: f64,
    y: f64,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

#[dsm::parallel(atomic(a))]
fn step(_res: Grid) {}

fn main() {}
