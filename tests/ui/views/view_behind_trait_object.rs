//! A view behind a trait object that lives for ever.

use dsm::prelude::*;

trait Sum {}

impl Sum for Read<'_, f64, Ix1> {}

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
    let _kept: Box<dyn Sum + 'static> = Box::new(res.a);
}

fn main() {}
