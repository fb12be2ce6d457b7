//! Safe ndarray calls can permute a view's axes in place: the next view is that of the declaration all the same.

use dsm::prelude::*;
use ndarray::Slice;

use crate::teams;

dsm::shared! {
    struct Grid(n: usize, m: usize) { x: [u64; n, m], y: [u64; n, m] }
}

/// Number of an element in the whole array.
fn number(row: usize, column: usize, columns: usize) -> u64 {
    (row * columns + column) as u64
}

/// Turns a view's axes about in every way that ndarray offers in place.
fn turn(view: &mut ArrayRef2<u64>) {
    view.swap_axes(0, 1);
    view.invert_axis(Axis(0));
    view.slice_axis_inplace(Axis(1), Slice::from(..).step_by(2));
    if view.len_of(Axis(1)) > 0 {
        view.collapse_axis(Axis(1), 0);
    }
}

#[dsm::parallel(split(x), split(y, axis = 1))]
fn turn_views(res: Grid, m: usize) -> bool {
    let (team, mut x, mut y) = (res.team, res.x, res.y);
    let (rows, columns) = (x.range(), y.range());
    for (row, mut line) in rows.clone().zip(x.rows_mut()) {
        line.iter_mut().enumerate().for_each(|(column, x)| *x = number(row, column, m));
    }
    turn(&mut x);
    turn(&mut y);
    // The range never comes from the view.
    assert_eq!((x.range(), y.range(), x.axis(), y.axis()), (rows.clone(), columns, 0, 1));
    let (all, y) = team.phase((x.publish(), y.atomics()));
    let seen = all.indexed_iter().all(|((row, column), &x)| x == number(row, column, m)) && all.ncols() == m;
    let (mut x, mut y) = team.phase((all.reclaim(), y.rows(Schedule::Cyclic(1))));
    assert!(x.range() == rows && x.ncols() == m);
    *x += 1;
    turn(&mut x);
    for (_, mut row) in y.iter_mut() {
        row.invert_axis(Axis(0));
        row[0] = 7;
    }
    let (mut x, y) = team.phase((x.reclaim(), y.publish()));
    turn(&mut x);
    // The inverted row began at its end.
    seen && y.column(m - 1).iter().all(|&y| y == 7)
}

#[dsm::test]
fn a_workers_view_is_rebuilt_at_each_phase_and_call() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let (n, m) = (9, 5);
        let mut cluster = Cluster::with_workers(workers, Grid { n, m })?;
        for _ in 0..3 {
            assert_eq!(turn_views(&mut cluster, m)?, vec![true; workers]);
            assert_eq!(*cluster.x, Array2::from_shape_fn((n, m), |(row, column)| number(row, column, m) + 1));
            assert!(cluster.y.indexed_iter().all(|((_, column), &y)| y == if column + 1 == m { 7 } else { 0 }));
        }
    }
    Ok(())
}

#[dsm::parallel(read(x), split(y))]
fn copy(mut res: Grid) {
    let rows = res.y.range();
    let from = res.x.slice(s![rows, ..]);
    res.y.assign(&from);
}

#[dsm::test]
fn the_drivers_view_is_rebuilt_at_each_call() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let (n, m) = (4, 6);
        let mut cluster = Cluster::with_workers(workers, Grid { n, m })?;
        let expected = Array2::from_shape_fn((n, m), |(row, column)| number(row, column, m));
        cluster.x.assign(&expected);
        turn(&mut cluster.x);
        turn(&mut cluster.y);
        assert_ne!(cluster.x.shape(), expected.shape());
        copy(&mut cluster)?;
        assert_eq!((&*cluster.x, &*cluster.y), (&*expected, &*expected));
    }
    Ok(())
}
