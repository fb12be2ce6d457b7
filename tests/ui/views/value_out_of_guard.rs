//! The value of a lock kept after its guard.

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
    let value: &mut f64 = std::convert::identity(&mut *res.total.lock());
    *value += 1.0;
}

fn main() {}
