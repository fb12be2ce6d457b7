//! The condition of deadlock: found whenever it holds, and never when it doesn't.

use loom::sync::Arc;
use loom::thread;

use crate::kernel::{CALL, Kernel};
use crate::machine::{AtomicU32, Instant, Ordering};
use crate::model;
use crate::words::{
    Asleep, Barrier, CallWord, FlagWord, LockWord, Met, Outcome, Park, Patience, Published, WaitWords, Waiting,
    WordPlace, nothing_can_move,
};

const RANKS: usize = 2;

/// Two locks, a flag and a barrier, and what two ranks publish of themselves.
struct Pool {
    kernel: Kernel,
    call: CallWord,
    locks: [LockWord; 2],
    flag: FlagWord,
    barrier: Barrier,
    asleep: Asleep,
    waits: [WaitWords; RANKS],
}

/// One rank's engine: it publishes and counts as the worker processes' does.
struct Rank<'p> {
    pool: &'p Pool,
    rank: usize,
}

impl Pool {
    fn new() -> Arc<Self> {
        Instant::begin();
        let pool = Pool {
            kernel: Kernel::new(),
            call: CallWord::default(),
            locks: Default::default(),
            flag: FlagWord::default(),
            barrier: Barrier::default(),
            asleep: Asleep::default(),
            waits: Default::default(),
        };
        pool.call.open(CALL);
        Arc::new(pool)
    }

    /// The words that may be slept on, in the order of their offsets.
    fn words(&self) -> [&AtomicU32; 4] {
        [self.locks[0].word(), self.locks[1].word(), self.barrier.generation(), self.flag.word()]
    }

    fn look(&self) -> Option<Vec<Published>> {
        let value = |place: WordPlace| self.words().get(place.offset).map(|word| word.load(Ordering::SeqCst));
        nothing_can_move(self.waits.iter(), value)
    }

    /// The monitor: looks whenever it is rung; what it finds fails the call. Says whether it found a deadlock.
    fn watch(&self) -> bool {
        let mut found = false;
        self.kernel.watch(
            RANKS,
            &self.words(),
            || self.call.has_failed(CALL),
            || {
                if self.call.is_running(CALL) && self.look().is_some() {
                    found = true;
                    self.call.fail(CALL, 1, None);
                }
            },
        );
        found
    }

    fn run(pool: &Arc<Self>, rank: usize, body: impl FnOnce(&Rank<'_>) + Send + 'static) -> thread::JoinHandle<()> {
        let pool = Arc::clone(pool);
        thread::spawn(move || {
            body(&Rank { pool: &pool, rank });
            if pool.asleep.count_return(&pool.waits[rank], RANKS) {
                pool.kernel.ring();
            }
            pool.kernel.leave();
        })
    }
}

impl Park for Rank<'_> {
    fn stopped(&self) -> bool {
        self.pool.call.has_failed(CALL)
    }

    fn patience(&self, _: Patience) -> Patience {
        Patience::NONE
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, waiting: Waiting, deadline: Option<Instant>) {
        let offset = self.pool.words().iter().position(|known| std::ptr::eq(*known, word)).unwrap();
        let published = (WordPlace { among_arrays: false, offset }, value, waiting);
        let ring = || self.pool.kernel.ring();
        self.pool.asleep.sleep(&self.pool.waits[self.rank], RANKS, published, ring, || {
            if !self.stopped() {
                self.pool.kernel.sleep(word, value, mask, deadline);
            }
        });
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        self.pool.kernel.wake(word, count, mask);
    }
}

impl Rank<'_> {
    /// Takes the locks one within the other; whether it got both.
    fn nest(&self, outer: usize, inner: usize) -> bool {
        let [outer, inner] = [outer, inner].map(|lock| &self.pool.locks[lock]);
        if outer.lock(self.rank, self, None).is_err() {
            return false;
        }
        let both = inner.lock(self.rank, self, None).is_ok();
        if both {
            inner.unlock(self);
        }
        outer.unlock(self);
        both
    }

    fn meet(&self) -> Met {
        self.pool.barrier.meet(RANKS, self, || true)
    }
}

#[test]
fn a_cycle_of_two_locks_is_found_if_it_comes_about_and_only_then() {
    model(2, || {
        let pool = Pool::new();
        let got = Arc::new(AtomicU32::default());
        let ranks = [(0, 1), (1, 0)].map(|(outer, inner)| {
            let got = Arc::clone(&got);
            Pool::run(&pool, outer, move |rank| {
                got.fetch_add(u32::from(rank.nest(outer, inner)), Ordering::SeqCst);
            })
        });
        let found = pool.watch();
        ranks.into_iter().for_each(|rank| rank.join().unwrap());
        // Without a cycle both get both locks; in one, neither does, though one may once the other has left.
        let got = got.load(Ordering::SeqCst);
        assert!(if found { got < 2 } else { got == 2 }, "found: {found}, got both: {got}");
    });
}

/// Two ranks that wait for each other in turns, and a look at them when nobody rang.
fn assert_no_alarm(preemptions: usize, body: fn(&Rank<'_>)) {
    model(preemptions, move || {
        let pool = Pool::new();
        let ranks = [0, 1].map(|number| Pool::run(&pool, number, body));
        assert_eq!(pool.look(), None);
        assert!(!pool.watch());
        ranks.into_iter().for_each(|rank| rank.join().unwrap());
    });
}

#[test]
fn ranks_that_wait_for_a_lock_in_turns_raise_no_alarm() {
    assert_no_alarm(2, |rank| {
        let lock = &rank.pool.locks[0];
        lock.lock(rank.rank, rank, None).unwrap();
        lock.unlock(rank);
    });
}

#[test]
fn ranks_that_meet_raise_no_alarm() {
    assert_no_alarm(1, |rank| {
        assert_eq!(rank.meet(), Met::Together);
        assert_eq!(rank.meet(), Met::Together);
    });
}

#[test]
fn ranks_that_wait_for_a_lock_and_then_meet_raise_no_alarm() {
    assert_no_alarm(1, |rank| {
        let lock = &rank.pool.locks[0];
        lock.lock(rank.rank, rank, None).unwrap();
        lock.unlock(rank);
        assert_eq!(rank.meet(), Met::Together);
    });
}

#[test]
fn a_rank_that_waits_for_one_that_returned_is_found() {
    model(2, || {
        let pool = Pool::new();
        let keeps = Pool::run(&pool, 0, |rank| rank.pool.locks[0].lock(0, rank, None).unwrap());
        let waits = Pool::run(&pool, 1, |rank| {
            if rank.pool.locks[0].lock(1, rank, None).is_ok() {
                rank.pool.locks[0].unlock(rank);
            }
        });
        let found = pool.watch();
        assert!(found || pool.locks[0].holder().is_some());
        keeps.join().unwrap();
        waits.join().unwrap();
    });
}

#[test]
fn a_number_that_nobody_posts_is_found() {
    model(2, || {
        let pool = Pool::new();
        let waits = Pool::run(&pool, 0, |rank| assert_eq!(rank.pool.flag.wait(2, rank, None), Outcome::Stopped));
        let posts = Pool::run(&pool, 1, |rank| rank.pool.flag.post(1, rank));
        assert!(pool.watch());
        waits.join().unwrap();
        posts.join().unwrap();
    });
}

#[test]
fn a_number_that_is_posted_raises_no_alarm() {
    model(2, || {
        let pool = Pool::new();
        let waits = Pool::run(&pool, 0, |rank| assert_eq!(rank.pool.flag.wait(1, rank, None), Outcome::Ready(1)));
        let posts = Pool::run(&pool, 1, |rank| rank.pool.flag.post(1, rank));
        // Looks also when nobody rang.
        assert_eq!(pool.look(), None);
        assert!(!pool.watch());
        waits.join().unwrap();
        posts.join().unwrap();
    });
}

#[test]
fn a_flag_against_a_lock_is_found_if_it_comes_about_and_only_then() {
    model(2, || {
        let pool = Pool::new();
        let waited = Arc::new(AtomicU32::default());
        let holds = Pool::run(&pool, 0, {
            let waited = Arc::clone(&waited);
            move |rank| {
                if rank.pool.locks[0].lock(0, rank, None).is_err() {
                    return;
                }
                if let Outcome::Ready(number) = rank.pool.flag.wait(1, rank, None) {
                    waited.store(number, Ordering::SeqCst);
                }
                rank.pool.locks[0].unlock(rank);
            }
        });
        let posts = Pool::run(&pool, 1, |rank| {
            // Only with the lock does it post.
            if rank.pool.locks[0].lock(1, rank, None).is_ok() {
                rank.pool.flag.post(1, rank);
                rank.pool.locks[0].unlock(rank);
            }
        });
        let found = pool.watch();
        holds.join().unwrap();
        posts.join().unwrap();
        assert_eq!(waited.load(Ordering::SeqCst), u32::from(!found));
    });
}
