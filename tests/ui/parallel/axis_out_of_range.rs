//! An axis that the array does not have.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, axis = 1))]
fn step(_res: Grid) {}

fn main() {}
