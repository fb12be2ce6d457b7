//! Anonymous arrays in a map, when a worker gives up its copy of a borrow that lives on here: nobody reads what changes.

use std::cell::{Cell, Ref, RefCell, RefMut};
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::time::{Duration, Instant};

use dsm::prelude::*;
use dsm::{ErrorKind, Part};
use nix::sys::signal::Signal;

use crate::bench::eventually;
use crate::support::{Holdings, children, role, watchdog};

/// What a reference shows twice, with some time between.
fn twice(seen: &u64) -> (u64, u64) {
    let one = *black_box(seen);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1) {}
    (one, *black_box(seen))
}

/// A borrow of an array's first element that outlives a map.
fn first(array: &RefCell<SharedArray<u64, Ix1>>) -> RefMut<'_, u64> {
    RefMut::map(array.borrow_mut(), |array| &mut array[0])
}

/// Writes for a while through a borrow that lives since before the map.
fn write_on(guard: &Cell<Option<RefMut<'_, u64>>>) {
    let mut borrowed = guard.take().unwrap();
    for _ in 0..10_000 {
        *borrowed = black_box(*borrowed + 1);
    }
    guard.set(Some(borrowed));
}

/// A driver that writes to what its worker reads.
fn write_what_is_read() {
    let array = RefCell::new(SharedArray::<u64, _>::zeros(8).unwrap());
    let guard = Cell::new(Some(first(&array)));
    let map = dsm::map(0..100).workers(1).run_each(
        |_, _| {
            drop(guard.take());
            twice(&array.borrow()[0])
        },
        |_, (one, other)| {
            assert_eq!(one, other, "what a reference shows has changed");
            write_on(&guard);
        },
    );
    map.unwrap();
}

#[dsm::test]
fn a_driver_that_writes_through_an_old_borrow_to_what_is_read_faults() {
    if role().is_some() {
        return write_what_is_read();
    }
    watchdog();
    let before = Holdings::now();
    for _ in 0..3 {
        let mut command = again!(a_driver_that_writes_through_an_old_borrow_to_what_is_read_faults, "driver");
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.signal(), Some(Signal::SIGSEGV as i32), "{status}");
    }
    eventually(|| children(std::process::id()).is_empty());
    assert_eq!(Holdings::now(), before);
}

#[dsm::test]
fn what_is_written_here_before_a_map_its_workers_read() -> dsm::Result<()> {
    watchdog();
    for workers in [1, 2, 4] {
        let (mut a, mut b) = (SharedArray::<u64, _>::zeros(100)?, SharedArray::<u64, _>::zeros(100_000)?);
        for round in 1..=3 {
            a.fill(round);
            b.fill(2 * round);
            let seen = dsm::map(0..100).workers(workers).run(|_, job| a[job] + b[1000 * job])?;
            assert!(seen.iter().all(|&value| value == 3 * round), "{seen:?}");
        }
        let mut sum = 0;
        dsm::stream(0..100).workers(workers).run_each(|_, job: usize| a[job], |_, value| sum += value)?;
        assert_eq!(sum, 300);
    }
    Ok(())
}

#[dsm::test]
fn a_view_made_before_a_map_takes_its_results() -> dsm::Result<()> {
    watchdog();
    let (mut a, mut out) = (SharedArray::<usize, _>::zeros(100)?, SharedArray::<usize, _>::zeros(100)?);
    a.fill(3);
    let mut view = out.view_mut();
    dsm::map(0..100).workers(2).run_each(|_, job| a[job] * job, |job, value| view[job] = value)?;
    assert!(out.iter().enumerate().all(|(i, &value)| value == 3 * i), "{out}");
    Ok(())
}

#[dsm::test]
fn an_array_that_was_read_is_written_after_the_map_however_that_ended() -> dsm::Result<()> {
    watchdog();
    let mut a = SharedArray::<u32, _>::zeros(10_000)?;
    let before = Holdings::now();
    for round in 1..=3 {
        a.fill(round);
        assert_eq!(dsm::map(0..2).workers(2).run(|_, job| a[job])?, [round, round]);
        a.fill(round);
        let error = dsm::map(0..2).workers(2).run(|_, job| assert!(a[job] > round, "less")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        a[9_999] = 5;
        let thrown = catch_unwind(AssertUnwindSafe(|| {
            let all = dsm::map(0..2).workers(2);
            let _ = all.run_each(|_, job| a[job], |_, value| assert!(value > round, "less"));
        }));
        assert!(thrown.is_err());
        a[9_999] = 6;
        // One map in another, on the same array.
        let each = |_, value| {
            assert_eq!(value, round);
            let inner = dsm::map(0..1).workers(1).run(|_, _| a[9_999]).unwrap();
            assert_eq!(inner, [6]);
        };
        dsm::map(0..4).workers(2).run_each(|_, job| a[job], each)?;
        a[9_999] = 7;
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::test]
fn a_worker_that_waits_to_read_leaves_a_map_that_fails() -> dsm::Result<()> {
    watchdog();
    /// Says that a worker has left its job.
    struct Says<'a>(&'a Atomic<u32>);
    impl Drop for Says<'_> {
        fn drop(&mut self) {
            self.0.store(1);
        }
    }
    let (mut a, mut steps) = (SharedArray::<u32, _>::zeros(1)?, SharedArray::<u32, _>::zeros(3)?);
    let steps = steps.atomics();
    let wait_for = |step: usize| {
        while steps[step].load() == 0 {
            std::thread::yield_now();
        }
    };
    a[0] = 1;
    let error = dsm::map(0..3).workers(3).schedule(Schedule::Block).run_each(
        |_, job| match job {
            0 => 0,
            1 => {
                let _says = Says(&steps[2]);
                wait_for(0);
                steps[1].store(1);
                a[0]
            }
            _ => {
                wait_for(1);
                panic!("no input");
            }
        },
        // The driver is busy until the worker has left.
        |_, _| {
            steps[0].store(1);
            wait_for(2);
        },
    );
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Panicked, Some(2)), "{error}");
    a[0] = 2;
    assert_eq!(dsm::map(0..1).workers(1).run(|_, _| a[0])?, [2]);
    Ok(())
}

/// A driver that writes to one of two arrays which threads of its worker have asked for while it was busy.
fn write_what_threads_read(written: usize) {
    let arrays = [(); 2].map(|()| RefCell::new(SharedArray::<u64, _>::zeros(1).unwrap()));
    let guards = [&arrays[0], &arrays[1]].map(|array| Cell::new(Some(first(array))));
    let mut begun = SharedArray::<u32, _>::zeros(1).unwrap();
    let begun = begun.atomics();
    let map = dsm::map(0..2).workers(2).schedule(Schedule::Block).run_each(
        |_, job| {
            if job == 1 {
                guards.iter().for_each(|guard| drop(guard.take()));
                let (one, other) = (arrays[0].borrow(), arrays[1].borrow());
                std::thread::scope(|scope| {
                    for array in [&*one, &*other] {
                        scope.spawn(|| {
                            begun[0].fetch_add(1);
                            black_box(array[0]);
                        });
                    }
                });
            }
        },
        |job, ()| match job {
            0 => {
                while begun[0].load() < 2 {
                    std::thread::yield_now();
                }
                (0..1000).for_each(|_| std::thread::yield_now());
            }
            _ => write_on(&guards[written]),
        },
    );
    map.unwrap();
}

#[dsm::test]
fn an_array_that_one_of_many_threads_reads_is_not_written() {
    if let Some(role) = role() {
        return write_what_threads_read(role.parse().unwrap());
    }
    watchdog();
    for written in ["0", "1"] {
        for _ in 0..3 {
            let mut command = again!(an_array_that_one_of_many_threads_reads_is_not_written, written);
            let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
            assert_eq!(status.signal(), Some(Signal::SIGSEGV as i32), "{status}");
        }
    }
    eventually(|| children(std::process::id()).is_empty());
}

#[dsm::test]
fn threads_of_a_worker_read_what_was_written_before() -> dsm::Result<()> {
    watchdog();
    let mut arrays = [SharedArray::<u32, _>::zeros(1)?, SharedArray::zeros(1)?, SharedArray::zeros(1)?];
    arrays.iter_mut().zip(1..).for_each(|(array, value)| array[0] = value);
    let sums = dsm::map(0..2).workers(2).run(|_, _| {
        std::thread::scope(|scope| {
            let threads: Vec<_> = arrays.iter().map(|array| scope.spawn(|| array[0])).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<u32>()
        })
    })?;
    assert_eq!(sums, [6, 6]);
    Ok(())
}

/// The one part of an array.
fn one_part() -> RefCell<Part<'static, u64, Ix1>> {
    let parts = SharedArray::<u64, _>::zeros(8).unwrap().named("a").into_parts(1);
    RefCell::new(parts.into_iter().next().unwrap())
}

#[dsm::test]
fn a_part_that_is_borrowed_mutably_here_no_worker_uses() {
    watchdog();
    for reads in [true, false] {
        let part = one_part();
        let guard = Cell::new(Some(RefMut::map(part.borrow_mut(), |part| &mut part[0])));
        let map = dsm::map(0..100).workers(1).run_each(
            |_, _| {
                drop(guard.take());
                // Of the copy here, which says nothing of the one at home.
                part.borrow_mut().hand_over();
                if reads { twice(&part.borrow()[0]) } else { twice(&part.borrow_mut()[0]) }
            },
            |_, (one, other)| {
                assert_eq!(one, other, "what a reference shows has changed");
                write_on(&guard);
            },
        );
        let error = map.unwrap_err().to_string();
        assert!(error.contains("rows 0..8 of `a` were used by their maker") && error.contains("hand_over"), "{error}");
    }
}

#[dsm::test]
fn a_part_that_is_borrowed_here_no_worker_writes() {
    watchdog();
    let part = one_part();
    let guard = Cell::new(Some(Ref::map(part.borrow(), |part| &part[0])));
    let map = dsm::map(0..100).workers(1).run_each(
        |_, _| {
            drop(guard.take());
            let mut part = part.borrow_mut();
            for _ in 0..10_000 {
                part[0] = black_box(part[0] + 1);
            }
        },
        |_, ()| {
            let borrowed = guard.take().unwrap();
            let (one, other) = twice(&borrowed);
            assert_eq!(one, other, "what a reference shows has changed");
            guard.set(Some(borrowed));
        },
    );
    let error = map.unwrap_err().to_string();
    assert!(error.contains("rows 0..8 of `a` were used by their maker"), "{error}");
}

#[dsm::test]
fn a_part_that_was_used_here_is_a_workers_once_it_is_handed_over() -> dsm::Result<()> {
    watchdog();
    let part = one_part();
    let read = || dsm::map(0..1).workers(1).run(|_, _| part.borrow()[0]);
    let write = || dsm::map(0..1).workers(1).run(|_, _| part.borrow_mut()[0] += 1);
    write()?;
    assert_eq!(part.borrow()[0], 1);
    // Only read here since.
    assert_eq!(read()?, [1]);
    assert!(write().is_err());
    part.borrow_mut().hand_over();
    write()?;
    part.borrow_mut()[0] += 1;
    assert!(read().is_err() && write().is_err());
    part.borrow_mut().hand_over();
    write()?;
    assert_eq!(part.borrow()[0], 4);
    Ok(())
}
