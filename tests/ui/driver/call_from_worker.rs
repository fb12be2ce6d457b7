//! A parallel function called with the resource struct.

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

#[dsm::parallel(split(a))]
fn nested(mut res: Grid) {
    step(&mut res, 1.0);
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::new(Grid { n: 4 })?;
    nested(&mut cluster)?;
    Ok(())
}
