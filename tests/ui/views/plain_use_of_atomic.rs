//! An atomic element used like a number.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(atomic(hits))]
fn step(mut res: Grid) {
    res.hits[0] += 1;
}

fn main() {}
