//! A row of `Rows` kept across a phase.

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
    let (_, mut row) = res.m.iter_mut().next().unwrap();
    let _all = res.team.phase(res.m.publish());
    row.fill(1.0);
}

fn main() {}
