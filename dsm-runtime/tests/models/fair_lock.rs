//! The ticket words.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{LockRefused, TicketWords};

#[test]
fn it_excludes_and_wakes_the_next_in_line() {
    model(3, || {
        let shared = Arc::new((Team::new(), TicketWords::default(), UnsafeCell::new(0)));
        let enter = |rank| {
            let shared = Arc::clone(&shared);
            move || {
                let (team, lock, number) = &*shared;
                lock.lock(rank, team).unwrap();
                // SAFETY: the lock is held; the checker finds out if that isn't enough.
                number.with_mut(|number| unsafe { *number += 1 });
                lock.unlock(team);
            }
        };
        let others = [1, 2].map(|rank| thread::spawn(enter(rank)));
        enter(0)();
        others.into_iter().for_each(|other| other.join().unwrap());
        // SAFETY: the others have ended.
        assert_eq!(shared.2.with(|number| unsafe { *number }), 3);
    });
}

#[test]
fn a_try_takes_no_turn_of_another() {
    model(3, || {
        let shared = Arc::new((Team::new(), TicketWords::default(), UnsafeCell::new(0)));
        let waits = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let (team, lock, number) = &*shared;
                lock.lock(1, team).unwrap();
                // SAFETY: the lock is held.
                number.with_mut(|number| unsafe { *number += 1 });
                lock.unlock(team);
            }
        });
        let (team, lock, number) = &*shared;
        if lock.try_lock(0, team).is_ok() {
            // SAFETY: the lock is held.
            number.with_mut(|number| unsafe { *number += 1 });
            lock.unlock(team);
        }
        waits.join().unwrap();
        assert_eq!(lock.try_lock(0, team), Ok(()));
    });
}

#[test]
fn poison_is_passed_down_the_line() {
    model(3, || {
        let shared = Arc::new((Team::new(), TicketWords::default()));
        shared.1.try_lock(0, &shared.0).unwrap();
        let others = [1, 2].map(|rank| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.1.lock(rank, &shared.0))
        });
        shared.1.poison(&shared.0);
        for other in others {
            assert_eq!(other.join().unwrap(), Err(LockRefused::Poisoned));
        }
    });
}
