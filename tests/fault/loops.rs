//! Loops that go wrong: ranks in different ones, bodies that fail, turns that never come. An error each time, never a
//! hang.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench, let_them_sleep};
use crate::faults::{ALL, Fault};

#[track_caller]
fn assert_told(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), kind, "{error}");
    for words in words {
        assert!(error.to_string().contains(words), "{error}\nsays nothing of {words:?}");
    }
}

#[dsm::parallel]
fn apart(res: Bench, what: u8) {
    let team = &res.team;
    let first = team.id() == 1;
    let end = if first && what == 1 { 11 } else { 10 };
    let schedule = if first && what == 2 { Schedule::Dynamic(2) } else { Schedule::Dynamic(3) };
    match what {
        0 if first => team.barrier(),
        3 if first => {}
        4 if first => team.for_each((0..2, 0..5), schedule, |_| ()),
        5 if first => let_them_sleep(),
        _ => team.for_each(0..end, schedule, |_| ()),
    }
}

#[dsm::test]
fn ranks_in_different_loops_or_in_none_diverge() {
    let apart_in = [
        "barrier",
        "for_each(0..11, dynamic(3))",
        "for_each(0..10, dynamic(2))",
        "rank 1 returned",
        "for_each((0..2, 0..5), dynamic(3))",
        "rank 1 returned",
    ];
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (what, told) in (0..).zip(apart_in) {
            let error = apart(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Diverged, &[told, "for_each(0..10, dynamic(3))", file!()]);
            assert_works(&mut cluster);
        }
    }
}

const SCHEDULES: [Schedule; 5] =
    [Schedule::Block, Schedule::Cyclic(2), Schedule::Random, Schedule::Dynamic(1), Schedule::Guided(1)];

#[dsm::parallel]
fn fail_in_the_body(res: Bench, fault: Fault, schedule: Schedule) {
    res.team.for_each(0..usize::MAX, schedule, |_| {
        if res.team.id() == 1 {
            fault.strike();
        }
    });
}

#[dsm::test]
fn a_rank_that_fails_in_an_endless_loop_takes_the_others_out_of_it() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for schedule in SCHEDULES {
            for fault in ALL {
                let error = fail_in_the_body(&mut cluster, fault, schedule).unwrap_err();
                fault.assert_told(&error, 1, "fail_in_the_body");
                assert_works(&mut cluster);
            }
        }
    }
}

#[dsm::parallel(split(grid, dynamic(1)))]
fn fail_with_rows(res: Bench, fault: Fault, in_phase: bool) {
    let (team, mut rows) = (res.team, res.grid);
    if in_phase {
        rows = team.phase(rows.rows(Schedule::Guided(1)));
    }
    for (_, mut row) in rows.iter_mut() {
        row += 1;
        // Rank 1 must come to a row: the others wait for it.
        if team.id() == 1 {
            fault.strike();
        }
        res.flag.wait(1);
    }
    res.flag.wait(1);
}

#[dsm::test]
fn a_rank_that_fails_at_a_row_it_took_takes_the_others_out() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for fault in ALL {
            for in_phase in [false, true] {
                cluster.grid.fill(0);
                let error = fail_with_rows(&mut cluster, fault, in_phase).unwrap_err();
                fault.assert_told(&error, 1, "fail_with_rows");
                // No row went to two workers.
                assert!(cluster.grid.iter().all(|&times| times <= 1));
                cluster.grid.fill(0);
                assert_works(&mut cluster);
            }
        }
    }
}

#[dsm::parallel(split(grid, dynamic(3)))]
fn rows_apart(res: Bench, what: u8) {
    let first = res.team.id() == 1;
    let schedule = match what {
        0 if first => Schedule::Dynamic(2),
        1 if first => Schedule::Guided(3),
        2 if first => Schedule::Cyclic(3),
        _ => Schedule::Dynamic(3),
    };
    let mut rows = res.team.phase(res.grid.rows(schedule));
    rows.iter_mut().for_each(|(_, mut row)| row.fill(7));
}

#[dsm::test]
fn rows_handed_out_in_different_ways_diverge_before_anyone_has_one() {
    let told = ["phase(rows grid dynamic(2))", "phase(rows grid guided(3))", "phase(rows grid cyclic(3))"];
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (what, told) in (0..).zip(told) {
            let error = rows_apart(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Diverged, &[told, "phase(rows grid dynamic(3))", file!()]);
            assert!(cluster.grid.iter().all(|&element| element == 0));
            assert_works(&mut cluster);
            cluster.grid.fill(0);
        }
    }
}

#[dsm::parallel]
fn misuse(res: Bench, what: u8) {
    let (team, first) = (&res.team, res.team.id() == 0);
    let body = |_: usize| {
        // Nothing may have run of a loop that is refused.
        res.count.fetch_add(1);
    };
    let each = |schedule| team.for_each(0..4, schedule, body);
    match what {
        0 if first => drop(team.master(|| each(Schedule::Block))),
        1 if first => team.critical(|| each(Schedule::Dynamic(1))),
        2 => team.single(|| each(Schedule::Dynamic(1))),
        3 if first => team.ordered(0, || each(Schedule::Guided(1))),
        4 if first => {
            let _held = res.guarded.lock();
            each(Schedule::Dynamic(1));
        }
        5 => team.for_each(0..4, Schedule::Dynamic(1), |_| each(Schedule::Dynamic(1))),
        6 => team.for_each(0..4, Schedule::Dynamic(1), |_| team.barrier()),
        7 => team.for_each(0..4, Schedule::Dynamic(1), |_| drop(team.split_indices(4, Schedule::Random))),
        8 => team.for_each(0..4, Schedule::Dynamic(1), |_| std::mem::forget(res.guarded.try_lock())),
        _ => {}
    }
}

#[dsm::test]
fn a_loop_where_no_collective_may_be_is_refused_before_it_runs() {
    let told = [
        "`for_each` is a collective and can't be entered from inside `master`",
        "from inside `critical`",
        "from inside `single`",
        "from inside `ordered`",
        "`for_each` is a collective and can't be entered with lock `guarded` held",
        "`for_each` is a collective and can't be entered from inside `for_each`",
        "`barrier` is a collective and can't be entered from inside `for_each`",
        "`split_indices` is a collective and can't be entered from inside `for_each`",
        "`for_each` is a collective and can't be entered with lock `guarded` held",
    ];
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (what, told) in (0..).zip(told) {
            cluster.count.set(0);
            let error = misuse(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Misuse, &[told, file!()]);
            assert_eq!(cluster.count.get(), 0, "{told}");
            cluster.guarded.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn skip(res: Bench, skipped: usize, schedule: Schedule) {
    res.team.for_each(10..34, schedule, |i| {
        if i != skipped {
            res.team.ordered(i, || ());
        }
    });
}

#[dsm::test]
fn an_index_that_does_not_come_to_its_turn_is_named() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for schedule in SCHEDULES.into_iter().filter(|&schedule| schedule != Schedule::Random) {
            for skipped in [10, 15, 32] {
                let error = skip(&mut cluster, skipped, schedule).unwrap_err();
                let next = format!(
                    "waits for the turn of index {} in `ordered`, which is at {skipped} of the loop over 10..34",
                    skipped + 1
                );
                assert_told(&error, ErrorKind::Deadlock, &[&next, file!()]);
                assert_works(&mut cluster);
            }
            // Nobody waits for the last.
            let error = skip(&mut cluster, 33, schedule).unwrap_err();
            let told = "no worker came to `ordered` with index 33 of the loop over 10..34, while others did";
            assert_told(&error, ErrorKind::Misuse, &[told]);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn wrong_turn(res: Bench, what: u8) {
    let team = &res.team;
    match what {
        0 => team.for_each(10..20, Schedule::Dynamic(1), |_| team.ordered(9, || ())),
        1 => team.for_each(10..20, Schedule::Dynamic(1), |_| team.ordered(20, || ())),
        2 => team.for_each(10..20, Schedule::Dynamic(1), |_| team.ordered(10, || ())),
        3 => team.for_each(10..20, Schedule::Random, |i| team.ordered(i, || ())),
        4 => team.for_each((0..2, 4..6), Schedule::Dynamic(1), |(i, _)| team.ordered(i, || ())),
        5 => team.for_each((0..2, 4..6), Schedule::Dynamic(1), |(i, j)| team.ordered((j, i), || ())),
        6 => team.for_each(0..2, Schedule::Dynamic(1), |i| team.ordered((i, i), || ())),
        7 => team.ordered((0, 0), || ()),
        8 => team.for_each(1..usize::MAX, Schedule::Block, |_| team.ordered(1 << 31, || ())),
        _ => team.for_each(10..20, Schedule::Dynamic(1), |i| team.ordered(i, || team.ordered(i + 1, || ()))),
    }
}

#[dsm::test]
fn a_turn_that_no_loop_has_is_named() {
    let told = [
        "ordered(9): this is no index of the loop, which runs over 10..20",
        "ordered(20): this is no index of the loop, which runs over 10..20",
        "ordered(10): this index has come before (the turn is that of 11); each comes once in a loop",
        "in a loop with `Schedule::Random`: a worker would wait for indices that it comes to later",
        "this is no index of the loop, which runs over (0..2, 4..6)",
        "this is no index of the loop, which runs over (0..2, 4..6)",
        "this is no index of the loop, which runs over 0..2",
        "ordered((0, 0)): outside a loop over tuples an index is one number",
        "ordered(2147483648): indices of `ordered` go to 2147483646, counted from the first of the loop",
        "`ordered` inside `ordered`",
    ];
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for (what, told) in (0..).zip(told) {
            let error = wrong_turn(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Misuse, &[told, file!()]);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn caught(res: Bench) -> bool {
    let rank = res.team.id();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        res.team.for_each(0..100, Schedule::Dynamic(1), |i| assert!(rank != 0, "index {i}"));
    }));
    // The loop wasn't met in: no other collective stands in for it.
    if caught.is_err() {
        res.team.barrier();
    }
    caught.is_err()
}

#[dsm::test]
fn a_loop_left_by_a_panic_that_is_caught_has_not_been_met_in() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        match caught(&mut cluster) {
            // The others may have taken every index before rank 0 asked.
            Ok(results) => assert_eq!(results, vec![false; workers]),
            Err(error) => assert_told(&error, ErrorKind::Diverged, &["barrier", "for_each(0..100, dynamic(1))"]),
        }
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn again(res: Bench, what: u8) -> usize {
    let team = &res.team;
    let _ = catch_unwind(AssertUnwindSafe(|| match what {
        0 | 1 => team.for_each(0..100, Schedule::Dynamic(1), |i| panic!("index {i}")),
        2 | 4 => team.for_each(0..100, Schedule::Cyclic(1), |i| team.ordered(i, || panic!("index {i}"))),
        _ => drop(team.sections((|| -> u8 { panic!("a section") }, || -> u8 { panic!("another") }))),
    }));
    let mut mine = 0;
    match what {
        4 if res.workers == 1 => {
            team.barrier();
            team.for_each(0..50, Schedule::Dynamic(1), |_| mine += 1);
        }
        1 => drop(team.sections((|| (), || ()))),
        _ => team.for_each(0..50, Schedule::Dynamic(1), |_| mine += 1),
    }
    mine
}

#[dsm::test]
fn a_loop_after_one_left_by_a_caught_panic_is_refused_and_not_run_in_part() {
    for workers in [1, 2] {
        let mut cluster = bench(workers);
        for (what, first) in [(0, "for_each"), (1, "for_each"), (2, "for_each"), (3, "sections")] {
            let error = again(&mut cluster, what).unwrap_err();
            assert_told(&error, ErrorKind::Misuse, &["after `", first, "left by a panic that it caught", file!()]);
            assert_works(&mut cluster);
        }
        if workers == 1 {
            assert_eq!(again(&mut cluster, 4).unwrap(), [50], "a collective between the two begins anew");
        }
    }
}

#[dsm::parallel]
fn sections(res: Bench, what: u8) {
    let (team, first) = (&res.team, res.team.id() == 0);
    match what {
        0 => drop(team.sections((|| team.barrier(), || ()))),
        1 if first => drop(team.master(|| team.sections((|| 1, || 2)))),
        2 => drop(team.sections((|| team.for_each(0..2, Schedule::Block, |_| ()), || ()))),
        3 => team.for_each(0..2, Schedule::Block, |_| {
            team.sections((|| 1, || 2));
        }),
        4 if first => drop(team.sections((|| 1, || 2))),
        4 => drop(team.sections((|| 1, || "two".to_owned()))),
        5 if first => drop(team.sections((|| 1, || 2))),
        5 => team.for_each(0..2, Schedule::Dynamic(1), |_| ()),
        _ => {}
    }
}

#[dsm::test]
fn sections_where_they_may_not_be_and_different_ones_are_told() {
    let told = [
        (ErrorKind::Misuse, "`barrier` is a collective and can't be entered from inside `sections`"),
        (ErrorKind::Misuse, "`sections` is a collective and can't be entered from inside `master`"),
        (ErrorKind::Misuse, "`for_each` is a collective and can't be entered from inside `sections`"),
        (ErrorKind::Misuse, "`sections` is a collective and can't be entered from inside `for_each`"),
        (ErrorKind::Diverged, ": sections"),
        (ErrorKind::Diverged, ": for_each(0..2, dynamic(1))"),
    ];
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (what, (kind, told)) in (0..).zip(told) {
            let error = sections(&mut cluster, what).unwrap_err();
            assert_told(&error, kind, &[told, file!()]);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn fail_in_a_section(res: Bench, fault: Fault) {
    res.team.sections((
        || -> u8 {
            res.count.store(res.team.id() as u32);
            fault.strike()
        },
        || (),
        || res.team.id(),
    ));
}

#[dsm::test]
fn a_rank_that_fails_in_a_section_is_told() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for fault in ALL {
            let error = fail_in_a_section(&mut cluster, fault).unwrap_err();
            fault.assert_told(&error, cluster.count.get() as usize, "fail_in_a_section");
            assert_works(&mut cluster);
        }
    }
}
