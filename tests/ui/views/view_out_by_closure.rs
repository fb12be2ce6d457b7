//! A view kept by a boxed closure in a thread-local.

thread_local! {
    static KEPT: std::cell::Cell<Option<Box<dyn FnMut()>>> = const { std::cell::Cell::new(None) };
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

#[dsm::parallel(read(a), split(b))]
fn step(mut res: Grid) {
    KEPT.set(Some(Box::new(move || res.b.fill(1.0))));
}

fn main() {}
