//! A view sent out through a channel in a static.

use dsm::prelude::*;

static SENDER: std::sync::OnceLock<std::sync::mpsc::Sender<Split<'static, f64, Ix1>>> = std::sync::OnceLock::new();

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(b))]
fn step(res: Grid) {
    SENDER.get().unwrap().send(res.b).unwrap();
}

fn main() {}
