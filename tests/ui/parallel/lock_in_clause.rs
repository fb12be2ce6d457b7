//! A lock in a clause.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a, total))]
fn step(_res: Grid) {}

fn main() {}
