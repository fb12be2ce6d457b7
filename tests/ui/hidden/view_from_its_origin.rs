//! A second view built from the origin of the first.

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

#[dsm::parallel(split(a))]
fn step(res: Grid) {
    let origin = res.a.origin();
    let _again: Split<'_, f64, Ix1> = View::build(origin);
}

fn main() {}
