//! A flag stored in a thread-local.

use dsm::prelude::*;

thread_local! {
    static KEPT: std::cell::Cell<Option<&'static Flag>> = const { std::cell::Cell::new(None) };
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        ready: Flag,
    }
}

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    KEPT.set(Some(res.ready));
}

fn main() {}
