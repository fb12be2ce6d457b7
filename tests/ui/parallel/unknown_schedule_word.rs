//! A schedule with a slip in it reads like the name of an array.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, cyclc))]
fn step(_res: Grid) {}

fn main() {}
