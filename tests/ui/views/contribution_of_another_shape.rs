//! A matrix, contributed to a vector.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(accumulate(hits, +))]
fn step(mut res: Grid) {
    res.hits.contribute_all(&Array2::zeros((2, 2)));
}

fn main() {}
