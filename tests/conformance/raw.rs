//! `raw`: an array without promises, through unsafe methods.
#![allow(unsafe_code)]

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Loose(n: usize, m: usize) { x: [u64; n, m] }
}

#[dsm::parallel(raw(x))]
fn scatter(mut res: Loose) -> u64 {
    let (rank, size) = (res.team.id(), res.team.size());
    let (rows, columns) = (res.x.shape()[0], res.x.shape()[1]);
    // A deal that no split offers: the diagonals.
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        if (row + column) % size == rank {
            // SAFETY: each element belongs to the one worker its diagonal names.
            unsafe { res.x.set([row, column], res.x.get([row, column]) + rank as u64 + 1) };
        }
    }
    res.team.barrier();
    // SAFETY: after the barrier nobody writes before the next one.
    let sum = unsafe { res.x.view() }.sum();
    // SAFETY: the array lies behind the pointer in standard layout, and nobody writes.
    let first = if rows * columns > 0 { unsafe { *res.x.as_ptr() } } else { 0 };
    res.team.barrier();
    if rank == 0 {
        // SAFETY: the others do nothing more with the array.
        unsafe { res.x.view_mut() }.mapv_inplace(|x| x * 10);
    }
    sum + first
}

#[dsm::test]
fn anything_goes_that_the_workers_agree_on() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for (n, m) in [(0, 3), (4, 5), (30, 7)] {
            let mut cluster = Cluster::with_workers(workers, Loose { n, m })?;
            let sums = scatter(&mut cluster)?;
            let expected = Array2::from_shape_fn((n, m), |(row, column)| (row + column) as u64 % workers as u64 + 1);
            assert_eq!(sums, vec![expected.sum() + u64::from(n * m > 0); workers]);
            assert_eq!(*cluster.x, expected * 10);
        }
    }
    Ok(())
}

#[dsm::parallel(raw(x))]
fn reach_out(res: Loose) -> u64 {
    // SAFETY: nobody writes.
    unsafe { res.x.get([res.x.shape()[0], 0]) }
}

#[dsm::test]
fn an_index_out_of_bounds_panics() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Loose { n: 3, m: 2 })?;
    let error = reach_out(&mut cluster).unwrap_err();
    assert_eq!(error.kind(), dsm::ErrorKind::Panicked);
    assert!(error.to_string().contains("index [3, 0] is out of bounds of shape [3, 2]"), "{error}");
    assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()));
    Ok(())
}
