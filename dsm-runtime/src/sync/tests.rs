//! The word protocols between threads of one process, on memory of the heap.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::{
    Asker, Barrier, Dispenser, FlagWord, LockRefused, LockWord, Met, Outcome, Park, Portion, TicketWords, Waiting,
    futex,
};

/// Sleeps and wakes for real; the call fails when told to.
#[derive(Default)]
struct Threads {
    stopped: AtomicBool,
    asleep: AtomicU32,
}

impl Park for Threads {
    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, _: Waiting, deadline: Option<Instant>) {
        self.asleep.fetch_add(1, Ordering::SeqCst);
        if !self.stopped() {
            futex::sleep(word, value, mask, deadline.map(|at| at.saturating_duration_since(Instant::now())));
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        futex::wake(word, count, mask);
    }
}

/// A plain number that only mutual exclusion keeps right.
struct Counter(UnsafeCell<u64>);

// SAFETY: the tests touch the number with a lock held; that this suffices is what they test.
unsafe impl Sync for Counter {}

const THREADS: usize = 8;
const ROUNDS: u64 = 20_000;

fn count(lock: impl Fn(usize) + Sync, unlock: impl Fn() + Sync) -> u64 {
    let counter = Counter(UnsafeCell::new(0));
    thread::scope(|scope| {
        for rank in 0..THREADS {
            let (counter, lock, unlock) = (&counter, &lock, &unlock);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    lock(rank);
                    // SAFETY: the lock is held.
                    unsafe { *counter.0.get() += 1 };
                    unlock();
                }
            });
        }
    });
    counter.0.into_inner()
}

#[test]
fn a_lock_word_excludes() {
    let (word, park) = (LockWord::default(), Threads::default());
    let counted = count(|rank| word.lock(rank, &park, None).unwrap(), || word.unlock(&park));
    assert_eq!(counted, THREADS as u64 * ROUNDS);
    assert_eq!(word.holder(), None);
}

#[test]
fn ticket_words_exclude() {
    let (words, park) = (TicketWords::default(), Threads::default());
    let counted = count(|rank| words.lock(rank, &park).unwrap(), || words.unlock(&park));
    assert_eq!(counted, THREADS as u64 * ROUNDS);
    assert_eq!(words.holder(), None);
}

#[test]
fn a_lock_names_its_holder_and_refuses_it() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(3, &park, None).unwrap();
    assert_eq!(word.holder().map(|held| held.by), Some(3));
    assert_eq!(word.lock(3, &park, None), Err(LockRefused::Own));
    assert_eq!(word.try_lock(4), Err(LockRefused::Busy));
    let soon = Instant::now() + Duration::from_millis(5);
    assert_eq!(word.lock(4, &park, Some(soon)), Err(LockRefused::Busy));
    word.unlock(&park);
    assert_eq!(word.try_lock(4), Ok(()));
}

#[test]
fn a_poisoned_lock_refuses_those_who_wait() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(0, &park, None).unwrap();
    thread::scope(|scope| {
        let waiters: Vec<_> = (1..THREADS)
            .map(|rank| {
                scope.spawn({
                    let (word, park) = (&word, &park);
                    move || word.lock(rank, park, None)
                })
            })
            .collect();
        while (park.asleep.load(Ordering::SeqCst) as usize) < THREADS - 1 {
            thread::yield_now();
        }
        word.poison(&park);
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Err(LockRefused::Poisoned));
        }
    });
    assert_eq!(word.try_lock(1), Err(LockRefused::Poisoned));
    word.clear();
    assert_eq!(word.try_lock(1), Ok(()));
}

#[test]
fn recovery_poisons_what_was_held() {
    let (held, free, park) = (LockWord::default(), LockWord::default(), Threads::default());
    held.lock(1, &park, None).unwrap();
    held.recover();
    free.recover();
    assert!(held.is_poisoned() && !free.is_poisoned());
    let (held, waiting) = (TicketWords::default(), Threads::default());
    held.lock(1, &waiting).unwrap();
    held.recover();
    assert_eq!(held.lock(2, &waiting), Err(LockRefused::Poisoned));
    held.clear();
    assert_eq!(held.try_lock(2, &waiting), Ok(()));
}

#[test]
fn waiters_leave_a_failed_call() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(0, &park, None).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| word.lock(1, &park, None));
        while park.asleep.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        park.stopped.store(true, Ordering::SeqCst);
        while !waiter.is_finished() {
            park.unpark(word.word(), u32::MAX, u32::MAX);
            thread::yield_now();
        }
        assert_eq!(waiter.join().unwrap(), Err(LockRefused::Stopped));
    });
}

#[test]
fn tickets_are_served_in_order() {
    let (words, park) = (TicketWords::default(), Threads::default());
    let served = AtomicUsize::new(0);
    words.lock(0, &park).unwrap();
    thread::scope(|scope| {
        for rank in 1..THREADS {
            let (words, park, served) = (&words, &park, &served);
            scope.spawn(move || {
                words.lock(rank, park).unwrap();
                assert_eq!(served.fetch_add(1, Ordering::SeqCst), rank - 1);
                words.unlock(park);
            });
            while (park.asleep.load(Ordering::SeqCst) as usize) < rank {
                thread::yield_now();
            }
        }
        words.unlock(&park);
    });
    assert_eq!(served.into_inner(), THREADS - 1);
}

#[test]
fn nobody_passes_a_barrier_early() {
    let (barrier, park) = (Barrier::default(), Threads::default());
    let (arrived, early) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for round in 1..=2_000 {
                    arrived.fetch_add(1, Ordering::Relaxed);
                    if barrier.meet(THREADS, &park, || true) == Met::Stopped {
                        return;
                    }
                    if arrived.load(Ordering::Relaxed) < round * THREADS {
                        // Said after the others were let out: a panic here would leave them waiting.
                        early.store(true, Ordering::SeqCst);
                        park.stopped.store(true, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
    });
    assert!(!early.into_inner(), "a thread passed before all had arrived");
}

#[test]
fn one_unlock_after_the_other_wakes_every_sleeper() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(0, &park, None).unwrap();
    thread::scope(|scope| {
        let takers: Vec<_> = (1..THREADS)
            .map(|rank| {
                let (word, park) = (&word, &park);
                scope.spawn(move || word.lock(rank, park, None).map(|()| word.unlock(park)))
            })
            .collect();
        while (park.asleep.load(Ordering::SeqCst) as usize) < THREADS - 1 {
            thread::yield_now();
        }
        word.unlock(&park);
        // A lost wake-up would leave some asleep for ever; the watchdog lets them out.
        let patience = Instant::now() + Duration::from_secs(20);
        let mut lost = false;
        while !takers.iter().all(thread::ScopedJoinHandle::is_finished) {
            if Instant::now() > patience {
                lost = true;
                park.stopped.store(true, Ordering::SeqCst);
                park.unpark(word.word(), u32::MAX, u32::MAX);
            }
            thread::yield_now();
        }
        assert!(!lost, "a sleeper was not woken");
    });
}

#[test]
fn a_waiter_that_gives_up_leaves_the_mark_for_those_who_sleep_on() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(0, &park, None).unwrap();
    assert_eq!(word.lock(1, &park, Some(Instant::now())), Err(LockRefused::Busy));
    // Woken for another and out of time, it must not leave a word whose unlock would wake nobody.
    assert_ne!(word.word().load(Ordering::SeqCst), 1, "the word says that nobody waits");
}

#[test]
fn a_lock_that_comes_free_in_a_failed_call_is_not_entered() {
    let (word, park) = (LockWord::default(), Threads::default());
    word.lock(0, &park, None).unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| word.lock(1, &park, None));
        while park.asleep.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        park.stopped.store(true, Ordering::SeqCst);
        word.unlock(&park);
        assert_eq!(waiter.join().unwrap(), Err(LockRefused::Stopped));
    });
    assert_eq!(word.holder(), None);
}

#[test]
fn a_rank_at_the_barrier_leaves_a_failed_call_and_the_barrier_serves_again() {
    let (barrier, park) = (Barrier::default(), Threads::default());
    thread::scope(|scope| {
        let waiter = scope.spawn(|| barrier.meet(2, &park, || true));
        while park.asleep.load(Ordering::SeqCst) == 0 {
            thread::yield_now();
        }
        park.stopped.store(true, Ordering::SeqCst);
        while !waiter.is_finished() {
            park.unpark(barrier.generation(), u32::MAX, u32::MAX);
            thread::yield_now();
        }
        assert_eq!(waiter.join().unwrap(), Met::Stopped);
    });
    barrier.recover();
    assert_eq!(barrier.meet(1, &Threads::default(), || true), Met::Together);
}

#[test]
fn two_hand_a_plain_number_to_and_fro_by_flags() {
    let (turns, park, counter) = ([FlagWord::default(), FlagWord::default()], Threads::default(), Counter(0.into()));
    thread::scope(|scope| {
        for side in 0..2 {
            let (turns, park, counter) = (&turns, &park, &counter);
            scope.spawn(move || {
                for round in 1..=ROUNDS as u32 {
                    // Each side posts its own flag; the first need not wait in the first round.
                    let awaited = round - u32::from(side == 0);
                    assert_eq!(turns[1 - side].wait(awaited, park, None), Outcome::Ready(awaited));
                    // SAFETY: the other side waits for this one's post.
                    unsafe { *counter.0.get() += 1 };
                    turns[side].post(round, park);
                }
            });
        }
    });
    assert_eq!(counter.0.into_inner(), 2 * ROUNDS);
}

#[test]
fn who_waits_for_a_flag_gets_out_of_a_failed_call() {
    let (flag, park) = (FlagWord::default(), Threads::default());
    flag.post(4, &park);
    thread::scope(|scope| {
        let waiters: Vec<_> = (5..5 + THREADS as u32)
            .map(|number| {
                scope.spawn({
                    let (flag, park) = (&flag, &park);
                    move || flag.wait(number, park, None)
                })
            })
            .collect();
        while (park.asleep.load(Ordering::SeqCst) as usize) < THREADS {
            thread::yield_now();
        }
        park.stopped.store(true, Ordering::SeqCst);
        while waiters.iter().any(|waiter| !waiter.is_finished()) {
            park.unpark(flag.word(), u32::MAX, u32::MAX);
            thread::yield_now();
        }
        for waiter in waiters {
            assert_eq!(waiter.join().unwrap(), Outcome::Stopped);
        }
    });
    assert_eq!(flag.get(), 4);
    flag.lower();
    assert_eq!(flag.get(), 0);
}

/// All chunks of a loop, one rank asking for `size`.
fn chunks(length: usize, size: usize, portion: Portion) -> Vec<Range<usize>> {
    let dispenser = Dispenser::default();
    let mut asker = Asker::new(length, size, portion);
    std::iter::from_fn(|| asker.ask(&dispenser)).collect()
}

#[test]
fn fixed_chunks_follow_each_other_and_the_last_is_short() {
    assert_eq!(chunks(10, 2, Portion::Fixed(4)), [0..4, 4..8, 8..10]);
    assert_eq!(chunks(3, 2, Portion::Fixed(usize::MAX)), vec![0..3; 1]);
    assert!(chunks(0, 2, Portion::Fixed(4)).is_empty());
}

#[test]
fn guided_chunks_are_the_rest_by_the_workers_but_at_least_so_many() {
    assert_eq!(chunks(20, 4, Portion::Guided(2)), [0..5, 5..9, 9..12, 12..14, 14..16, 16..18, 18..20]);
    assert_eq!(chunks(5, 2, Portion::Guided(1)), [0..3, 3..4, 4..5]);
    assert_eq!(chunks(5, 2, Portion::Guided(usize::MAX)), vec![0..5; 1]);
    assert!(chunks(0, 2, Portion::Guided(1)).is_empty());
}

#[test]
fn the_end_of_the_largest_range_is_met_again_and_again() {
    const START: usize = usize::MAX - 25;
    let portions = || [1, 3, START, usize::MAX].into_iter().flat_map(|n| [Portion::Fixed(n), Portion::Guided(n)]);
    // With room for a last chunk of each rank, and with none.
    for (length, portion) in [usize::MAX, usize::MAX - 12].into_iter().flat_map(|n| portions().map(move |p| (n, p))) {
        let dispenser = Dispenser::default();
        assert_eq!(Asker::new(usize::MAX, 1, Portion::Fixed(START)).ask(&dispenser), Some(0..START));
        let mut askers = [Asker::new(length, 3, portion); 3];
        let mut next = START;
        for turn in 0..100 {
            if let Some(chunk) = askers[turn % 3].ask(&dispenser) {
                assert_eq!(chunk.start, next);
                next = chunk.end;
            }
        }
        assert_eq!(next, length, "{portion:?}");
        // Whoever comes anew finds nothing either.
        assert_eq!(Asker::new(length, 3, portion).ask(&dispenser), None);
    }
}

#[test]
fn a_loop_that_was_overrun_begins_anew() {
    let dispenser = Dispenser::default();
    for _ in 0..3 {
        let mut askers = [Asker::new(7, 2, Portion::Fixed(5)); 2];
        assert_eq!(askers[0].ask(&dispenser), Some(0..5));
        assert_eq!(askers[1].ask(&dispenser), Some(5..7));
        assert_eq!(askers.map(|mut asker| asker.ask(&dispenser)), [None, None]);
        dispenser.reset();
    }
}
