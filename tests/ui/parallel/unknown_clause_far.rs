//! A clause that does not exist, and is like no other.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(reduce(a))]
fn step(_res: Grid) {}

fn main() {}
