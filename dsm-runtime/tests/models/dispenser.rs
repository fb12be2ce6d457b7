//! The word that hands out a loop's indices.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{Asker, Barrier, Dispenser, Met, Portion};

const LENGTH: usize = 4;

/// Chunks added by one instruction, chunks so large that a sum may overflow, and chunks that shrink.
const PORTIONS: [Portion; 3] = [Portion::Fixed(3), Portion::Fixed(usize::MAX / 2), Portion::Guided(1)];

/// A team, a loop, and what only its handing out protects.
struct Shared {
    team: Team,
    barrier: Barrier,
    dispenser: Dispenser,
    positions: [UnsafeCell<u32>; LENGTH],
}

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Shared {
            team: Team::new(),
            barrier: Barrier::default(),
            dispenser: Dispenser::default(),
            positions: std::array::from_fn(|_| UnsafeCell::new(0)),
        })
    }

    /// One rank's part of a loop; asks again when all is gone.
    fn run(&self, size: usize, portion: Portion) {
        let mut asker = Asker::new(LENGTH, size, portion);
        while let Some(chunk) = asker.ask(&self.dispenser) {
            for position in chunk {
                // SAFETY: the position was handed to this rank; the checker finds out if that isn't enough.
                self.positions[position].with_mut(|runs| unsafe { *runs += 1 });
            }
        }
        assert_eq!(asker.ask(&self.dispenser), None);
        assert_eq!(Asker::new(LENGTH, size, portion).ask(&self.dispenser), None);
    }

    fn assert_each_ran(&self, times: u32) {
        for position in &self.positions {
            // SAFETY: the ranks have ended.
            assert_eq!(position.with(|runs| unsafe { *runs }), times);
        }
    }
}

#[test]
fn each_position_goes_to_one_rank() {
    for portion in PORTIONS {
        model(3, move || {
            let shared = Shared::new();
            let others = [(); 2].map(|()| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.run(3, portion))
            });
            shared.run(3, portion);
            for other in others {
                other.join().unwrap();
            }
            shared.assert_each_ran(1);
        });
    }
}

#[test]
fn loop_after_loop_begins_at_the_start() {
    for portion in PORTIONS {
        model(3, move || {
            let shared = Shared::new();
            let loops = move |shared: &Shared| {
                for _ in 0..3 {
                    shared.run(2, portion);
                    // As every collective does: reset by the last to arrive, before it lets anybody go.
                    let reset = || {
                        shared.dispenser.reset();
                        true
                    };
                    assert_eq!(shared.barrier.meet(2, &shared.team, reset), Met::Together);
                }
            };
            let other = {
                let shared = Arc::clone(&shared);
                thread::spawn(move || loops(&shared))
            };
            loops(&shared);
            other.join().unwrap();
            shared.assert_each_ran(3);
        });
    }
}
