//! The flag: what was written before a post is seen after the wait for it, and nobody who waits is left asleep.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::machine::{Instant, Ordering};
use crate::model;
use crate::words::{FlagWord, Outcome};

/// A flag, and what is handed over by it, a cell for each post.
struct Line {
    team: Team,
    flag: FlagWord,
    cells: [UnsafeCell<u32>; 2],
}

impl Line {
    fn new() -> Arc<Self> {
        Arc::new(Line { team: Team::new(), flag: FlagWord::default(), cells: Default::default() })
    }

    /// Writes a cell and posts.
    fn hand_over(&self, cell: usize, number: u32) {
        // SAFETY: written by one rank, once, before that is posted; the checker finds out if somebody reads it earlier.
        self.cells[cell].with_mut(|cell| unsafe { *cell = number });
        self.flag.post(number, &self.team);
    }

    /// Waits for a number and gives the one found.
    fn wait(&self, number: u32) -> u32 {
        match self.flag.wait(number, &self.team, None) {
            Outcome::Ready(found) => found,
            other => panic!("waited for {number}: {other:?}"),
        }
    }

    /// What was handed over in a cell.
    fn read(&self, cell: usize) -> u32 {
        // SAFETY: its writer has posted, and doesn't write again.
        self.cells[cell].with(|cell| unsafe { *cell })
    }

    fn run<R: 'static>(line: &Arc<Self>, body: impl FnOnce(&Self) -> R + Send + 'static) -> thread::JoinHandle<R> {
        let line = Arc::clone(line);
        thread::spawn(move || body(&line))
    }
}

#[test]
fn what_was_written_before_each_post_is_seen_after_its_wait() {
    model(4, || {
        let line = Line::new();
        let waiter = Line::run(&line, |line| {
            assert!(line.wait(1) >= 1);
            assert_eq!(line.read(0), 1);
            assert_eq!(line.wait(2), 2);
            assert_eq!(line.read(1), 2);
        });
        line.hand_over(0, 1);
        line.hand_over(1, 2);
        waiter.join().unwrap();
    });
}

#[test]
fn two_who_wait_for_different_numbers_are_both_woken() {
    model(2, || {
        let line = Line::new();
        let waiters = [1, 2].map(|number| {
            Line::run(&line, move |line| {
                assert!(line.wait(number) >= number);
                assert_eq!(line.read(number as usize - 1), number);
            })
        });
        line.hand_over(0, 1);
        line.hand_over(1, 2);
        waiters.into_iter().for_each(|waiter| waiter.join().unwrap());
    });
}

#[test]
fn one_post_wakes_all_whom_it_reaches() {
    model(2, || {
        let line = Line::new();
        let waiters = [1, 2].map(|number| Line::run(&line, move |line| (line.wait(number), line.read(0))));
        line.hand_over(0, 3);
        waiters.into_iter().for_each(|waiter| assert_eq!(waiter.join().unwrap(), (3, 3)));
    });
}

#[test]
fn two_who_post_together_leave_the_flag_at_the_higher_number() {
    model(3, || {
        let line = Line::new();
        let other = Line::run(&line, |line| line.hand_over(0, 1));
        let waiter = Line::run(&line, |line| {
            assert_eq!(line.wait(2), 2);
            assert_eq!(line.read(1), 2);
        });
        line.hand_over(1, 2);
        assert_eq!(line.flag.get(), 2);
        waiter.join().unwrap();
        other.join().unwrap();
        assert_eq!(line.flag.get(), 2);
    });
}

#[test]
fn a_post_on_top_of_another_hides_nothing_of_it() {
    model(3, || {
        let line = Line::new();
        let first = Line::run(&line, |line| line.hand_over(0, 1));
        let second = Line::run(&line, |line| {
            // It learns that the first has posted, and nothing else of it.
            let after = line.flag.word().load(Ordering::Relaxed) == 1;
            // SAFETY: as in `hand_over`.
            line.cells[1].with_mut(|cell| unsafe { *cell = u32::from(after) });
            line.flag.post(2, &line.team);
        });
        assert_eq!(line.wait(2), 2);
        if line.read(1) == 1 {
            assert_eq!(line.read(0), 1);
        }
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn a_wait_that_gives_up_takes_no_wake_up_from_another() {
    model(2, || {
        let line = Line::new();
        let timed = Line::run(&line, |line| line.flag.wait(1, &line.team, Some(Instant::LATER)));
        let waiter = Line::run(&line, |line| line.wait(1));
        line.team.kernel.let_time_pass();
        line.hand_over(0, 1);
        assert!(matches!(timed.join().unwrap(), Outcome::Ready(1) | Outcome::TimedOut));
        assert_eq!(waiter.join().unwrap(), 1);
    });
}
