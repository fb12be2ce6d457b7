//! A thread that reads a view over its phase.

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

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    let mut kept = None;
    std::thread::scope(|scope| {
        scope.spawn(|| res.a.sum());
        kept = Some(res.team.phase(res.a.reclaim()));
    });
}

fn main() {}
