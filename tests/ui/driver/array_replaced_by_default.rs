//! An array taken, and a default left in its place.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        total: Lock<f64>,
    }

    struct Other(n: usize) {
        a: [f64; n],
    }
}

#[dsm::parallel(split(a))]
fn step(mut res: Grid, scale: f64) {
    res.a.fill(scale);
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::new(Grid { n: 4 })?;
    let _a = std::mem::take(&mut cluster.a);
    Ok(())
}
