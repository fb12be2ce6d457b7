//! Rows handed out none at a time.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, dynamic(0)))]
fn step(_res: Grid) {}

fn main() {}
