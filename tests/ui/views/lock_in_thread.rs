//! A lock used on another thread.

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
    let total = res.total;
    std::thread::scope(|scope| {
        scope.spawn(|| *total.lock() += 1.0);
    });
}

fn main() {}
