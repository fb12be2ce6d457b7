//! A row that leaves its phase through a closure.

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
fn step(mut res: Grid) {
    let mut kept = None;
    res.team.master(|| kept = Some(&mut res.b[0]));
    let _all = res.team.phase(res.b.publish());
    *kept.unwrap() = 1.0;
}

fn main() {}
