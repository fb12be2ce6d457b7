//! An iterator over an array held over a call.

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
    let elements = cluster.a.iter_mut();
    step(&mut cluster, 1.0)?;
    elements.for_each(|x| *x += 1.0);
    Ok(())
}
