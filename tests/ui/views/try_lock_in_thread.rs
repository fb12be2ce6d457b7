//! A lock reached on another thread through the resources.

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
    let bins = &res.total;
    std::thread::scope(|scope| {
        scope.spawn(move || drop(bins.try_lock()));
    });
}

fn main() {}
