//! An operator that truth values do not have.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        hits: [u64; n],
        seen: [bool; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(accumulate(seen, +))]
fn step(_res: Grid) {}

fn main() {}
