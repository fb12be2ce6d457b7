//! A transition to atomics of elements that have none.

use dsm::prelude::*;

dsm::shared! {
    struct Wave(n: usize) {
        z: [u128; n],
    }
}

#[dsm::parallel(read(z))]
fn step(res: Wave) {
    let _atomics = res.team.phase(res.z.atomics());
}

fn main() {}
