//! An axis that is no number.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, axis = x))]
fn step(_res: Grid) {}

fn main() {}
