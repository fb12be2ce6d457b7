//! A mistake in the declaration is not reported again where the struct is used.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: f64,
        b: [f64; n],
    }
}

#[dsm::parallel(read(a), split(b))]
fn fill(mut res: Grid) {
    res.b.fill(1.0);
}

fn main() {
    let mut cluster = Cluster::new(Grid { n: 4 }).unwrap();
    fill(&mut cluster).unwrap();
}
