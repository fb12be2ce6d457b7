//! A type of another crate whose `serde` feature is off.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid, _x: Array1<f64>) {}

fn main() {}
