//! Anonymous arrays in the jobs of a map: read by all, written in parts, or atomic.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Barrier, RwLock};

use dsm::prelude::*;
use dsm::{Backend, ErrorKind};

use crate::support::{Holdings, needs_processes};
use crate::teams;

/// What a panic of `f` says.
fn panic_of(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    payload.downcast_ref::<String>().cloned().unwrap_or_else(|| (*payload.downcast_ref::<&str>().unwrap()).to_owned())
}

#[dsm::test]
fn jobs_read_arrays_that_they_capture() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let before = Holdings::now();
        let a = SharedArray::from_fn((100, 30), |(row, column)| (100 * row + column) as u64)?;
        let b = Rc::new(RefCell::new(SharedArray::full(100, 2_u64)?));
        let sums = dsm::map(0..100).workers(workers).run(|_, row| a.row(row).sum() * b.borrow()[row])?;
        assert!(sums.iter().enumerate().all(|(row, &sum)| sum == 2 * a.row(row).sum()));
        drop((a, b));
        assert_eq!(Holdings::now(), before);
    }
    Ok(())
}

#[dsm::test]
fn an_array_is_seen_with_its_axes_as_they_are() -> dsm::Result<()> {
    teams([1]);
    let mut a = SharedArray::from_fn((4, 3), |(row, column)| 10 * row + column)?;
    a.swap_axes(0, 1);
    a.invert_axis(Axis(0));
    a.slice_axis_inplace(Axis(1), ndarray::Slice::from(1..));
    let expected = a.to_owned();
    let seen = dsm::map(0..2).workers(2).run(|_, _| {
        let numbers: Vec<usize> = a.iter().copied().collect();
        (a.dim(), numbers)
    })?;
    assert_eq!(seen[0], ((3, 3), expected.iter().copied().collect()));
    assert_eq!(seen[0], seen[1]);
    Ok(())
}

#[dsm::test]
fn an_array_is_not_written_whole_while_a_map_may_read_it() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    for workers in teams([1, 2]) {
        let a = Rc::new(RefCell::new(SharedArray::full(4, 1)?));
        // In a worker.
        let error = dsm::map(0..2).workers(workers).run(|_, job| a.borrow_mut()[job] = 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked);
        assert!(error.to_string().contains("`anonymous` is an array that another process made"), "{error}");
        // Here, while workers run.
        let mut said = Vec::new();
        dsm::map(0..2).workers(workers).run_each(
            |_, job| a.borrow()[job],
            |_, value| {
                assert_eq!(value, 1);
                said.push(panic_of(|| a.borrow_mut()[0] = 5));
                said.push(panic_of(|| drop(a.borrow_mut().split_mut(2))));
                said.push(panic_of(|| drop(a.borrow_mut().atomics())));
                // One that was made since is nobody else's.
                let mut own = SharedArray::zeros(2).unwrap();
                own[0] = a.borrow()[0];
                assert_eq!(own[0], 1);
            },
        )?;
        assert_eq!(said.len(), 6);
        assert!(said.iter().all(|text| text.contains("may be read by the workers of a map that runs")), "{said:?}");
        a.borrow_mut()[0] = 5;
        assert_eq!(**a.borrow(), array![5, 1, 1, 1]);
    }
    Ok(())
}

#[dsm::test]
fn an_array_that_a_thread_rank_made_is_lent_by_other_threads_too() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    static ARRAY: RwLock<Option<SharedArray<u32, Ix1>>> = RwLock::new(None);
    static MADE: Barrier = Barrier::new(2);
    static LENT: Barrier = Barrier::new(2);
    static TRIED: Barrier = Barrier::new(2);
    fn first() -> u32 {
        ARRAY.read().unwrap().as_ref().unwrap()[0]
    }
    dsm::shared! { struct Plain { x: [u32; 4] } }
    #[dsm::parallel]
    fn write(_res: Plain) -> bool {
        *ARRAY.write().unwrap() = Some(SharedArray::full(4, 1).unwrap());
        MADE.wait();
        LENT.wait();
        let written = catch_unwind(|| {
            let mut array = ARRAY.write().unwrap();
            array.as_mut().unwrap()[0] = 5;
        });
        TRIED.wait();
        ARRAY.clear_poison();
        *ARRAY.write().unwrap() = None;
        written.is_ok()
    }
    std::thread::scope(|scope| {
        let rank = scope.spawn(|| {
            let mut cluster = Cluster::builder(Plain).workers(1).backend(Backend::Thread).build()?;
            write(&mut cluster)
        });
        MADE.wait();
        let each = |_, value| {
            assert_eq!(value, 1);
            LENT.wait();
            TRIED.wait();
        };
        dsm::map(0..1).workers(1).allow_threads().run_each(|_, _| first(), each)?;
        assert_eq!(rank.join().unwrap()?, [false], "it was written while a worker might read it");
        Ok(())
    })
}

#[dsm::test]
fn parts_are_written_each_by_one_job() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for parts in [1, 2, 7, 20] {
            let mut a = SharedArray::<usize, _>::zeros((10, 3))?;
            let ranks = dsm::map(a.split_mut(parts)).workers(workers).run(|ctx, mut part| {
                let rows = part.range();
                for (mut row, i) in part.rows_mut().into_iter().zip(rows.clone()) {
                    row.fill(i + 1);
                }
                (ctx.index(), rows.len(), part.sum())
            })?;
            // Whole again, though nobody has touched it here.
            let seen = dsm::map(0..2).workers(workers).run(|_, _| a.sum())?;
            assert_eq!(seen, [165, 165]);
            assert_eq!(ranks.iter().map(|(_, rows, _)| rows).sum::<usize>(), 10);
            assert_eq!(*a, Array2::from_shape_fn((10, 3), |(row, _)| row + 1), "{parts} parts");
        }
    }
    Ok(())
}

#[dsm::test]
fn a_part_is_one_processes_until_the_map_is_over() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    for workers in teams([2, 3]) {
        let mut a = SharedArray::<u32, _>::zeros(6)?.named("a");
        {
            let parts = a.split_mut_at(&[2]);
            let parts: Vec<_> = parts.into_iter().map(RefCell::new).collect();
            // Used here before, and handed over.
            parts[0].borrow_mut()[0] = 1;
            parts[0].borrow_mut().hand_over();
            for _ in 0..2 {
                let all = dsm::map(0..workers).workers(workers).schedule(Schedule::Block).on_error(dsm::Skip);
                let outcomes = all.try_run(|ctx, job| {
                    let first = catch_unwind(AssertUnwindSafe(|| parts[0].borrow_mut()[1] = job as u32 + 1));
                    // Nobody goes before all have tried.
                    ctx.ordered(|| ());
                    first.map_err(|_| "taken")
                })?;
                assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
            }
            // While a map runs that has used it, not here.
            let mut said = String::new();
            dsm::map(0..1).workers(1).run_each(
                |_, _| parts[1].borrow_mut().fill(7),
                |_, ()| said = panic_of(|| parts[1].borrow_mut().fill(8)),
            )?;
            assert!(said.contains("rows 2..6 of `a` belong to another process"), "{said}");
            // What is used here while a map runs isn't a worker's.
            let path = std::env::temp_dir().join(format!("dsm-lent-{}", std::process::id()));
            let error = dsm::map(0..2).workers(1).run_each(
                |_, job| {
                    while job == 1 && !path.exists() {
                        std::thread::yield_now();
                    }
                    if job == 1 {
                        parts[0].borrow_mut()[0] = 9;
                    }
                },
                |_, ()| {
                    parts[0].borrow_mut()[0] += 1;
                    std::fs::write(&path, "").unwrap();
                },
            );
            std::fs::remove_file(&path).unwrap();
            let error = error.unwrap_err();
            assert!(error.job() == Some(1) && error.to_string().contains("rows 0..2 of `a` belong"), "{error}");
            parts[1].borrow_mut()[0] += 1;
        }
        assert_eq!((a[0], a[2], a[5]), (2, 8, 7));
    }
    Ok(())
}

#[dsm::test]
fn of_workers_that_want_a_part_at_once_one_has_it() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([2]);
    const PARTS: usize = 200;
    let mut a = SharedArray::<u8, _>::zeros(PARTS)?;
    let mut there = SharedArray::<u32, _>::zeros(PARTS)?;
    let (parts, there) = (a.split_mut(PARTS), there.atomics());
    let taken = dsm::map(0..2).workers(2).schedule(Schedule::Block).run(|_, _| {
        let takes = |part: usize| {
            there[part].fetch_add(1);
            // Seen at once, unless the workers share a core.
            while (0..10_000).all(|_| there[part].load() < 2) {
                std::thread::yield_now();
            }
            catch_unwind(AssertUnwindSafe(|| parts[part][0])).is_ok()
        };
        (0..PARTS).map(takes).collect::<Vec<bool>>()
    })?;
    assert!((0..PARTS).all(|part| taken[0][part] != taken[1][part]), "{taken:?}");
    Ok(())
}

#[dsm::test]
fn what_a_worker_was_lent_its_own_workers_do_not_reach() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    let mut a = SharedArray::<u32, _>::zeros(4)?;
    let seen = dsm::map(a.split_mut(1)).workers(1).run(|_, mut part| {
        let cells = Cell::from_mut(part.as_slice_mut().unwrap()).as_slice_of_cells();
        let error = dsm::map(0..1).workers(1).run(|_, _| cells[0].set(7)).unwrap_err();
        (error.to_string(), cells[0].get())
    })?;
    assert!(seen[0].0.contains("SIGSEGV") && seen[0].1 == 0, "{seen:?}");
    Ok(())
}

#[dsm::test]
fn an_array_in_parts_or_atomic_is_read_as_such_only() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    let shared: &'static RefCell<SharedArray<u32, Ix1>> = Box::leak(Box::new(RefCell::new(SharedArray::zeros(4)?)));
    let guard = RefCell::new(Some(shared.borrow_mut()));
    if let Some(array) = guard.borrow_mut().as_mut() {
        // The parts are forgotten, not dropped: here the array is still in parts.
        array.split_mut(2).into_iter().for_each(std::mem::forget);
    }
    let error = dsm::map(0..1).run(|_, _| {
        drop(guard.borrow_mut().take());
        shared.borrow()[0]
    });
    let error = error.unwrap_err();
    assert!(error.to_string().contains("`anonymous` was in parts when the workers were forked"), "{error}");
    drop(guard);
    assert_eq!(shared.borrow()[0], 0, "here it is whole again");
    assert_eq!(dsm::map(0..1).run(|_, _| shared.borrow()[0])?, [0]);
    Ok(())
}

#[dsm::test]
fn an_array_is_lent_as_what_it_was_last_made_into() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut a = SharedArray::<u32, _>::zeros(4)?;
        let counts;
        {
            let parts = a.split_mut(2);
            assert_eq!(parts.len(), 2);
            counts = a.atomics();
            // The parts, which nobody uses any more, are dropped only now.
        }
        dsm::map(0..8).workers(workers).run(|_, job: usize| {
            counts[job % 4].fetch_add(1);
        })?;
        assert_eq!(*a, array![2, 2, 2, 2]);
        // Used here as a whole, though the atomics are still to be dropped.
        assert_eq!(dsm::map(0..4).workers(workers).run(|_, job| a[job])?, [2, 2, 2, 2]);
    }
    Ok(())
}

#[dsm::test]
fn an_array_whose_parts_or_atomics_are_still_there_says_so() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    let mut a = SharedArray::<u32, _>::zeros(4)?;
    let counts = a.atomics();
    counts[0].store(5);
    let error = dsm::map(0..1).run(|_, _| a[0]).unwrap_err();
    assert!(error.to_string().contains("`anonymous` was atomic when the workers were forked: drop"), "{error}");
    assert_eq!(a[0], 5);
    assert_eq!(dsm::map(0..1).run(|_, _| a[0])?, [5]);
    Ok(())
}

#[dsm::test]
fn atomics_of_every_kind_are_shared_by_all_jobs() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let (mut counts, mut sums) = (SharedArray::<u32, _>::zeros((2, 3))?, SharedArray::<f64, _>::zeros(2)?);
        {
            let (counts, sums) = (counts.atomics(), sums.atomics());
            dsm::map(0..600).workers(workers).run(|_, job| {
                counts[[job % 2, job % 3]].fetch_add(1);
                sums[job % 2].fetch_add(0.5);
            })?;
            assert_eq!(sums[0].load(), 150.0);
        }
        assert_eq!(*counts, array![[100, 100, 100], [100, 100, 100]]);
        assert_eq!(*sums, array![150.0, 150.0]);
    }
    Ok(())
}

#[dsm::test]
fn arrays_of_clusters_and_of_outer_maps_are_refused() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    dsm::shared! { struct Plain { x: [u32; 4] } }
    let cluster = Cluster::with_workers(1, Plain)?;
    let error = dsm::map(0..1).run(|_, _| cluster.x[0]).unwrap_err();
    assert!(error.to_string().contains("`x` is the driver's handle"), "{error}");
    let a = SharedArray::full(4, 3)?;
    let inner = dsm::map(0..1).run(|_, _| {
        let own = SharedArray::full(2, a[0]).unwrap();
        let read = dsm::map(0..2).run(|_, job| own[job]).unwrap();
        (read, dsm::map(0..1).run(|_, _| a[0]).unwrap_err().to_string())
    })?;
    assert_eq!(inner[0].0, [3, 3], "a worker's own arrays are lent to its own map");
    assert!(inner[0].1.contains("is an array that another process made"), "{inner:?}");
    let mut declared = Cluster::with_workers(1, Plain)?;
    assert!(panic_of(|| drop(declared.x.split_mut(2))).contains("is declared in a `shared!`"));
    Ok(())
}

#[dsm::test]
fn serial_maps_reach_arrays_as_loops_do() -> dsm::Result<()> {
    teams([1]);
    let mut a = SharedArray::<usize, _>::zeros(6)?;
    dsm::map(a.split_mut(3)).serial().run(|ctx, mut part| part.fill(ctx.index()))?;
    assert_eq!(*a, array![0, 0, 1, 1, 2, 2]);
    let counts = a.atomics();
    dsm::map(0..6).serial().run(|_, job: usize| {
        counts[job].fetch_add(1);
    })?;
    assert_eq!(dsm::map(0..6).serial().run(|_, job| a[job])?, [1, 1, 2, 2, 3, 3]);
    Ok(())
}
