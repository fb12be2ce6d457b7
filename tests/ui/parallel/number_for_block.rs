//! A number for a schedule that takes none.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, block(4)))]
fn step(_res: Grid) {}

fn main() {}
