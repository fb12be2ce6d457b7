//! The axis given twice.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, axis = 0, axis = 0))]
fn step(_res: Grid) {}

fn main() {}
