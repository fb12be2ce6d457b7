//! The words of `ordered`.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{TurnRefused, TurnWord};

/// A team, turns, and what only their order protects.
struct Shared {
    team: Team,
    turns: TurnWord,
    done: UnsafeCell<Vec<u32>>,
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Shared { team: Team::new(), turns: TurnWord::default(), done: UnsafeCell::new(Vec::new()) })
    }

    fn turn(&self, index: u32) -> Result<(), TurnRefused> {
        self.turns.take(index, &self.team)?;
        // SAFETY: it is this rank's turn; the checker finds out if that isn't enough.
        self.done.with_mut(|done| unsafe { (*done).push(index) });
        self.turns.end(index, &self.team);
        Ok(())
    }
}

#[test]
fn turns_come_in_order_whoever_takes_them() {
    model(2, || {
        let shared = Shared::new();
        let others = [[1, 4], [2, 3]].map(|indices| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || indices.map(|index| shared.turn(index).unwrap()))
        });
        shared.turn(0).unwrap();
        for other in others {
            other.join().unwrap();
        }
        // SAFETY: the others have ended.
        assert_eq!(shared.done.with(|done| unsafe { (*done).clone() }), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn of_two_that_come_with_one_index_one_is_refused() {
    model(3, || {
        let shared = Shared::new();
        let others = [1, 1].map(|index| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || shared.turn(index))
        });
        shared.turn(0).unwrap();
        let mut ended = others.map(|other| other.join().unwrap());
        ended.sort_by_key(Result::is_err);
        assert_eq!(ended, [Ok(()), Err(TurnRefused::Repeated)]);
    });
}
