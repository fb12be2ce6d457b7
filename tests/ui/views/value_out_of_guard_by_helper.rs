//! The value of a lock that a helper makes live as long as the lock.

use dsm::prelude::*;

fn value<'w>(lock: &'w Lock<f64>) -> &'w mut f64 {
    &mut *lock.lock()
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

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    let _value = value(res.total);
}

fn main() {}
