//! The barrier, and the meeting in it of ranks that compare what they are in.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::kernel::Team;
use crate::model;
use crate::words::{Barrier, IdentityWords, Met};

/// Ranks that each write a cell, meet, and read all cells, `rounds` times.
fn cross(ranks: usize, rounds: u32, preemptions: usize) {
    model(preemptions, move || {
        let cells = || (0..ranks).map(|_| UnsafeCell::new(0_u32)).collect::<Vec<_>>();
        // Two sets in turns: a round's cells are read while those of the next are written.
        let shared = Arc::new((Team::new(), Barrier::default(), [cells(), cells()]));
        let run = |rank: usize| {
            let shared = Arc::clone(&shared);
            move || {
                let (team, barrier, cells) = &*shared;
                for round in 1..=rounds {
                    let cells = &cells[round as usize % 2];
                    // SAFETY: nobody else uses this cell until the meeting; the checker finds out if that isn't so.
                    cells[rank].with_mut(|cell| unsafe { *cell = round });
                    assert_eq!(barrier.meet(ranks, team, || true), Met::Together);
                    for cell in cells {
                        // SAFETY: all have written, and write again only after the next meeting.
                        assert_eq!(cell.with(|cell| unsafe { *cell }), round);
                    }
                }
            }
        };
        let others: Vec<_> = (1..ranks).map(|rank| thread::spawn(run(rank))).collect();
        run(0)();
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

#[test]
fn two_ranks_see_what_the_other_wrote_round_after_round() {
    cross(2, 3, 4);
}

#[test]
fn three_ranks_see_what_the_others_wrote() {
    cross(3, 2, 2);
}

/// Meets in one identity after the other, and says how often it was let out; fails the call when it may not open.
fn meet_in(shared: &(Team, Barrier, [IdentityWords<2, 1>; 2]), rank: usize, identities: &[[u64; 2]]) -> usize {
    let (team, barrier, slots) = shared;
    for (met, identity) in identities.iter().enumerate() {
        slots[rank].write(identity, &[]);
        match barrier.meet(2, team, || slots.iter().all(|slot| slot.agree(identity))) {
            Met::Together => {}
            Met::Refused => {
                team.fail(rank);
                return met;
            }
            Met::Stopped => return met,
        }
    }
    identities.len()
}

#[test]
fn nobody_is_let_out_of_two_different_collectives() {
    model(3, || {
        let shared = Arc::new((Team::new(), Barrier::default(), Default::default()));
        let ranks = [[[1, 1], [2, 2]], [[1, 1], [2, 3]]].into_iter().enumerate().map(|(rank, identities)| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let met = meet_in(&shared, rank, &identities);
                shared.0.kernel.leave();
                met
            })
        });
        let ranks: Vec<_> = ranks.collect();
        shared.0.see_out(2, &[shared.1.generation()]);
        for rank in ranks {
            assert_eq!(rank.join().unwrap(), 1);
        }
    });
}
