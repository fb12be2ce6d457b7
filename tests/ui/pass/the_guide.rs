//! The example of the guide, in a module with its struct imported.

use dsm::prelude::*;

mod vectors {
    dsm::shared! {
        pub struct VecAdd(n: usize) {
            a: [i64; n],
            c: [i64; n],
            total: Lock<i64>,
        }
    }
}

use vectors::VecAdd;

#[dsm::parallel(read(a), split(c))]
fn add(mut res: VecAdd, scale: i64) -> usize {
    for (c, a) in res.c.iter_mut().zip(res.a.iter()) {
        *c = scale * a;
    }
    *res.total.lock() += 1;
    res.c.len()
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::with_workers(2, VecAdd { n: 10 })?;
    cluster.a.fill(2);
    assert_eq!(add(&mut cluster, 3)?, [5, 5]);
    assert!(cluster.c.iter().all(|c| *c == 6));
    Ok(())
}
