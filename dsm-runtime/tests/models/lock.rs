//! The lock word.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::machine::{Instant, Ordering};
use crate::model;
use crate::words::{LockRefused, LockWord};

/// A team, a lock, and a number that only the lock protects.
struct Guarded {
    team: Team,
    lock: LockWord,
    number: UnsafeCell<u32>,
}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Guarded { team: Team::new(), lock: LockWord::default(), number: UnsafeCell::new(0) })
    }

    fn count(&self) {
        // SAFETY: the lock is held; the checker finds out if that isn't enough.
        self.number.with_mut(|number| unsafe { *number += 1 });
    }

    fn lock_and_count(&self, rank: usize, deadline: Option<Instant>) -> Result<(), LockRefused> {
        self.lock.lock(rank, &self.team, deadline)?;
        self.count();
        self.lock.unlock(&self.team);
        Ok(())
    }
}

#[test]
fn it_excludes_and_wakes_whoever_sleeps() {
    model(3, || {
        let guarded = Guarded::new();
        let others = [1, 2].map(|rank| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || guarded.lock_and_count(rank, None).unwrap())
        });
        guarded.lock_and_count(0, None).unwrap();
        others.into_iter().for_each(|other| other.join().unwrap());
        // SAFETY: the others have ended.
        assert_eq!(guarded.number.with(|number| unsafe { *number }), 3);
        assert!(guarded.lock.holder().is_none());
    });
}

#[test]
fn one_who_gives_up_passes_the_wake_up_on() {
    model(3, || {
        let guarded = Guarded::new();
        guarded.lock.try_lock(0).unwrap();
        let hasty = thread::spawn({
            let guarded = Arc::clone(&guarded);
            move || guarded.lock_and_count(1, Some(Instant::LATER))
        });
        let patient = thread::spawn({
            let guarded = Arc::clone(&guarded);
            move || guarded.lock_and_count(2, None)
        });
        guarded.count();
        guarded.lock.unlock(&guarded.team);
        guarded.team.kernel.let_time_pass();
        assert!(matches!(hasty.join().unwrap(), Ok(()) | Err(LockRefused::Busy)));
        assert_eq!(patient.join().unwrap(), Ok(()));
    });
}

#[test]
fn poison_refuses_whoever_waits() {
    model(3, || {
        let guarded = Guarded::new();
        guarded.lock.try_lock(0).unwrap();
        let others = [1, 2].map(|rank| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || guarded.lock_and_count(rank, None))
        });
        guarded.lock.poison(&guarded.team);
        for other in others {
            assert_eq!(other.join().unwrap(), Err(LockRefused::Poisoned));
        }
    });
}

#[test]
fn whoever_waits_when_the_call_fails_gets_out() {
    model(2, || {
        let guarded = Guarded::new();
        guarded.lock.try_lock(0).unwrap();
        let others = [1, 2].map(|rank| {
            let guarded = Arc::clone(&guarded);
            thread::spawn(move || {
                let result = guarded.lock_and_count(rank, None);
                guarded.team.kernel.leave();
                result
            })
        });
        // Whoever holds it died: nobody gives it up any more.
        guarded.team.fail(0);
        guarded.team.see_out(2, &[guarded.lock.word()]);
        for other in others {
            assert_eq!(other.join().unwrap(), Err(LockRefused::Stopped));
        }
        guarded.lock.recover();
        assert!(guarded.lock.is_poisoned());
    });
}

#[test]
fn a_lock_given_up_in_a_failed_call_is_not_entered_by_whoever_waited() {
    model(3, || {
        let guarded = Guarded::new();
        guarded.lock.try_lock(0).unwrap();
        let waits = thread::spawn({
            let guarded = Arc::clone(&guarded);
            move || guarded.lock.lock(1, &guarded.team, None)
        });
        guarded.team.fail(0);
        guarded.lock.unlock(&guarded.team);
        match waits.join().unwrap() {
            Ok(()) => {
                assert!(!guarded.team.waited.load(Ordering::Relaxed), "whoever waited entered after the failure");
                guarded.lock.unlock(&guarded.team);
            }
            refused => assert_eq!(refused, Err(LockRefused::Stopped)),
        }
        assert!(guarded.lock.holder().is_none());
    });
}
