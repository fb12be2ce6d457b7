//! An array as an argument of a parallel function.

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

#[dsm::parallel]
fn take(_res: Grid, _other: &dsm::SharedArray<f64, Ix1>) {}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::new(Grid { n: 4 })?;
    let other = Cluster::new(Grid { n: 4 })?;
    take(&mut cluster, &other.a)?;
    Ok(())
}
