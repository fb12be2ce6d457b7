//! A cluster called while a call of it is being made.

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
    step(&mut cluster, { step(&mut cluster, 1.0)?; 2.0 })?;
    std::thread::scope(|scope| {
        scope.spawn(|| step(&mut cluster, 1.0));
        step(&mut cluster, 1.0)
    })?;
    Ok(())
}
