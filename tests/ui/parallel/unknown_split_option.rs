//! An option that does not exist.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, axes = 1))]
fn step(_res: Grid) {}

fn main() {}
