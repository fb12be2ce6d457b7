//! A view returned.

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
fn step(res: Grid) -> Split<'static, f64, Ix1> {
    res.b
}

fn main() {}
