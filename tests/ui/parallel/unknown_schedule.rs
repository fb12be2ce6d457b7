//! A schedule that does not exist, with a number.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, chunked(4)))]
fn step(_res: Grid) {}

fn main() {}
