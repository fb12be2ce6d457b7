//! An atomic element kept across a phase.

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

#[dsm::parallel(atomic(hits))]
fn step(res: Grid) {
    let first = &res.hits[0];
    let _all = res.team.phase(res.hits.publish());
    first.store(1);
}

fn main() {}
