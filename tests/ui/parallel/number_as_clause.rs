//! A number where a clause belongs.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(4, read(a))]
fn step(_res: Grid) {}

fn main() {}
