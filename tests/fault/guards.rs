//! Guards that safe code leaks, carries about and drops where it shouldn't: found by the lock's name, or in order.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use dsm::prelude::*;
use dsm::{ErrorKind, FairLockGuard, LockGuard};

use crate::bench::{Bench, assert_works, bench};

/// Keeps itself alive, and whatever it holds.
struct Cycle<T>(RefCell<Option<Rc<Cycle<T>>>>, T);

/// Leaks the value where nothing reaches it any more.
fn leak<T>(value: T) -> Rc<Cycle<T>> {
    let cycle = Rc::new(Cycle(RefCell::default(), value));
    *cycle.0.borrow_mut() = Some(Rc::clone(&cycle));
    cycle
}

#[dsm::parallel]
fn leak_in_a_cycle(res: Bench, lock: &str, then: &str) {
    if res.team.id() == 0 {
        match lock {
            "guarded" => drop(leak(res.guarded.lock())),
            "fair" => drop(leak(res.fair.lock())),
            "bins[3]" => drop(leak(res.bins[3].try_lock())),
            _ => drop(leak(Box::new(res.fair_bins[4].lock()) as Box<dyn Kept>)),
        }
        match then {
            "return" => {}
            "meet" => res.team.barrier(),
            "enter critical" => res.team.critical(|| ()),
            "panic" => panic!("with a guard leaked"),
            _ => {
                let caught = catch_unwind(|| panic!("caught with a guard leaked"));
                assert!(caught.is_err());
            }
        }
    }
}

trait Kept {}
impl Kept for FairLockGuard<'_, u64> {}

#[dsm::test]
fn a_guard_in_a_cycle_is_found_whatever_follows() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for lock in ["guarded", "fair", "bins[3]", "fair_bins[4]"] {
            for (then, kind, words) in [
                ("return", ErrorKind::Misuse, format!("rank 0 returned with lock `{lock}` held")),
                ("meet", ErrorKind::Misuse, format!("can't be entered with lock `{lock}` held")),
                ("enter critical", ErrorKind::Misuse, format!("rank 0 returned with lock `{lock}` held")),
                ("panic", ErrorKind::Panicked, "with a guard leaked".to_owned()),
                ("catch", ErrorKind::Misuse, format!("rank 0 returned with lock `{lock}` held")),
            ] {
                let error = leak_in_a_cycle(&mut cluster, lock, then).unwrap_err();
                assert_eq!((error.kind(), error.rank()), (kind, Some(0)), "{then}: {error}");
                assert!(error.to_string().contains(&words), "{then}: {error}");
                let poisoned = [
                    cluster.guarded.is_poisoned(),
                    cluster.fair.is_poisoned(),
                    cluster.bins.is_poisoned(3),
                    cluster.fair_bins.is_poisoned(4),
                ];
                assert_eq!(poisoned.into_iter().filter(|&poisoned| poisoned).count(), 1, "{lock}, {then}");
                cluster.guarded.clear_poison();
                cluster.fair.clear_poison();
                cluster.bins.clear_poison();
                cluster.fair_bins.clear_poison();
                assert_works(&mut cluster);
            }
        }
    }
}

#[dsm::parallel(split(a))]
fn hold_over_a_phase(res: Bench, rank: usize) -> f64 {
    let kept: Option<LockGuard<'_, u64>> = (res.team.id() == rank).then(|| res.guarded.lock());
    let a = res.team.phase(res.a.publish());
    drop(kept);
    a.sum()
}

#[dsm::test]
fn a_guard_held_over_a_phase_is_refused_whoever_holds_it() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for rank in [0, workers - 1] {
            let error = hold_over_a_phase(&mut cluster, rank).unwrap_err();
            assert_eq!((error.kind(), error.rank()), (ErrorKind::Misuse, Some(rank)), "{error}");
            assert!(
                error.to_string().contains("`phase` is a collective and can't be entered with lock `guarded` held")
            );
            cluster.guarded.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn carry_about(res: Bench) -> u64 {
    let mut guard = res.guarded.lock();
    *guard += 1;
    // Into a closure, a box, out again, and through a section.
    let add = move |by: u64| {
        *guard += by;
        guard
    };
    let mut boxed: Vec<Box<LockGuard<'_, u64>>> = vec![Box::new(add(10))];
    res.team.critical(|| **boxed[0] += 100);
    let mut inner = res.bins[0].lock();
    res.team.critical(|| {
        let mut innermost = res.other_fair.lock();
        *innermost += 1;
        *inner += 1;
    });
    let mut guard = boxed.pop().unwrap();
    // Dropped in the order of locking, not the reverse.
    **guard += 1000;
    drop(guard);
    *inner
}

#[dsm::test]
fn guards_move_about_and_are_dropped_in_any_order() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        let mut seen = carry_about(&mut cluster).unwrap();
        seen.sort_unstable();
        assert!(seen.into_iter().eq(1..=workers as u64));
        assert_eq!(cluster.guarded.get(), 1111 * workers as u64);
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn lock_inside_out(res: Bench, how: &str) {
    match how {
        "critical again by a lock" => res.team.critical(|| {
            let _guard = res.guarded.lock();
            res.team.critical(|| ());
        }),
        "the lock again by critical" => {
            let _guard = res.guarded.lock();
            res.team.critical(|| drop(res.guarded.lock()));
        }
        "the fair lock again by critical" => {
            let _guard = res.fair.lock();
            res.team.critical(|| drop(res.fair.lock()));
        }
        "one of many again" => {
            let _guards = (res.bins[0].lock(), res.bins[1].lock());
            drop(res.bins[0].lock());
        }
        _ => {
            std::mem::forget(res.fair_bins[7].lock());
            drop(res.fair_bins[7].lock());
        }
    }
}

#[dsm::test]
fn a_lock_within_itself_is_told_through_any_nesting() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for (how, words) in [
            ("critical again by a lock", "`critical` inside `critical`"),
            ("the lock again by critical", "locks `guarded`, which it holds already"),
            ("the fair lock again by critical", "locks `fair`, which it holds already"),
            ("one of many again", "locks `bins[0]`, which it holds already"),
            ("one forgotten", "locks `fair_bins[7]`, which it holds already"),
        ] {
            let error = lock_inside_out(&mut cluster, how).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
            assert!(error.to_string().contains(words), "{error}");
            cluster.guarded.clear_poison();
            cluster.fair.clear_poison();
            cluster.bins.clear_poison();
            cluster.fair_bins.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn poison_by_a_caught_panic(res: Bench) -> (u64, String) {
    let mut said = String::new();
    if res.team.id() == 0 {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let mut guard = res.bins[1].lock();
            *guard = 77;
            panic!("half way");
        }));
        assert!(caught.is_err());
        // It is poisoned at once, for its own rank too.
        let payload = catch_unwind(AssertUnwindSafe(|| drop(res.bins[1].lock()))).unwrap_err();
        said.clone_from(payload.downcast_ref::<String>().unwrap());
        drop(catch_unwind(AssertUnwindSafe(|| drop(res.bins[1].try_lock()))).unwrap_err());
    }
    (res.team.sum(1), said)
}

#[dsm::test]
fn a_guard_held_while_a_caught_panic_unwinds_poisons_its_lock() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        let results = poison_by_a_caught_panic(&mut cluster).unwrap();
        assert!(results.iter().all(|(sum, _)| *sum == workers as u64));
        assert!(results[0].1.contains("lock `bins[1]` is poisoned"), "{results:?}");
        assert!(cluster.bins.is_poisoned(1));
        assert_eq!(*cluster.bins.get_mut(1), 77);
        assert!(!cluster.bins.is_poisoned(1));
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn lock_in_a_destructor(res: Bench, ready: bool) -> u64 {
    struct Locks<'w>(&'w Lock<u64>, &'w FairLock<u64>);
    impl Drop for Locks<'_> {
        fn drop(&mut self) {
            *self.0.lock() += 1;
            *self.1.lock() += 1;
        }
    }
    if ready {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _locks = Locks(res.guarded, res.fair);
            panic!("unwinds through a destructor that locks");
        }));
        assert!(caught.is_err());
    } else {
        let _locks = Locks(res.guarded, res.fair);
        resume_unwind(Box::new("no hook"));
    }
    res.team.barrier();
    *res.guarded.lock()
}

#[dsm::test]
fn locks_taken_and_given_back_in_a_destructor_during_a_panic_are_not_poisoned() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        assert_eq!(lock_in_a_destructor(&mut cluster, true).unwrap(), vec![workers as u64; workers]);
        assert!(!cluster.guarded.is_poisoned() && !cluster.fair.is_poisoned());
        let error = lock_in_a_destructor(&mut cluster, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
        // Which of them were reached before the call failed isn't told, but all can be had again.
        cluster.guarded.clear_poison();
        cluster.fair.clear_poison();
        assert_works(&mut cluster);
    }
}
