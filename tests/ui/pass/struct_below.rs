//! A private struct used above its declaration, and two parallel functions of one struct.

#[dsm::parallel(read(a))]
fn total(res: Grid) -> f64 {
    res.a.sum()
}

#[dsm::parallel(split(a))]
fn fill(mut res: Grid, value: &f64) {
    res.a.fill(*value);
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
    }
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = dsm::Cluster::with_workers(2, Grid { n: 4 })?;
    fill(&mut cluster, &2.0)?;
    assert_eq!(total(&mut cluster)?, [8.0, 8.0]);
    Ok(())
}
