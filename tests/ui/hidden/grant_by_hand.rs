//! A transition built with a grant made by hand.

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
    let _everything = res.a.publish().build(&mut |transition| dsm::__private::Grant { origin: transition });
}

fn main() {}
