//! The array behind a view replaced by one of the own.

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
fn step(mut res: Grid) {
    let mut own = Array1::zeros(4);
    std::mem::swap(&mut *res.a, &mut *own);
}

fn main() {}
