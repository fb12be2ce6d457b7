//! A transition built with what it was taken apart into.

use dsm::Phase;
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
fn step(res: Grid) {
    let _everything = res.a.publish().build(&mut |transition| transition);
}

fn main() {}
