//! A slice of what was read, kept across a phase.

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
    let slice = res.a.as_slice().unwrap();
    let _block = res.team.phase(res.a.reclaim());
    println!("{}", slice[0]);
}

fn main() {}
