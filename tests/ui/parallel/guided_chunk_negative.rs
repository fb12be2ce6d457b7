//! A least chunk below zero.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, guided(-1)))]
fn step(_res: Grid) {}

fn main() {}
