//! A contribution to an array that was published.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(accumulate(hits, +))]
fn step(mut res: Grid) {
    let hits = res.team.phase(res.hits.publish());
    res.hits.contribute(0, hits[1]);
}

fn main() {}
