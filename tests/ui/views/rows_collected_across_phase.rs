//! Rows collected, and kept across a phase.

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

#[dsm::parallel(split(m, cyclic))]
fn step(mut res: Grid) {
    let mut rows: Vec<_> = res.m.iter_mut().collect();
    let _all = res.team.phase(res.m.publish());
    rows[0].1.fill(1.0);
}

fn main() {}
