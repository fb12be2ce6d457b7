//! Workers that don't meet in the same collective all get an error that names each rank's place; none hangs.

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench, let_them_sleep};

/// `tests/fault/divergence.rs:LINE:`, by the comment `// at: MARK` on the line.
fn at(mark: &str) -> String {
    let mark = format!("// at: {mark}");
    let lines = include_str!("divergence.rs").lines();
    let found: Vec<usize> = lines.enumerate().filter(|(_, line)| line.ends_with(&mark)).map(|(k, _)| k + 1).collect();
    assert_eq!(found.len(), 1, "{mark}");
    format!("{}:{}:", file!(), found[0])
}

type Case = fn(&mut Cluster<Bench>) -> dsm::Result<Vec<()>>;

/// The error with 2 and with 8 workers: `apart` is said of rank 1, and `elsewhere` of the others.
fn assert_diverges(case: Case, apart: &str, elsewhere: &str) {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..3 {
            let error = case(&mut cluster).unwrap_err();
            let text = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Diverged, "{text}");
            for rank in 0..workers {
                let expected = format!("rank {rank} {}", if rank == 1 { apart } else { elsewhere });
                assert!(text.split("; ").any(|said| is_said(said, &expected)), "{text}\nsays nowhere: {expected}");
            }
            assert_works(&mut cluster);
        }
    }
}

/// Whether a part of the text says this of a rank, whatever the column of its place.
fn is_said(said: &str, expected: &str) -> bool {
    match expected.split_once(": ") {
        Some((place, doing)) => said.contains(&format!("{place}:")) && said.ends_with(&format!(": {doing}")),
        None => said.ends_with(expected),
    }
}

/// What is said of a rank at a marked place: `at FILE:LINE: barrier`.
fn doing(mark: &str, what: &str) -> String {
    format!("at {} {what}", at(mark))
}

#[dsm::parallel]
fn barrier_or_sum(res: Bench) {
    if res.team.id() == 1 {
        res.team.sum(1); // at: sum
    } else {
        res.team.barrier(); // at: barrier
    }
}

#[dsm::test]
fn different_collectives_diverge() {
    assert_diverges(barrier_or_sum, &doing("sum", "sum"), &doing("barrier", "barrier"));
}

#[dsm::parallel]
fn one_returns(res: Bench) {
    if res.team.id() != 1 {
        let_them_sleep();
        res.team.barrier(); // at: waits for one that returned
    }
}

#[dsm::parallel]
fn one_returns_late(res: Bench) {
    if res.team.id() != 1 {
        res.team.barrier(); // at: waits for one that will return
    } else {
        let_them_sleep();
    }
}

#[dsm::test]
fn one_that_returns_while_others_wait_diverges() {
    assert_diverges(one_returns, "returned", &doing("waits for one that returned", "barrier"));
    assert_diverges(one_returns_late, "returned", &doing("waits for one that will return", "barrier"));
}

#[dsm::parallel(split(a, b))]
fn different_arrays(res: Bench) {
    if res.team.id() == 1 {
        res.team.phase(res.b.publish()); // at: publish b
    } else {
        res.team.phase(res.a.publish()); // at: publish a
    }
}

#[dsm::test]
fn phases_of_different_arrays_diverge() {
    assert_diverges(different_arrays, &doing("publish b", "phase(publish b)"), &doing("publish a", "phase(publish a)"));
}

#[dsm::parallel(split(a, b))]
fn different_order(res: Bench) {
    if res.team.id() == 1 {
        res.team.phase((res.b.publish(), res.a.publish())); // at: b first
    } else {
        res.team.phase((res.a.publish(), res.b.publish())); // at: a first
    }
}

#[dsm::test]
fn phases_of_the_same_arrays_in_another_order_diverge() {
    assert_diverges(
        different_order,
        &doing("b first", "phase(publish b, publish a)"),
        &doing("a first", "phase(publish a, publish b)"),
    );
}

#[dsm::parallel(split(a, b))]
fn different_number(res: Bench) {
    if res.team.id() == 1 {
        res.team.phase((res.a.publish(), res.b.publish())); // at: two
    } else {
        res.team.phase(res.a.publish()); // at: one
    }
}

#[dsm::test]
fn phases_of_more_and_fewer_arrays_diverge() {
    assert_diverges(different_number, &doing("two", "phase(publish a, publish b)"), &doing("one", "phase(publish a)"));
}

#[dsm::parallel(split(grid))]
fn different_axes(res: Bench) {
    if res.team.id() == 1 {
        res.team.phase(res.grid.split_axis(1)); // at: axis 1
    } else {
        res.team.phase(res.grid.split_axis(0)); // at: axis 0
    }
}

#[dsm::parallel(split(grid))]
fn different_chunks(res: Bench) {
    let chunk = if res.team.id() == 1 { 2 } else { 3 };
    res.team.phase(res.grid.rows(Schedule::Cyclic(chunk))); // at: chunks
}

#[dsm::parallel(split(grid))]
fn different_modes(res: Bench) {
    if res.team.id() == 1 {
        res.team.phase(res.grid.atomics()); // at: atomics
    } else {
        res.team.phase(res.grid.split_at(0..0)); // at: split_at
    }
}

#[dsm::test]
fn different_split_parameters_diverge() {
    assert_diverges(
        different_axes,
        &doing("axis 1", "phase(split grid on axis 1)"),
        &doing("axis 0", "phase(split grid)"),
    );
    assert_diverges(
        different_chunks,
        &doing("chunks", "phase(rows grid cyclic(2))"),
        &doing("chunks", "phase(rows grid cyclic(3))"),
    );
    assert_diverges(
        different_modes,
        &doing("atomics", "phase(atomics grid)"),
        &doing("split_at", "phase(split_at grid)"),
    );
}

#[dsm::parallel]
fn different_lengths(res: Bench) {
    let n = 10 + res.team.id() % 2;
    let _ = res.team.split_indices(n, Schedule::Random); // at: split_indices
}

#[dsm::test]
fn split_indices_of_different_lengths_diverge() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = different_lengths(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
        assert_eq!(error.to_string().matches(&at("split_indices")).count(), workers, "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn different_types(res: Bench) {
    if res.team.id() == 1 {
        res.team.sum(1_u32); // at: u32
    } else {
        res.team.sum(1_i64); // at: i64
    }
}

#[dsm::parallel]
fn different_roots(res: Bench) {
    res.team.broadcast(usize::from(res.team.id() == 1), 0_u8); // at: roots
}

#[dsm::test]
fn values_of_different_types_and_different_roots_diverge() {
    assert_diverges(different_types, &doing("u32", "sum"), &doing("i64", "sum"));
    assert_diverges(different_roots, &doing("roots", "broadcast"), &doing("roots", "broadcast"));
}

#[dsm::parallel]
fn different_types_elsewhere(res: Bench, what: &str) {
    let odd = res.team.id() == 1;
    match what {
        "reduce" if odd => drop(res.team.reduce(1_u8, |a, _| a)),
        "reduce" => drop(res.team.reduce(1_i8, |a, _| a)),
        "broadcast" if odd => drop(res.team.broadcast(0, 1_u64)),
        "broadcast" => drop(res.team.broadcast(0, (1_u32, 1_u32))),
        "gather" if odd => drop(res.team.gather("text".to_owned())),
        "gather" => drop(res.team.gather(vec![b't'])),
        "all_gather" if odd => drop(res.team.all_gather(Some(1))),
        "all_gather" => drop(res.team.all_gather(1)),
        _ if odd => drop(res.team.single(|| 'c')),
        _ => drop(res.team.single(|| 1_u32)),
    }
}

#[dsm::test]
fn values_of_different_types_diverge_in_every_collective() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for what in ["reduce", "broadcast", "gather", "all_gather", "single"] {
            let error = different_types_elsewhere(&mut cluster, what).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Diverged, "{error}");
            assert_eq!(error.to_string().matches(&format!(": {what}")).count(), workers, "{error}");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn single_or_barrier(res: Bench) {
    if res.team.id() == 1 {
        res.team.single(|| ()); // at: single
    } else {
        res.team.barrier(); // at: barrier beside single
    }
}

#[dsm::parallel(split(grid))]
fn different_schedules(res: Bench) {
    let schedule = if res.team.id() == 1 { Schedule::Random } else { Schedule::Cyclic(1) };
    res.team.phase(res.grid.rows(schedule)); // at: schedules
}

#[dsm::parallel(split(a, b))]
fn phase_or_return(res: Bench) {
    if res.team.id() != 1 {
        res.team.phase((res.a.publish(), res.b.raw())); // at: phase of one that returned
    }
}

#[dsm::test]
fn a_section_a_schedule_and_a_return_diverge_from_what_the_others_do() {
    assert_diverges(single_or_barrier, &doing("single", "single"), &doing("barrier beside single", "barrier"));
    assert_diverges(
        different_schedules,
        &doing("schedules", "phase(rows grid random)"),
        &doing("schedules", "phase(rows grid cyclic(1))"),
    );
    assert_diverges(phase_or_return, "returned", &doing("phase of one that returned", "phase(publish a, raw b)"));
}

#[dsm::parallel]
fn one_more(res: Bench) {
    for _ in 0..5 + usize::from(res.team.id() == 1) {
        res.team.barrier(); // at: one more
    }
}

#[dsm::test]
fn one_round_more_diverges_from_the_others_return() {
    assert_diverges(one_more, &doing("one more", "barrier"), "returned");
}

#[dsm::parallel]
fn after_a_caught_panic(res: Bench) {
    // A panic that was caught has nothing to do with where the rank is later.
    let _ = std::panic::catch_unwind(|| panic!("caught"));
    if res.team.id() == 1 {
        res.team.sum(1); // at: sum after a caught panic
    } else {
        res.team.barrier(); // at: barrier after a caught panic
    }
}

#[dsm::test]
fn a_panic_caught_before_is_not_taken_for_the_place() {
    assert_diverges(
        after_a_caught_panic,
        &doing("sum after a caught panic", "sum"),
        &doing("barrier after a caught panic", "barrier"),
    );
}

#[dsm::parallel(split(a))]
fn bring(res: Bench, ranges: &[(usize, usize)]) -> usize {
    let (start, end) = ranges[res.team.id()];
    res.team.phase(res.a.split_at(start..end)).len() // at: bring
}

/// The error of ranges that can't be brought.
fn refused(ranges: &[(usize, usize)]) -> Error {
    let mut cluster = bench(ranges.len());
    let error = bring(&mut cluster, ranges).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
    assert!(error.to_string().contains(&at("bring")), "{error}");
    assert_works(&mut cluster);
    assert_eq!(bring(&mut cluster, &[(0, 0), (1, 3), (3, 40), (0, 1)]).unwrap(), [0, 2, 37, 1]);
    error
}

#[dsm::test]
fn overlapping_ranges_are_refused_by_both_ranks_and_the_array() {
    for (ranges, one, other) in [
        ([(0, 11), (10, 20), (20, 30), (30, 40)], 0, 1),
        ([(20, 30), (30, 40), (0, 10), (5, 6)], 2, 3),
        ([(0, 40), (0, 0), (40, 40), (0, 40)], 0, 3),
        ([(0, 5), (5, 39), (39, 40), (38, 39)], 1, 3),
    ] {
        let text = refused(&ranges).to_string();
        assert!(text.contains(&format!("ranges of `a` overlap between rank {one} and rank {other}")), "{text}");
    }
}

#[dsm::test]
fn ranges_outside_the_array_are_refused_by_rank_and_range() {
    for (ranges, range) in [
        ([(0, 5), (5, 41), (0, 0), (0, 0)], "5..41"),
        ([(0, 5), (50, 50), (0, 0), (0, 0)], "50..50"),
        ([(0, 5), (7, 5), (0, 0), (0, 0)], "7..5"),
        ([(0, 5), (usize::MAX, usize::MAX), (0, 0), (0, 0)], "18446744073709551615"),
    ] {
        let error = refused(&ranges);
        assert_eq!(error.rank(), Some(1));
        let text = error.to_string();
        assert!(text.contains(&format!("split_at({range}")) && text.contains("must lie in 0..40"), "{text}");
    }
}
