//! A cluster of a plain struct.

use dsm::prelude::*;

struct Grid {
    n: usize,
}

#[dsm::main]
fn main() {
    let _cluster = Cluster::new(Grid { n: 4 });
}
