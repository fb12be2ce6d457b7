//! The relay: the agent finds what the ranks wrote before they asked, the rank what the agent wrote before it answered.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{Park, Relay};

/// The words, what a rank brings, and what the agent brings.
struct Node {
    team: Team,
    relay: Relay,
    cells: [UnsafeCell<u32>; 2],
}

impl Node {
    fn write(&self, cell: usize, value: u32) {
        // SAFETY: rank and agent take turns; the checker finds out if they don't.
        self.cells[cell].with_mut(|cell| unsafe { *cell = value });
    }

    fn read(&self, cell: usize) -> u32 {
        // SAFETY: as above.
        self.cells[cell].with(|cell| unsafe { *cell })
    }
}

#[test]
fn question_and_answer_carry_what_was_written_before_them() {
    model(3, || {
        let node = Arc::new(Node { team: Team::new(), relay: Relay::default(), cells: Default::default() });
        let agent = thread::spawn({
            let node = Arc::clone(&node);
            move || {
                for round in 1..=2 {
                    let question = loop {
                        match node.relay.pending() {
                            Some(question) => break question,
                            None => thread::yield_now(),
                        }
                    };
                    assert_eq!(node.read(0), round);
                    node.write(1, 10 * round);
                    node.relay.answer(question, |word| node.team.unpark(word, u32::MAX, u32::MAX));
                }
            }
        });
        for round in 1..=2 {
            node.write(0, round);
            assert!(node.relay.ask(&node.team));
            assert_eq!(node.read(1), 10 * round);
        }
        agent.join().unwrap();
    });
}
