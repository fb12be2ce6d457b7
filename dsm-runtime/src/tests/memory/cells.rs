//! Locks, flags and critical sections, contended by three threads.
#![allow(unsafe_code)]

use std::time::Duration;

use ndarray::Ix1;
use num_complex::Complex;

use super::heap_team::HeapTeam;
use crate::element::Element;
use crate::sync::{FairLock, Flag, Lock};
use crate::view::{Access, Mode, Raw};

const RANKS: usize = 3;
const ROUNDS: usize = if cfg!(miri) { 8 } else { 2_000 };

/// Every rank changes the value `ROUNDS` times; the value afterwards.
fn contend<T: Element>(change: fn(&mut T)) -> T {
    let mut team = HeapTeam::new(|declaration| declaration.cell::<Lock<T>>(0, "total"));
    team.call(RANKS, &[], |source| {
        let total: &Lock<T> = source.cell(0);
        for round in 0..ROUNDS {
            match round % 3 {
                0 => change(&mut total.lock()),
                1 => change(&mut total.lock_timeout(Duration::MAX).unwrap()),
                _ => loop {
                    if let Some(mut guard) = total.try_lock() {
                        break change(&mut guard);
                    }
                    std::thread::yield_now();
                },
            }
        }
    });
    team.call(1, &[], |source| *source.cell::<Lock<T>>(0).lock())[0]
}

/// As [`contend`], for the lock that is granted in order.
fn contend_fairly<T: Element>(change: fn(&mut T)) -> T {
    let mut team = HeapTeam::new(|declaration| declaration.cell::<FairLock<T>>(0, "total"));
    team.call(RANKS, &[], |source| {
        let total: &FairLock<T> = source.cell(0);
        for round in 0..ROUNDS {
            match (round % 2 == 1).then(|| total.try_lock()).flatten() {
                Some(mut guard) => change(&mut guard),
                None => change(&mut total.lock()),
            }
        }
    });
    team.call(1, &[], |source| *source.cell::<FairLock<T>>(0).lock())[0]
}

const CHANGES: usize = RANKS * ROUNDS;

#[test]
fn a_lock_guards_a_value_of_any_type() {
    assert_eq!(contend::<u64>(|n| *n += 1), CHANGES as u64);
    assert_eq!(contend::<u8>(|n| *n = n.wrapping_add(1)), CHANGES as u8);
    assert_eq!(contend::<bool>(|truth| *truth = !*truth), CHANGES % 2 == 1);
    assert_eq!(contend::<[f32; 3]>(|n| n.iter_mut().for_each(|x| *x += 1.0)), [CHANGES as f32; 3]);
    assert_eq!(contend::<Complex<f64>>(|z| z.im += 1.0), Complex::new(0.0, CHANGES as f64));
    contend::<()>(|()| ());
}

#[test]
fn a_fair_lock_guards_a_value_of_any_type() {
    assert_eq!(contend_fairly::<u64>(|n| *n += 1), CHANGES as u64);
    assert_eq!(contend_fairly::<i128>(|n| *n -= 1), -(CHANGES as i128));
    assert_eq!(contend_fairly::<[f32; 3]>(|n| n.iter_mut().for_each(|x| *x += 1.0)), [CHANGES as f32; 3]);
    contend_fairly::<()>(|()| ());
}

#[test]
fn locks_of_an_array_are_locks_of_their_own() {
    let mut team = HeapTeam::new(|declaration| {
        declaration.cells::<Lock<u32>>(0, "bins", 4)?;
        declaration.cells::<FairLock<u32>>(1, "fair_bins", 3)
    });
    let sums = team.call(RANKS, &[], |source| {
        let team = source.team();
        let (bins, fair_bins) = (source.cells::<Lock<u32>>(0), source.cells::<FairLock<u32>>(1));
        for round in 0..ROUNDS {
            let mut held = bins[(round + team.id()) % 4].lock();
            // A second lock while the first is held, in the same order everywhere.
            *fair_bins[round % 3].lock() += 1;
            *held += 1;
        }
        team.barrier();
        let sum = bins.iter().map(|bin| *bin.lock()).sum::<u32>();
        (sum, fair_bins.iter().map(|bin| *bin.lock()).sum::<u32>())
    });
    assert_eq!(sums, [(CHANGES as u32, CHANGES as u32); RANKS]);
}

#[test]
fn locks_and_sections_order_what_else_is_touched() {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<u64, Ix1>(0, "a", [3])?;
        declaration.cell::<Lock<()>>(1, "lock")?;
        declaration.cell::<FairLock<()>>(2, "fair_lock")
    });
    team.call(RANKS, &[Access::new(0, Mode::Raw)], |source| {
        let team = source.team();
        let mut a: Raw<'_, u64, Ix1> = source.array(0);
        let (lock, fair_lock) = (source.cell::<Lock<()>>(1), source.cell::<FairLock<()>>(2));
        for _ in 0..ROUNDS {
            // SAFETY: each element is touched with its lock held, or inside the section.
            let mut count = |element: usize| unsafe { a.set(element, a.get(element) + 1) };
            {
                let _held = lock.lock();
                count(0);
            }
            {
                let _held = fair_lock.lock();
                count(1);
            }
            team.critical(|| count(2));
        }
    });
    assert_eq!(team.elements::<u64>(0), [CHANGES as u64; 3]);
}

#[test]
fn flags_order_what_else_is_touched() {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<u64, Ix1>(0, "a", [1])?;
        declaration.cells::<Flag>(1, "done", RANKS)
    });
    team.call(RANKS, &[Access::new(0, Mode::Raw)], |source| {
        let rank = source.id();
        let mut a: Raw<'_, u64, Ix1> = source.array(0);
        let done = source.cells::<Flag>(1);
        for round in 0..ROUNDS as u32 {
            // It is this rank's turn once the one before has had its own; rank 0 begins.
            let had = round + u32::from(rank > 0);
            assert_eq!(done[(rank + RANKS - 1) % RANKS].wait(had), had);
            // SAFETY: only the rank whose turn it is touches the element.
            unsafe { a.set(0, a.get(0) + 1) };
            done[rank].post(round + 1);
        }
    });
    assert_eq!(team.elements::<u64>(0), [CHANGES as u64]);
}

#[test]
fn a_lock_whose_holder_panicked_is_refused() {
    let mut team = HeapTeam::new(|declaration| {
        declaration.cell::<Lock<u64>>(0, "lock")?;
        declaration.cell::<FairLock<u64>>(1, "fair_lock")
    });
    let reports = team.try_call(2, &[], |source| {
        let (lock, fair_lock) = (source.cell::<Lock<u64>>(0), source.cell::<FairLock<u64>>(1));
        if source.id() == 0 {
            let (_one, _other) = (lock.lock(), fair_lock.lock());
            panic!("no more input");
        }
    });
    assert_eq!(reports, Err(vec!["rank 0: Panicked: no more input".to_owned()]));
    for fair in [false, true] {
        let reports = team.try_call(1, &[], |source| {
            if fair { *source.cell::<FairLock<u64>>(1).lock() } else { *source.cell::<Lock<u64>>(0).lock() }
        });
        let report = reports.unwrap_err().join("; ");
        let name = if fair { "fair_lock" } else { "lock" };
        assert!(report.contains(&format!("lock `{name}` is poisoned")), "{report}");
    }
}

#[test]
fn a_lock_taken_twice_names_itself() {
    let mut team = HeapTeam::new(|declaration| declaration.cells::<Lock<u64>>(0, "bins", 3));
    let reports = team.try_call(1, &[], |source| {
        let bins: &[Lock<u64>] = source.cells(0);
        let _held = bins[2].lock();
        *bins[2].lock()
    });
    assert!(reports.unwrap_err().join("; ").contains("locks `bins[2]`, which it holds already"));
}
