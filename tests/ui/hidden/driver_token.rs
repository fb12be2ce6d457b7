//! The driver's token, to reach the value of a lock without locking it.

use dsm::SharedCell;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel]
fn step(res: Grid) {
    let _value = res.total.value(dsm::__private::Driver(()));
}

fn main() {}
