//! A clause that does not exist.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(reed(a))]
fn step(_res: Grid) {}

fn main() {}
