//! `Rows` used as an iterator.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(b, cyclic))]
fn step(res: Grid) {
    for (_, row) in res.b {
        *row = 1.0;
    }
}

fn main() {}
