//! Calls whose arguments, results and contributions are of all sizes up to a megabyte.

use dsm::prelude::*;

use super::figures::Run;
use super::{Worn, settle};

const WORKERS: usize = 3;
const N: usize = 240;
/// Sizes from one byte to a megabyte, each twice the last.
const SIZES: usize = 21;

/// The size of what travels in one place of a call; each place comes by all sizes in as many calls, each in another order.
fn size(call: usize, place: usize) -> usize {
    1 << (call * (place + 1) % SIZES)
}

#[dsm::parallel(split(vector), read(grid), split(cube, cyclic), atomic(counts))]
fn work(mut res: Worn, call: usize, numbers: Vec<f64>, text: &str) -> (f64, String) {
    let (team, rank) = (&res.team, res.team.id());
    res.vector.fill(call as f64);
    for (index, mut row) in &mut res.cube {
        row.fill(index as f32);
    }
    let (vector, mut grid, cube) = team.phase((res.vector.publish(), res.grid.reclaim(), res.cube.publish()));
    grid.fill((vector[call % N] + f64::from(cube[[N - 1, 2, 3]])) as u32);
    let mut rows = team.phase(cube.rows(Schedule::Random));
    rows.iter_mut().for_each(|(_, mut row)| row.fill(0.0));
    *res.total.lock() += 1;
    *res.fair.lock() += 1;
    *res.bins[(call + rank) % 8].lock() += 1;
    res.counts[call % 8].fetch_add(1);
    team.critical(|| res.counts[0].fetch_max(0));
    let told = team.single(|| "x".repeat(size(call, 2)));
    assert_eq!(told.len(), size(call, 2));
    let gathered = team.gather("y".repeat(size(call, 3))).unwrap_or_default();
    assert_eq!(gathered.len(), if rank == 0 { WORKERS } else { 0 });
    let all = team.all_gather(text[..text.len() / (rank + 1)].to_owned());
    assert_eq!(all[0], text);
    let sent = team.broadcast(call % WORKERS, numbers[..numbers.len().min(1000)].to_vec());
    (team.sum(sent[0]), "z".repeat(size(call, 4)))
}

/// So many calls, told one by one.
pub(crate) fn run(calls: usize, mut told: impl FnMut()) -> Run {
    let mut cluster = Cluster::with_workers(WORKERS, Worn { n: N }).expect("a cluster");
    Run::watch(calls, |calls| {
        for call in 0..calls {
            let numbers = vec![1.5; size(call, 0) / size_of::<f64>() + 1];
            let results = work(&mut cluster, call, numbers, &"t".repeat(size(call, 1))).expect("a call that goes well");
            for (sum, text) in results {
                assert_eq!((sum, text.len()), (1.5 * WORKERS as f64, size(call, 4)));
            }
            assert!(cluster.grid.iter().all(|&x| x as usize == call + N - 1));
            told();
        }
        settle(&mut cluster).expect("a call that goes well")
    })
}
