//! What a phase refuses, and that views come from the declaration whatever was done to the ones before.

use ndarray::{Axis, Ix1, Ix2, Slice};

use super::heap_team::HeapTeam;
use super::places::each_of_block;
use crate::schedule::Schedule;
use crate::team::Team;
use crate::view::{Access, Mode, Read, Rows, Split, View};

const BLOCKS: [Access; 2] = [
    Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Block }),
    Access::new(1, Mode::Split { axis: 0, schedule: Schedule::Block }),
];

fn pair() -> HeapTeam {
    HeapTeam::new(|declaration| {
        declaration.array::<u64, Ix2>(0, "a", [6, 4])?;
        declaration.array::<u64, Ix2>(1, "b", [6, 4])
    })
}

/// What the ranks say when each goes on with its block in its own way.
fn refusal(size: usize, act: impl for<'w> Fn(&Team<'w>, Split<'w, u64, Ix2>) + Sync) -> String {
    let reports = pair().try_call(size, &BLOCKS, |source| {
        let mut a: Split<'_, u64, Ix2> = source.array(0);
        a.fill(1);
        act(&source.team(), a);
    });
    reports.expect_err("refused").join("; ")
}

#[test]
fn axes_changed_in_place_do_not_reach_the_next_view() {
    let mut team = pair();
    team.call(3, &BLOCKS, |source| {
        let team = source.team();
        let (mut a, mut b): (Split<'_, u64, Ix2>, Split<'_, u64, Ix2>) = (source.array(0), source.array(1));
        a.swap_axes(0, 1);
        a.fill(1);
        b.invert_axis(Axis(0));
        b.slice_axis_inplace(Axis(1), Slice::from(1..3));
        b.fill(2);
        let (mut a, mut b) = team.phase((a.split_axis(1), b.reclaim()));
        assert_eq!((a.shape()[0], b.shape()), (6, [2, 4].as_slice()));
        each_of_block(&mut a, &[6, 4], |number, element| {
            assert_eq!(*element, 1);
            *element = number as u64;
        });
        each_of_block(&mut b, &[6, 4], |number, element| {
            assert_eq!(*element, if (1..3).contains(&(number % 4)) { 2 } else { 0 });
            *element = number as u64;
        });
        a.invert_axis(Axis(1));
        b.slice_axis_inplace(Axis(0), Slice::from(0..0));
        let (a, b) = team.phase((a.publish(), b.publish()));
        assert!(a.iter().copied().eq(0..24) && b.iter().copied().eq(0..24));
    });
}

#[test]
fn ranks_that_change_to_different_modes_are_refused() {
    let report = refusal(2, |team, a| {
        if team.id() == 0 {
            let a: Read<'_, u64, Ix2> = team.phase(a.publish());
            assert_eq!(a.sum(), 24);
        } else {
            let mut a = team.phase(a.reclaim());
            a.fill(2);
        }
    });
    assert!(report.contains("Diverged: phase(publish a); phase(split a)"), "{report}");
}

#[test]
fn ranks_that_deal_differently_are_refused() {
    let report = refusal(2, |team, a| {
        let mut a: Rows<'_, u64, Ix2> = team.phase(a.rows(Schedule::Cyclic(1 + team.id())));
        a.iter_mut().for_each(|(_, mut row)| row.fill(team.id() as u64));
    });
    assert!(report.contains("Diverged: phase(rows a cyclic(1)); phase(rows a cyclic(2))"), "{report}");
}

#[test]
fn ranks_that_split_different_axes_are_refused() {
    let report = refusal(2, |team, a| {
        let mut a = team.phase(a.split_axis(team.id()));
        a.fill(team.id() as u64);
    });
    assert!(report.contains("Diverged: phase(split a); phase(split a on axis 1)"), "{report}");
}

#[test]
fn a_rank_that_returns_while_others_meet_is_refused() {
    let report = refusal(3, |team, a| {
        if team.id() != 1 {
            assert_eq!(team.phase(a.publish()).sum(), 24);
        }
    });
    assert!(report.contains("Diverged: phase(publish a); return; phase(publish a)"), "{report}");
}

#[test]
fn ranges_that_overlap_are_refused() {
    let report = refusal(3, |team, a| {
        let start = [3, 0, 2][team.id()];
        let mut a = team.phase(a.split_at(start..start + 2));
        a.fill(team.id() as u64);
    });
    assert!(report.contains("the split_at ranges of `a` overlap between rank 2 and rank 0"), "{report}");
}

#[test]
fn ranges_outside_the_array_are_refused() {
    for range in [5..7, 7..7, usize::MAX - 1..usize::MAX] {
        let report = refusal(1, |team, a| {
            let mut a = team.phase(a.split_at(range.clone()));
            a.fill(9);
        });
        assert!(report.contains("the range must lie in 0..6"), "{report}");
    }
}

#[test]
fn a_rank_that_panics_lets_the_others_leave() {
    let report = refusal(3, |team, a| {
        assert!(team.id() != 1, "rank 1 gives up");
        let a = team.phase(a.publish());
        assert_eq!(a.sum(), 24);
    });
    assert_eq!(report, "rank 1: Panicked: rank 1 gives up");
}

#[test]
fn many_short_phases_follow_each_other() {
    let mut team = HeapTeam::new(|declaration| declaration.array::<u32, Ix1>(0, "a", [4]));
    let steps = if cfg!(miri) { 20 } else { 500 };
    team.call(3, &BLOCKS[..1], |source| {
        let team = source.team();
        let mut a: Split<'_, u32, Ix1> = source.array(0);
        for step in 1..=steps {
            *a += 1;
            let seen = team.phase(a.publish());
            assert!(seen.iter().all(|&element| element == step));
            a = team.phase(seen.reclaim());
        }
    });
}
