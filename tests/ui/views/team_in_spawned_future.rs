//! The team in a future that may run on another thread.

fn spawn(_future: impl Future<Output = ()> + Send) {}

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
    spawn(async move { res.team.barrier() });
}

fn main() {}
