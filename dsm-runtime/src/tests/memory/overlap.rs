//! Ranges that ranks bring to `split_at`: every overlap is found, and nothing else is called one.

use std::ops::Range;

use proptest::prelude::*;

use super::cases;
use crate::identity::{Identity, Operation, overlap};
use crate::schedule::Schedule;
use crate::view::Mode;

/// The identity of a phase whose transitions bring these ranges, where there are any.
fn phase(ranges: &[Option<Range<usize>>]) -> Identity {
    let mut identity = Identity::new(Operation::Phase, 3);
    for (number, range) in ranges.iter().enumerate() {
        let (mode, seed) = match range {
            Some(_) => (Mode::SplitAt, 0),
            // Numbers that look like the code of `split_at` in the wrong place.
            None => (Mode::Split { axis: 5, schedule: Schedule::Cyclic(5) }, 5),
        };
        identity.push_transition(field(number), mode, seed, range.as_ref());
    }
    identity
}

/// Declared in another order than they stand in the phase.
fn field(number: usize) -> usize {
    10 - number
}

fn found(ranks: &[Identity]) -> Option<(usize, usize, usize)> {
    overlap(ranks[0].words(), ranks.len(), |rank| ranks[rank].own().to_vec())
}

fn overlapping(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.clone().any(|index| other.contains(&index))
}

fn ranges(most: usize) -> impl Strategy<Value = Range<usize>> {
    (0..=most, 0..=4_usize).prop_map(|(start, length)| start..start + length)
}

proptest! {
    #![proptest_config(cases(3000, 8))]

    #[test]
    fn an_overlap_is_found_when_there_is_one(
        brought in (1_usize..=4, 1_usize..=9, 10_usize..200).prop_flat_map(|(transitions, ranks, most)| {
            let range = ranges(most);
            (
                prop::collection::vec(any::<bool>(), transitions),
                prop::collection::vec(prop::collection::vec(range, transitions), ranks),
            )
        })
    ) {
        let (is_split_at, brought) = brought;
        let ranks: Vec<Identity> = brought
            .iter()
            .map(|own| {
                let own = own.iter().zip(&is_split_at).map(|(range, &is)| is.then(|| range.clone()));
                phase(&own.collect::<Vec<_>>())
            })
            .collect();
        let overlap_of = |number: usize, one: usize, other: usize| {
            is_split_at[number] && one != other && overlapping(&brought[one][number], &brought[other][number])
        };
        let exists = (0..is_split_at.len()).any(|number| {
            (0..ranks.len()).any(|one| (0..one).any(|other| overlap_of(number, one, other)))
        });
        let answer = found(&ranks);
        prop_assert_eq!(answer.is_some(), exists);
        if let Some((one, other, array)) = answer {
            prop_assert!(overlap_of(10 - array, one, other), "{one} and {other} of array {array} don't overlap");
        }
    }
}

#[test]
fn ranges_that_touch_do_not_overlap() {
    let ranks = [phase(&[Some(4..8)]), phase(&[Some(0..4)]), phase(&[Some(8..8)]), phase(&[Some(5..5)])];
    assert_eq!(found(&ranks), None);
}

#[test]
fn the_largest_indices_do_not_overflow() {
    let ranks = [phase(&[Some(usize::MAX - 1..usize::MAX)]), phase(&[Some(0..usize::MAX)])];
    assert_eq!(found(&ranks), Some((1, 0, field(0))));
}

#[test]
fn only_phases_bring_ranges() {
    let barrier = Identity::new(Operation::Barrier, 5);
    assert_eq!(overlap(barrier.words(), 3, |_| vec![0, 1]), None);
}

#[test]
fn eight_transitions_fit_an_identity() {
    let ranks = [phase(&vec![Some(0..1); 8]), phase(&vec![Some(1..2); 8])];
    assert_eq!((found(&ranks), ranks[0].own().len(), ranks[0].words().len()), (None, 16, 42));
}
