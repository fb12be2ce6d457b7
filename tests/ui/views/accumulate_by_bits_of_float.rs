//! A transition by an operator that floats do not have.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(split(a))]
fn step(res: Grid) {
    let _a = res.team.phase(res.a.accumulate(ops::Xor));
}

fn main() {}
