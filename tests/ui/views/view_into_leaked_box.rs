//! A view kept in a leaked box.

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

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    let _kept: &'static Read<'static, f64, Ix1> = Box::leak(Box::new(res.a));
}

fn main() {}
