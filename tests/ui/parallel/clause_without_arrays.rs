//! A clause that is only a word.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read)]
fn step(_res: Grid) {}

fn main() {}
