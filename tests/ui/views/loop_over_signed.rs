//! A loop over a range of signed numbers.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(b))]
fn step(res: Grid) {
    res.team.for_each(0..8_i32, Schedule::Block, |_| ());
}

fn main() {}
