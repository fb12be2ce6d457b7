//! A block swapped for a view that everybody reads.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a), read(b))]
fn step(mut res: Grid) {
    std::mem::swap(&mut res.a, &mut res.b);
}

fn main() {}
