//! An atomic operation on an array that is split.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(hits))]
fn step(res: Grid) {
    res.hits[0].fetch_add(1);
}

fn main() {}
