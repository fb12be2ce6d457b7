//! One transition in two phases.

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
fn step(res: Grid) {
    let pending = res.b.publish();
    res.team.phase(pending);
    res.team.phase(pending);
}

fn main() {}
