//! A row that outlives its `Rows` in a helper.

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

#[dsm::parallel(split(m, cyclic))]
fn step(mut res: Grid) {
    let _row = first(&mut res.m);
}

fn first<'w>(rows: &mut Rows<'w, f64, Ix2>) -> ArrayViewMut<'w, f64, Ix1> {
    rows.get_mut(0).unwrap().1
}

fn main() {}
