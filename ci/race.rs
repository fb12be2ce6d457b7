//! A program with a data race, by way of `raw`: `ci/tsan.sh` sees first that it is found.
#![allow(unsafe_code)]

use dsm::prelude::*;

dsm::shared! {
    /// One counter that nothing guards.
    struct Race { count: [u64; 1] }
}

/// All workers count with the same element.
#[dsm::parallel(raw(count))]
fn race(mut res: Race) {
    for _ in 0..1000 {
        // SAFETY: none. The element is in bounds; that others read and write it at the same time is the race.
        unsafe {
            let count = res.count.get(0);
            res.count.set(0, count + 1);
        }
    }
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::with_workers(2, Race)?;
    race(&mut cluster)?;
    println!("{} of 2000", cluster.count[0]);
    Ok(())
}
