//! An array behind an option.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, cyclic, b))]
fn step(_res: Grid) {}

fn main() {}
