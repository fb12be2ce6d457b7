//! Every view of every kind of array, through phases, between threads.
#![allow(unsafe_code)]

use std::fmt::Debug;

use ndarray::{Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};
use num_complex::Complex;

use super::heap_team::HeapTeam;
use super::places::{Row, each_of_block, each_of_rows};
use crate::element::Element;
use crate::schedule::{Schedule, block};
use crate::shape::Axes;
use crate::view::{Access, Mode, Raw, Read, Rows, Split, View};

fn assert_filled<T: Element + PartialEq + Debug, D: Axes>(
    a: &Read<'_, T, D>,
    shape: &[usize],
    value: impl Fn(usize) -> T,
) {
    assert_eq!(a.shape(), shape);
    assert!(a.iter().enumerate().all(|(number, element)| *element == value(number)), "{shape:?}");
}

/// Two arrays take turns: each rank writes its block of one and reads all of the other.
fn take_turns<T, D>(shape: &[usize], size: usize, value: fn(usize) -> T)
where
    T: Element + PartialEq + Debug,
    D: Axes,
{
    for axis in 0..D::AXES {
        let mut team = HeapTeam::new(|declaration| {
            declaration.array::<T, D>(0, "now", shape)?;
            declaration.array::<T, D>(1, "next", shape)
        });
        let split = Mode::Split { axis, schedule: Schedule::Block };
        team.call(size, &[Access::new(0, Mode::Read), Access::new(1, split)], |source| {
            let team = source.team();
            let mut now: Read<'_, T, D> = source.array(0);
            let mut next: Split<'_, T, D> = source.array(1);
            let first = now.first().copied();
            assert!(now.iter().all(|&zero| Some(zero) == first));
            for step in 1..4 {
                each_of_block(&mut next, shape, |number, element| *element = value(number + step));
                let reclaimed = if step == 1 { now.split_axis(axis) } else { now.reclaim() };
                (now, next) = team.phase((next.publish(), reclaimed));
                assert_filled(&now, shape, |number| value(number + step));
            }
        });
        assert!(team.elements::<T>(1).iter().enumerate().all(|(number, element)| *element == value(number + 3)));
    }
}

/// Miri has time for three: at regular strides, at irregular ones, and handed out.
const DEALT: &[Schedule] = if cfg!(miri) {
    &[Schedule::Cyclic(2), Schedule::Random, Schedule::Dynamic(1)]
} else {
    &[
        Schedule::Block,
        Schedule::Cyclic(1),
        Schedule::Cyclic(2),
        Schedule::Random,
        Schedule::Dynamic(1),
        Schedule::Dynamic(2),
        Schedule::Guided(1),
    ]
};

/// One array through every way to deal it, from clause to clause and from phase to phase.
fn tour<T, D>(shape: &[usize], size: usize, value: fn(usize) -> T)
where
    T: Element + PartialEq + Debug,
    D: Axes,
    for<'a> D::Row<'a, T>: Row<T>,
{
    for axis in 0..D::AXES {
        for &schedule in DEALT {
            let mut team = HeapTeam::new(|declaration| declaration.array::<T, D>(0, "a", shape));
            team.call(size, &[Access::new(0, Mode::Split { axis, schedule })], |source| {
                let team = source.team();
                let mut rows: Rows<'_, T, D> = source.array(0);
                each_of_rows(&mut rows, shape, |number, element| *element = value(number));
                let a = team.phase(rows.publish());
                assert_filled(&a, shape, value);

                let mut rows = team.phase(a.rows(schedule));
                for step in 1..4 {
                    each_of_rows(&mut rows, shape, |number, element| *element = value(number + step));
                    rows = team.phase(rows.rows(if step == 2 { schedule } else { Schedule::Random }));
                }
                each_of_rows(&mut rows, shape, |number, element| assert_eq!(*element, value(number + 3)));

                // The ranks' ranges in reverse order, and the last row nobody's.
                let mine = block(shape[0].saturating_sub(1), team.size(), team.size() - 1 - team.id());
                let mut a = team.phase(rows.split_at(mine));
                each_of_block(&mut a, shape, |number, element| *element = value(number + 4));
                let mut a = team.phase(a.raw());
                if team.id() == team.size() - 1 {
                    // SAFETY: the other ranks leave the array alone until the next phase.
                    let mut all = unsafe { a.view_mut() };
                    for (number, element) in all.iter_mut().enumerate() {
                        *element = value(number + 5);
                    }
                }
                let mut a = team.phase(a.split());
                each_of_block(&mut a, shape, |number, element| {
                    assert_eq!(*element, value(number + 5));
                    *element = value(number + 6);
                });
                let a: Raw<'_, T, D> = team.phase(a.raw());
                // SAFETY: nobody writes before the call is over.
                let all = unsafe { a.view() };
                assert!(all.iter().enumerate().all(|(number, element)| *element == value(number + 6)));
            });
        }
    }
}

fn byte(number: usize) -> u8 {
    number as u8 + 1
}

fn float(number: usize) -> f64 {
    number as f64 + 0.5
}

fn truth(number: usize) -> bool {
    number % 3 != 1
}

fn complex(number: usize) -> Complex<f64> {
    Complex::new(float(number), -1.0)
}

fn triple(number: usize) -> [f32; 3] {
    [number as f32, 1.0, -2.0]
}

fn wide(number: usize) -> i128 {
    -1 - number as i128
}

#[test]
fn vectors_go_round_all_modes() {
    take_turns::<_, Ix1>(&[7], 3, byte);
    tour::<_, Ix1>(&[7], 3, byte);
    tour::<_, Ix1>(&[5], 2, complex);
}

#[test]
fn matrices_go_round_all_modes() {
    take_turns::<_, Ix2>(&[5, 3], 3, float);
    tour::<_, Ix2>(&[4, 3], 3, float);
    tour::<_, Ix2>(&[3, 2], 2, truth);
}

#[test]
fn three_and_four_axes_go_round_all_modes() {
    take_turns::<_, Ix3>(&[3, 2, 3], 2, complex);
    tour::<_, Ix3>(&[3, 1, 2], 2, triple);
    tour::<_, Ix4>(&[2, 1, 3, 1], 2, wide);
}

#[test]
fn five_and_six_axes_take_turns() {
    take_turns::<_, Ix5>(&[2, 1, 2, 1, 2], 2, truth);
    take_turns::<_, Ix6>(&[1, 2, 1, 2, 1, 2], 2, triple);
}

#[test]
fn empty_arrays_go_round_all_modes() {
    take_turns::<_, Ix1>(&[0], 2, float);
    tour::<_, Ix1>(&[0], 2, byte);
    tour::<_, Ix2>(&[0, 3], 2, float);
    tour::<_, Ix2>(&[3, 0], 2, float);
    take_turns::<_, Ix3>(&[2, 0, 2], 2, complex);
}

#[test]
fn ranks_beyond_the_rows_have_none() {
    take_turns::<_, Ix2>(&[2, 3], 4, float);
    tour::<_, Ix1>(&[1], 3, truth);
    tour::<_, Ix2>(&[2, 1], 3, byte);
}

#[test]
fn elements_without_bytes_go_round_all_modes() {
    tour::<(), Ix1>(&[4], 3, |_| ());
    tour::<[u64; 0], Ix2>(&[2, 3], 2, |_| []);
}

#[test]
fn rows_are_reached_by_position_too() {
    let mut team = HeapTeam::new(|declaration| declaration.array::<u32, Ix2>(0, "a", [5, 2]));
    let access = [Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Cyclic(1) })];
    team.call(2, &access, |source| {
        let mut rows: Rows<'_, u32, Ix2> = source.array(0);
        for k in (0..rows.len()).rev() {
            let (index, mut row) = rows.get_mut(k).unwrap();
            row.fill(index as u32);
        }
        assert!(rows.get_mut(rows.len()).is_none());
    });
    assert_eq!(team.elements::<u32>(0), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
}

#[test]
fn rows_handed_out_are_reached_again_by_whoever_took_them() {
    let mut team = HeapTeam::new(|declaration| declaration.array::<u32, Ix2>(0, "a", [7, 2]));
    let access = [Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Dynamic(2) })];
    let taken = team.call(3, &access, |source| {
        let team = source.team();
        let mut rows: Rows<'_, u32, Ix2> = source.array(0);
        let mut taken = Vec::new();
        for schedule in [Schedule::Guided(1), Schedule::Dynamic(3), Schedule::Dynamic(1)] {
            assert!(rows.is_empty() && rows.get_mut(0).is_none());
            rows.iter_mut().for_each(|(_, mut row)| row += 1);
            rows.iter_mut().for_each(|(_, mut row)| row += 1);
            let mine: Vec<usize> = rows.indices().collect();
            for (k, &index) in mine.iter().enumerate() {
                let (at, mut row) = rows.get_mut(k).unwrap();
                row += 1;
                assert_eq!(at, index);
            }
            taken.push(mine);
            rows = team.phase(rows.rows(schedule));
        }
        taken
    });
    assert!(team.elements::<u32>(0).iter().all(|&element| element == 9));
    for phase in 0..3 {
        let mut all: Vec<usize> = taken.iter().flat_map(|taken| taken[phase].clone()).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..7));
    }
}

#[test]
fn raw_elements_are_reached_one_by_one() {
    let mut team = HeapTeam::new(|declaration| declaration.array::<u16, Ix2>(0, "a", [3, 3]));
    team.call(3, &[Access::new(0, Mode::Raw)], |source| {
        let team = source.team();
        let mut a: Raw<'_, u16, Ix2> = source.array(0);
        // SAFETY: each rank sets elements of its own column, and reads none of another's before the barrier.
        unsafe {
            a.set((0, team.id()), 1);
            a.set((1, team.id()), a.get((0, team.id())) + 1);
        }
        team.barrier();
        // SAFETY: each rank sets one element of row 2, and reads row 1, which nobody sets any more.
        unsafe { a.set((2, team.id()), (0..3).map(|column| a.get((1, column))).sum()) };
    });
    assert_eq!(team.elements::<u16>(0), [1, 1, 1, 2, 2, 2, 6, 6, 6]);
}

#[test]
fn a_view_may_be_used_by_scoped_threads_of_a_rank() {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<u32, Ix1>(0, "a", [8])?;
        declaration.array::<u32, Ix2>(1, "b", [4, 2])
    });
    let split = |schedule| Mode::Split { axis: 0, schedule };
    let access = [Access::new(0, split(Schedule::Block)), Access::new(1, split(Schedule::Dynamic(1)))];
    let sums = team.call(2, &access, |source| {
        let team = source.team();
        let (mut a, mut b): (Split<'_, u32, Ix1>, Rows<'_, u32, Ix2>) = (source.array(0), source.array(1));
        std::thread::scope(|scope| {
            let (left, right) = a.view_mut().split_at(ndarray::Axis(0), 2);
            for mut half in [left, right] {
                scope.spawn(move || half.fill(1));
            }
            scope.spawn(|| b.iter_mut().for_each(|(_, mut row)| row.fill(2)));
        });
        let (a, b) = team.phase((a.publish(), b.publish()));
        a.sum() + b.sum()
    });
    assert_eq!(sums, [24, 24]);
}
