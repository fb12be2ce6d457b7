//! Adds two vectors.

use dsm::prelude::*;

dsm::shared! {
    /// Two vectors and their sum.
    pub struct VecAdd(n: usize) {
        a: [i64; n],
        b: [i64; n],
        c: [i64; n],
        total: Lock<i64>,
    }
}

/// Each worker adds its own block and keeps the running total.
#[dsm::parallel(read(a, b), split(c))]
fn add(mut res: VecAdd, scale: i64) -> usize {
    let mine = res.c.range();
    for (c, i) in res.c.iter_mut().zip(mine) {
        *c = scale * (res.a[i] + res.b[i]);
    }
    *res.total.lock() += res.c.sum();
    res.c.len()
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::with_workers(4, VecAdd { n: 10 })?;
    cluster.a.assign(&Array1::from_iter(0..10));
    cluster.b.assign(&Array1::from_iter(1..11));
    let lengths: Vec<usize> = add(&mut cluster, 1)?;
    println!("{} {lengths:?}", &*cluster.c);
    println!("total {}", *cluster.total.get_mut());
    Ok(())
}
