//! A result without serde.

struct Found {
    _at: usize,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid) -> Found {
    Found { _at: 0 }
}

fn main() {}
