//! A bit operation on a float.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(atomic(a))]
fn step(res: Grid) {
    res.a[0].fetch_and(1.0);
}

fn main() {}
