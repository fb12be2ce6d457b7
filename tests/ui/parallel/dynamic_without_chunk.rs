//! Rows handed out without how many at a time.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, dynamic))]
fn step(_res: Grid) {}

fn main() {}
