//! An iterator kept across a phase.

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

#[dsm::parallel(split(m, random))]
fn step(mut res: Grid) {
    let mut rows = res.m.iter_mut();
    let _all = res.team.phase(res.m.publish());
    rows.next();
}

fn main() {}
