//! An atomic stored in a static.

use dsm::prelude::*;

static KEPT: std::sync::OnceLock<&'static Atomic<u64>> = std::sync::OnceLock::new();

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
    KEPT.set(&res.hits[0]).unwrap();
}

fn main() {}
