//! What goes from node to node, in bytes: what the page on clusters says, and nothing else.

use dsm::Backend;
use dsm::prelude::*;

use crate::support::{role, watchdog};

dsm::shared! { struct Work(n: usize) { a: [f64; n], b: [f64; n], idle: [f64; n] } }

/// Rows, as many for each of the ranks, and the bytes of an array.
const N: usize = 24;
const BYTES: u64 = 8 * N as u64;
const NODES: usize = 3;

#[dsm::parallel(split(a), read(b))]
fn publish(mut res: Work, times: usize) -> f64 {
    res.a.fill(1.0);
    let mut a = res.team.phase(res.a.publish());
    for _ in 1..times {
        a = res.team.phase(a.publish());
    }
    a.sum() + res.b.sum()
}

#[dsm::parallel(split(a), split(b))]
fn write(mut res: Work) {
    res.a.fill(2.0);
    let mut a = res.team.phase(res.a.reclaim());
    a.fill(3.0);
}

#[dsm::test]
fn only_what_a_node_needs_and_lacks_is_moved() {
    if role().is_none() {
        return on_nodes!(only_what_a_node_needs_and_lacks_is_moved, NODES, 2);
    }
    watchdog();
    let others = (NODES - 1) as u64;
    let share = BYTES / NODES as u64;
    let mut cluster = Cluster::builder(Work { n: N }).backend(Backend::Mpi).build().unwrap();
    let mut before = 0;
    let mut moved = |cluster: &Cluster<Work>| {
        let now = cluster.stats().bytes_moved();
        let moved = now - before;
        before = now;
        moved
    };
    assert_eq!(moved(&cluster), 0);
    publish(&mut cluster, 1).unwrap();
    assert_eq!(moved(&cluster), others * BYTES, "each node's rows to every other; zeros are everywhere");
    publish(&mut cluster, 5).unwrap();
    assert_eq!(moved(&cluster), others * BYTES, "published again, nothing is new");
    write(&mut cluster).unwrap();
    assert_eq!(moved(&cluster), 2 * others * share, "the driver gets the others' rows of both, when the call ends");
    write(&mut cluster).unwrap();
    assert_eq!(moved(&cluster), 2 * others * share, "split as before, rows stay where they are");
    cluster.idle[0] = 1.0;
    cluster.b[0] = 1.0;
    write(&mut cluster).unwrap();
    assert_eq!(moved(&cluster), 3 * others * share, "of what the driver wrote, each node gets its rows, if it asks");
    cluster.b[0] = 2.0;
    publish(&mut cluster, 1).unwrap();
    assert_eq!(
        moved(&cluster),
        2 * others * BYTES,
        "what the driver wrote to all, and each node's rows to every other"
    );
    publish(&mut cluster, 1).unwrap();
    assert_eq!(moved(&cluster), others * BYTES, "what nobody wrote stays");
    assert_eq!(cluster.stats().calls(), 7);
}
