//! A view kept by a helper that is generic over what it keeps.

fn keep<T: 'static>(kept: T) {
    Box::leak(Box::new(kept));
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
    keep(res.a);
}

fn main() {}
