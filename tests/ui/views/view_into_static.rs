//! A view stored in a static.

use dsm::prelude::*;

static KEPT: std::sync::Mutex<Option<Split<'static, f64, Ix1>>> = std::sync::Mutex::new(None);

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
fn step(res: Grid) {
    *KEPT.lock().unwrap() = Some(res.b);
}

fn main() {}
