//! A helper that takes a view that lives for ever.

use dsm::prelude::*;

fn keep(_all: &Read<'static, f64, Ix1>) {}

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    keep(&res.a);
}

fn main() {}
