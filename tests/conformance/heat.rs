//! Two arrays in turn over many steps: heat in a bar and in a plate, equal to the serial result bit by bit.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Bar(n: usize) { now: [f64; n], next: [f64; n] }
}

/// One element of the next step.
fn relaxed(now: &ArrayRef1<f64>, i: usize) -> f64 {
    if i == 0 || i + 1 == now.len() { now[i] } else { now[i] + 0.25 * (now[i - 1] - 2.0 * now[i] + now[i + 1]) }
}

fn relax(now: &Read<'_, f64, Ix1>, next: &mut Split<'_, f64, Ix1>) {
    let range = next.range();
    for (next, i) in next.iter_mut().zip(range) {
        *next = relaxed(now, i);
    }
}

#[dsm::parallel(split(now, next))]
fn heat(res: Bar, steps: usize) {
    let mut next = res.next;
    let mut seen = res.team.phase(res.now.publish());
    for _ in 0..steps {
        relax(&seen, &mut next);
        (seen, next) = res.team.phase((next.publish(), seen.reclaim()));
    }
}

fn serial(mut now: Array1<f64>, steps: usize) -> Array1<f64> {
    for _ in 0..steps {
        now = Array1::from_shape_fn(now.len(), |i| relaxed(&now, i));
    }
    now
}

#[dsm::test]
fn a_bar_cools_as_it_does_serially() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        for (n, steps) in [(1, 3), (7, 10), (500, 301)] {
            let start = Array1::from_shape_fn(n, |i| (i * i % 17) as f64);
            let mut cluster = Cluster::with_workers(workers, Bar { n })?;
            cluster.now.assign(&start);
            heat(&mut cluster, steps)?;
            let result = if steps % 2 == 0 { &cluster.now } else { &cluster.next };
            assert_eq!(**result, serial(start, steps));
        }
    }
    Ok(())
}

dsm::shared! {
    struct Plate(rows: usize, columns: usize) {
        a: [f32; rows, columns],
        b: [f32; rows, columns],
    }
}

fn smoothed(from: &ArrayRef2<f32>, row: usize, column: usize) -> f32 {
    let rows = row.saturating_sub(1)..(row + 2).min(from.nrows());
    let columns = column.saturating_sub(1)..(column + 2).min(from.ncols());
    from.slice(s![rows, columns]).mean().unwrap_or_default()
}

#[dsm::parallel(read(a), split(b, axis = 1))]
fn smooth(res: Plate, steps: usize) -> f32 {
    let (team, mut a, mut b) = (res.team, res.a, res.b);
    for _ in 0..steps {
        let first = b.range().start;
        for ((row, column), value) in b.indexed_iter_mut() {
            *value = smoothed(&a, row, first + column);
        }
        (a, b) = team.phase((b.publish(), a.split_axis(1)));
    }
    team.max(b.iter().copied().fold(0.0, f32::max))
}

#[dsm::test]
fn a_plate_split_by_columns_equals_the_serial_result() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let (rows, columns, steps) = (13, 22, 9);
        let start = Array2::from_shape_fn((rows, columns), |(i, j)| (i * 7 + j * 3) as f32 % 5.0);
        let mut cluster = Cluster::with_workers(workers, Plate { rows, columns })?;
        cluster.a.assign(&start);
        smooth(&mut cluster, steps)?;
        let mut serial = start;
        for _ in 0..steps {
            serial = Array2::from_shape_fn((rows, columns), |(i, j)| smoothed(&serial, i, j));
        }
        assert_eq!(*cluster.b, serial);
    }
    Ok(())
}
