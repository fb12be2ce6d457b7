//! A clause that is not available yet.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(accumulate(a, +))]
fn step(_res: Grid) {}

fn main() {}
