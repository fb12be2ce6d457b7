//! A transition kept in a thread-local until the next call.

use dsm::prelude::*;

thread_local! {
    static KEPT: std::cell::Cell<Option<dsm::Pending<'static, Read<'static, f64, Ix1>>>> = const { std::cell::Cell::new(None) };
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
fn step(res: Grid) {
    KEPT.set(Some(res.a.publish()));
}

fn main() {}
