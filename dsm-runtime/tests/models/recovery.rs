//! A call that fails and is recovered from: everybody gets out, and the rebuilt words carry the next call.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::{CALL, Team};
use crate::machine::{AtomicU32, Ordering};
use crate::model;
use crate::words::{Barrier, LockWord, Met, Park, Patience, Wait, Waiting, wait_while};

/// What lies in shared memory: the words of a pool, and a cell that a meeting protects.
struct Pool {
    team: Team,
    barrier: Barrier,
    lock: LockWord,
    job: AtomicU32,
    sleepers: AtomicU32,
    cell: UnsafeCell<u32>,
}

/// The team in the call after, which doesn't fail.
struct Next<'p>(&'p Pool);

impl Park for Next<'_> {
    fn stopped(&self) -> bool {
        false
    }

    fn patience(&self, _: Patience) -> Patience {
        Patience::NONE
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, _: Waiting, _: Option<crate::machine::Instant>) {
        self.0.team.kernel.sleep(word, value, mask, None);
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        self.0.team.kernel.wake(word, count, mask);
    }
}

impl Pool {
    fn new() -> Arc<Self> {
        Arc::new(Pool {
            team: Team::new(),
            barrier: Barrier::default(),
            lock: LockWord::default(),
            job: AtomicU32::default(),
            sleepers: AtomicU32::default(),
            cell: UnsafeCell::new(0),
        })
    }

    /// Recovers the words once all are out, and posts the next job.
    fn recover_and_post(&self, ranks: usize) {
        self.team.see_out(ranks, &[self.barrier.generation(), self.lock.word()]);
        self.barrier.recover();
        self.lock.recover();
        self.job.store(CALL + 1, Ordering::SeqCst);
        if self.sleepers.load(Ordering::SeqCst) > 0 {
            self.team.kernel.wake(&self.job, u32::MAX, u32::MAX);
        }
    }

    /// Waits for the next job, and meets in it.
    fn next_call(&self, rank: usize) {
        let wait = Wait {
            word: &self.job,
            sleepers: &self.sleepers,
            mask: u32::MAX,
            waiting: Waiting::Timed,
            deadline: None,
            patience: Patience::NONE,
        };
        wait_while(&Next(self), &wait, |number| number != CALL + 1);
        if rank == 0 {
            // SAFETY: read by the other rank after the meeting; the checker finds out if that isn't so.
            self.cell.with_mut(|cell| unsafe { *cell = 7 });
        }
        assert_eq!(self.barrier.meet(2, &Next(self), || true), Met::Together);
        // SAFETY: as above.
        assert_eq!(self.cell.with(|cell| unsafe { *cell }), 7);
    }
}

#[test]
fn a_rank_that_waits_at_a_barrier_gets_out_and_meets_in_the_next_call() {
    model(2, || {
        let pool = Pool::new();
        let waits = thread::spawn({
            let pool = Arc::clone(&pool);
            move || {
                assert_eq!(pool.barrier.meet(2, &pool.team, || true), Met::Stopped);
                pool.team.kernel.leave();
                pool.next_call(1);
            }
        });
        let fails = thread::spawn({
            let pool = Arc::clone(&pool);
            move || {
                pool.team.fail(0);
                pool.team.kernel.leave();
                pool.next_call(0);
            }
        });
        pool.recover_and_post(2);
        waits.join().unwrap();
        fails.join().unwrap();
    });
}

#[test]
fn a_rank_that_waits_for_the_lock_of_one_that_fails_gets_out() {
    model(2, || {
        let pool = Pool::new();
        pool.lock.try_lock(0).unwrap();
        let waits = thread::spawn({
            let pool = Arc::clone(&pool);
            move || {
                assert!(pool.lock.lock(1, &pool.team, None).is_err());
                pool.team.kernel.leave();
                pool.next_call(1);
            }
        });
        let fails = thread::spawn({
            let pool = Arc::clone(&pool);
            move || {
                pool.team.fail(0);
                pool.lock.poison(&pool.team);
                pool.team.kernel.leave();
                pool.next_call(0);
            }
        });
        pool.recover_and_post(2);
        waits.join().unwrap();
        fails.join().unwrap();
        assert!(pool.lock.is_poisoned());
    });
}
