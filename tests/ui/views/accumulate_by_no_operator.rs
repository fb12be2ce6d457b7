//! A transition by something that is no operator.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(split(a))]
fn step(res: Grid) {
    let _a = res.team.phase(res.a.accumulate(std::ops::Add::add));
}

fn main() {}
