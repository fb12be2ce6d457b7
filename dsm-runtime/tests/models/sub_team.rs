//! The words of a sub-team: taken into use again only when everybody is done with them.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{Barrier, Met, SubTeamWords};

/// Rank 0, the lowest, makes one sub-team with rank 1 after the other. Each member reads the cell that stands for what
/// belongs to the words, and rank 0 writes it when it takes the words into use.
fn make_and_drop(rounds: usize, preemptions: usize) {
    model(preemptions, move || {
        let shared = Arc::new((Team::new(), Barrier::default(), SubTeamWords::default(), UnsafeCell::new(0_usize)));
        let run = |rank: usize| {
            let shared = Arc::clone(&shared);
            move || {
                let (team, parent, words, cell) = &*shared;
                for round in 1..=rounds {
                    if rank == 0 {
                        assert!(words.is_free(), "all have dropped it");
                        words.clear();
                        // SAFETY: nobody has the words; the checker finds out if that isn't so.
                        cell.with_mut(|cell| unsafe { *cell = round });
                    }
                    assert_eq!(parent.meet(2, team, || true), Met::Together);
                    if rank == 0 {
                        words.count(2);
                    }
                    // SAFETY: this member has the words, so rank 0 doesn't take them.
                    assert_eq!(cell.with(|cell| unsafe { *cell }), round);
                    words.leave();
                    assert_eq!(parent.meet(2, team, || true), Met::Together);
                }
            }
        };
        let other = thread::spawn(run(1));
        run(0)();
        other.join().unwrap();
        assert!(shared.2.is_free());
    });
}

#[test]
fn words_are_free_when_all_have_dropped_the_sub_team() {
    make_and_drop(2, 4);
}

/// A member may be out before the lowest rank has counted the members, and may be slow to leave.
#[test]
fn words_are_not_taken_while_somebody_has_them() {
    model(4, || {
        let shared = Arc::new((Team::new(), Barrier::default(), SubTeamWords::default(), UnsafeCell::new(0_u32)));
        let member = {
            let shared = Arc::clone(&shared);
            move || {
                let (team, parent, words, cell) = &*shared;
                assert_eq!(parent.meet(2, team, || true), Met::Together);
                // SAFETY: read while this member has the words.
                cell.with(|cell| assert_eq!(unsafe { *cell }, 0));
                words.leave();
            }
        };
        let member = thread::spawn(member);
        let (team, parent, words, cell) = &*shared;
        words.clear();
        assert_eq!(parent.meet(2, team, || true), Met::Together);
        words.count(2);
        words.leave();
        if words.is_free() {
            // SAFETY: all are done with what belongs to the words.
            cell.with_mut(|cell| unsafe { *cell += 1 });
        }
        member.join().unwrap();
        assert!(words.is_free());
    });
}
