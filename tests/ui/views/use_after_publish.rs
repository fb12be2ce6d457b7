//! A block used after it was published.

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

#[dsm::parallel(read(a), split(b))]
fn step(mut res: Grid) {
    let _all = res.team.phase(res.b.publish());
    res.b.fill(1.0);
}

fn main() {}
