//! Two views unified with the one that lives longer.

use dsm::prelude::*;

fn longer<'w>(view: &mut Split<'w, f64, Ix1>) {
    let forever: &mut Split<'static, f64, Ix1> = view;
    forever.fill(1.0);
}

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
    longer(&mut res.a);
}

fn main() {}
