//! A guard kept in a thread-local until the next call.

thread_local! {
    static KEPT: std::cell::Cell<Option<dsm::LockGuard<'static, f64>>> = const { std::cell::Cell::new(None) };
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
    KEPT.set(Some(res.total.lock()));
}

fn main() {}
