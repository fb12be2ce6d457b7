//! `Rows`: rows dealt round-robin, in chunks, or by a permutation that all workers agree on.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Dealt(n: usize, m: usize) {
        one: [usize; n, m],
        chunks: [usize; n, m],
        mixed: [usize; n, m],
        columns: [usize; m, n],
        vector: [usize; n],
        cube: [usize; 2, n, 3],
    }
}

/// Writes rank + 1 over every row that is this worker's; gives their indices in the order they came.
fn mark<D: dsm::Axes>(rows: &mut Rows<'_, usize, D>, mut write: impl FnMut(D::Row<'_, usize>)) -> Vec<usize> {
    let announced: Vec<usize> = rows.indices().collect();
    let mut seen = Vec::new();
    for (index, row) in rows.iter_mut() {
        write(row);
        seen.push(index);
    }
    assert_eq!((&announced, rows.len(), rows.is_empty()), (&seen, seen.len(), seen.is_empty()));
    assert_eq!(rows.get_mut(0).map(|(index, _)| index), seen.first().copied());
    assert!(rows.get_mut(seen.len()).is_none());
    seen
}

#[dsm::parallel(
    split(one, cyclic),
    split(chunks, cyclic(3)),
    split(mixed, vector, random),
    split(columns, axis = 1, cyclic(2)),
    split(cube, axis = 1, random)
)]
fn mark_all(mut res: Dealt) -> [Vec<usize>; 6] {
    let mark_of = res.team.id() + 1;
    assert_eq!((res.one.axis(), res.columns.axis(), res.cube.axis()), (0, 1, 1));
    [
        mark(&mut res.one, |mut row| row += mark_of),
        mark(&mut res.chunks, |mut row| row += mark_of),
        mark(&mut res.mixed, |mut row| row += mark_of),
        mark(&mut res.columns, |mut column| column += mark_of),
        mark(&mut res.vector, |element| *element += mark_of),
        mark(&mut res.cube, |mut plane| plane += mark_of),
    ]
}

/// Each index of the axis was dealt to one worker, who alone marked it.
fn assert_dealt<D: ndarray::RemoveAxis>(array: &ArrayRef<usize, D>, axis: usize, dealt: &[&Vec<usize>]) {
    let mut all: Vec<usize> = dealt.iter().flat_map(|indices| indices.iter().copied()).collect();
    all.sort_unstable();
    assert!(all.iter().copied().eq(0..array.len_of(Axis(axis))));
    for (rank, indices) in dealt.iter().enumerate() {
        let marked = |&index: &usize| array.index_axis(Axis(axis), index).iter().all(|&mark| mark == rank + 1);
        assert!(indices.iter().all(marked));
    }
}

#[dsm::test]
fn every_row_is_dealt_to_one_worker_whatever_the_schedule_and_axis() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        for (n, m) in [(0, 2), (1, 2), (10, 3), (33, 1), (100, 4)] {
            let mut cluster = Cluster::with_workers(workers, Dealt { n, m })?;
            let dealt = mark_all(&mut cluster)?;
            let of = |array: usize| dealt.iter().map(|dealt| &dealt[array]).collect::<Vec<_>>();
            assert_dealt(&cluster.one, 0, &of(0));
            assert_dealt(&cluster.chunks, 0, &of(1));
            assert_dealt(&cluster.mixed, 0, &of(2));
            assert_dealt(&cluster.columns, 1, &of(3));
            assert_dealt(&cluster.vector, 0, &of(4));
            assert_dealt(&cluster.cube, 1, &of(5));
            for (rank, dealt) in dealt.iter().enumerate() {
                assert!(dealt[0].iter().copied().eq((0..n).filter(|i| i % workers == rank)));
                assert!(dealt[1].iter().copied().eq((0..n).filter(|i| i / 3 % workers == rank)));
                assert!(dealt[3].iter().copied().eq((0..n).filter(|i| i / 2 % workers == rank)));
                assert!(dealt[2].len().abs_diff(n / workers) <= 1);
            }
        }
    }
    Ok(())
}

#[dsm::parallel(split(mixed, random), split(vector, random))]
fn permutations(res: Dealt) -> [Vec<usize>; 4] {
    let mixed = res.mixed.indices().collect();
    let vector = res.vector.indices().collect();
    let rows = res.team.phase(res.mixed.rows(Schedule::Random));
    let first = rows.indices().collect();
    let rows = res.team.phase(rows.rows(Schedule::Random));
    [mixed, vector, first, rows.indices().collect()]
}

/// All permutations of a call, rank after rank.
fn permutations_of(cluster: &mut Cluster<Dealt>) -> dsm::Result<Vec<Vec<usize>>> {
    let by_rank = permutations(cluster)?;
    Ok((0..4).map(|which| by_rank.iter().flat_map(|parts| parts[which].iter().copied()).collect()).collect())
}

#[dsm::test]
fn a_random_deal_is_new_each_time_and_the_same_for_the_same_seed() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let n = 200;
        let make = |seed| Cluster::builder(Dealt { n, m: 1 }).workers(workers).seed(seed).build();
        let (mut cluster, mut twin, mut other) = (make(5)?, make(5)?, make(6)?);
        let mut all = Vec::new();
        for _ in 0..3 {
            let permutations = permutations_of(&mut cluster)?;
            assert_eq!(permutations, permutations_of(&mut twin)?);
            all.extend(permutations);
        }
        all.extend(permutations_of(&mut other)?);
        for permutation in &all {
            let mut sorted = permutation.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..n));
        }
        let count = all.len();
        all.push((0..n).collect());
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count + 1, "every permutation differs from all others and from the identity");
    }
    Ok(())
}

#[dsm::parallel(split(one, cyclic))]
fn mark_by_position(mut res: Dealt) -> usize {
    for k in 0..res.one.len() {
        if let Some((index, mut row)) = res.one.get_mut(k) {
            row.fill(index);
        }
    }
    res.one.iter_mut().count()
}

#[dsm::test]
fn rows_are_reached_by_position_too() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Dealt { n: 11, m: 2 })?;
        assert_eq!(mark_by_position(&mut cluster)?.into_iter().sum::<usize>(), 11);
        assert_eq!(*cluster.one, Array2::from_shape_fn((11, 2), |(row, _)| row));
    }
    Ok(())
}

#[dsm::parallel(split(one))]
fn chunks_of_nothing(res: Dealt, schedule: Schedule) {
    let _ = res.one.rows(schedule);
}

#[dsm::test]
fn a_chunk_of_no_rows_is_refused() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Dealt { n: 4, m: 1 })?;
    for schedule in [Schedule::Cyclic, Schedule::Dynamic, Schedule::Guided].map(|schedule| schedule(0)) {
        let error = chunks_of_nothing(&mut cluster, schedule).unwrap_err();
        assert!(error.to_string().contains("(1)` or more"), "{error}");
    }
    Ok(())
}

#[dsm::parallel(
    split(one, dynamic(1)),
    split(chunks, dynamic(3)),
    split(mixed, vector, guided),
    split(columns, axis = 1, guided(4)),
    split(cube, axis = 1, dynamic(64))
)]
fn take_all(mut res: Dealt) -> [Vec<usize>; 6] {
    let mark_of = res.team.id() + 1;
    assert_eq!((res.one.axis(), res.columns.axis(), res.cube.axis()), (0, 1, 1));
    [
        take(&mut res.one, |mut row| row += mark_of),
        take(&mut res.chunks, |mut row| row += mark_of),
        take(&mut res.mixed, |mut row| row += mark_of),
        take(&mut res.columns, |mut column| column += mark_of),
        take(&mut res.vector, |element| *element += mark_of),
        take(&mut res.cube, |mut plane| plane += mark_of),
    ]
}

/// As [`mark`], of rows that are no worker's before it asks.
fn take<D: dsm::Axes>(rows: &mut Rows<'_, usize, D>, mut write: impl FnMut(D::Row<'_, usize>)) -> Vec<usize> {
    assert!(rows.is_empty() && rows.indices().next().is_none() && rows.get_mut(0).is_none());
    for (taken, (_, row)) in (1..).zip(rows.iter_mut()) {
        write(row);
        assert!(taken > 0);
    }
    let seen: Vec<usize> = rows.indices().collect();
    // All are taken: another walk comes to this worker's own, in the same order.
    assert!(rows.iter_mut().map(|(index, _)| index).eq(seen.iter().copied()));
    assert_eq!((rows.len(), rows.get_mut(seen.len()).is_none()), (seen.len(), true));
    for (k, &index) in seen.iter().enumerate() {
        assert_eq!(rows.get_mut(k).map(|(at, _)| at), Some(index));
    }
    assert!(seen.is_sorted());
    seen
}

#[dsm::test]
fn every_row_that_is_handed_out_goes_to_one_worker_whatever_the_schedule_and_axis() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        for (n, m) in [(0, 2), (1, 2), (10, 3), (33, 1), (100, 4)] {
            let mut cluster = Cluster::with_workers(workers, Dealt { n, m })?;
            // In the second call all begin anew.
            for _ in 0..2 {
                cluster.one.fill(0);
                cluster.chunks.fill(0);
                cluster.mixed.fill(0);
                cluster.columns.fill(0);
                cluster.vector.fill(0);
                cluster.cube.fill(0);
                let taken = take_all(&mut cluster)?;
                let of = |array: usize| taken.iter().map(|taken| &taken[array]).collect::<Vec<_>>();
                assert_dealt(&cluster.one, 0, &of(0));
                assert_dealt(&cluster.chunks, 0, &of(1));
                assert_dealt(&cluster.mixed, 0, &of(2));
                assert_dealt(&cluster.columns, 1, &of(3));
                assert_dealt(&cluster.vector, 0, &of(4));
                assert_dealt(&cluster.cube, 1, &of(5));
            }
        }
    }
    Ok(())
}

#[dsm::parallel(split(one, dynamic(2)), split(vector))]
fn phase_after_phase(res: Dealt) {
    let (team, mut one, mut vector) = (res.team, res.one, res.vector.rows(Schedule::Dynamic(3)));
    let mut rows;
    for round in 0..6 {
        let schedule = if round % 2 == 0 { Schedule::Guided(1) } else { Schedule::Dynamic(1) };
        for (_, mut row) in one.iter_mut() {
            row += 1;
        }
        (one, rows) = team.phase((one.rows(schedule), vector));
        for (_, element) in rows.iter_mut() {
            *element += 1;
        }
        vector = rows.rows(schedule);
    }
}

#[dsm::test]
fn rows_are_handed_out_once_in_each_phase() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Dealt { n: 50, m: 2 })?;
        phase_after_phase(&mut cluster)?;
        assert!(cluster.one.iter().chain(&*cluster.vector).all(|&times| times == 6));
    }
    Ok(())
}

#[dsm::parallel(split(vector, dynamic(10)))]
fn leave_early(mut res: Dealt) -> (Vec<usize>, Vec<usize>, usize) {
    let first: Vec<usize> = res.vector.iter_mut().take(3).map(|(index, _)| index).collect();
    let held = res.vector.len();
    let rest = res.vector.iter_mut().map(|(index, _)| index).collect();
    (first, rest, held)
}

#[dsm::test]
fn a_walk_that_is_left_early_loses_no_row() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Dealt { n: 100, m: 1 })?;
        let walks = leave_early(&mut cluster)?;
        for (first, rest, held) in &walks {
            // The worker's own again, then new ones.
            assert!(rest.starts_with(first));
            assert!(*held == 0 || *held == 10);
        }
        let mut all: Vec<usize> = walks.into_iter().flat_map(|(_, rest, _)| rest).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..100));
    }
    Ok(())
}

#[dsm::parallel(split(vector, dynamic(2)))]
fn describe(mut res: Dealt) -> [String; 2] {
    let before = format!("{:?}", res.vector);
    let mut rows = res.vector.iter_mut();
    let (hint, _first) = (rows.size_hint(), rows.next());
    assert_eq!((hint, rows.size_hint()), ((0, Some(5)), (1, Some(4))));
    [before, format!("{rows:?}")]
}

#[dsm::test]
fn rows_say_which_are_taken() -> dsm::Result<()> {
    teams([1]);
    let said = describe(&mut Cluster::with_workers(1, Dealt { n: 5, m: 1 })?)?;
    assert_eq!(said[0][0], "Rows { axis: 0, hand: Taken { rows: [], of: 5 }, .. }");
    assert_eq!(said[0][1], "RowsMut { next: 1, hand: Taken { rows: [0..2], of: 5 }, .. }");
    Ok(())
}
