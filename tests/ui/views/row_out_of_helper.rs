//! A view that a helper function makes live longer.

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
    let _kept = keep(&res.b);
}

fn keep<'w>(view: &Split<'w, f64, Ix1>) -> ArrayView1<'w, f64> {
    view.view()
}

fn main() {}
