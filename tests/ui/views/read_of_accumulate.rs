//! An array that is accumulated into, read.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(accumulate(a, +))]
fn step(mut res: Grid) -> f64 {
    res.a.contribute(0, 1.0);
    res.a[0]
}

fn main() {}
