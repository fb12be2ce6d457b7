//! What holds for every schedule, any length and any number of parts.

use proptest::prelude::*;

use super::{Deal, Indices, Schedule, block};

const EACH: [Schedule; 5] =
    [Schedule::Block, Schedule::Cyclic(4), Schedule::Random, Schedule::Dynamic(64), Schedule::Guided(8)];

fn schedules() -> impl Strategy<Value = Schedule> {
    prop_oneof![Just(Schedule::Block), (1usize..50).prop_map(Schedule::Cyclic), Just(Schedule::Random)]
}

fn all_parts(schedule: Schedule, n: usize, parts: usize, seed: u64) -> Vec<Indices> {
    (0..parts).map(|part| Indices::new(Deal::new(schedule, n, parts, part, seed))).collect()
}

proptest! {
    #[test]
    fn every_schedule_is_a_disjoint_cover(
        schedule in schedules(), n in 0usize..2000, parts in 1usize..70, seed in any::<u64>(),
    ) {
        let parts = all_parts(schedule, n, parts, seed);
        let mut dealt: Vec<usize> = parts.into_iter().flatten().collect();
        dealt.sort_unstable();
        prop_assert!(dealt.into_iter().eq(0..n));
    }

    #[test]
    fn parts_differ_by_at_most_one(n in 0usize..2000, parts in 1usize..70, seed in any::<u64>()) {
        for schedule in [Schedule::Block, Schedule::Cyclic(1), Schedule::Random] {
            let parts = all_parts(schedule, n, parts, seed);
            let lengths = || parts.iter().map(ExactSizeIterator::len);
            let (least, most) = (lengths().min().unwrap(), lengths().max().unwrap());
            prop_assert!(most - least <= 1, "{schedule}: {least} to {most}");
        }
    }

    #[test]
    fn blocks_follow_each_other_at_any_length(n in any::<usize>(), parts in 1usize..70) {
        let mut end = 0;
        for part in 0..parts {
            let block = block(n, parts, part);
            prop_assert_eq!(block.start, end);
            prop_assert!(block.len() == n / parts || block.len() == n / parts + 1);
            end = block.end;
        }
        prop_assert_eq!(end, n);
    }

    #[test]
    fn the_iterator_agrees_with_the_deal(
        schedule in schedules(), n in 0usize..300, parts in 1usize..10, part in 0usize..10,
        seed in any::<u64>(),
        steps in prop::collection::vec((any::<bool>(), 0usize..40), 0..12),
    ) {
        let deal = Deal::new(schedule, n, parts, part % parts, seed);
        let expected: Vec<usize> = (0..deal.len()).map(|k| deal.index(k)).collect();
        let mut model = expected.iter().copied();
        let mut indices = Indices::new(deal);
        for (back, skip) in steps {
            let (wanted, found) = if back {
                (model.nth_back(skip), indices.nth_back(skip))
            } else {
                (model.nth(skip), indices.nth(skip))
            };
            prop_assert_eq!(wanted, found);
            prop_assert_eq!(model.len(), indices.len());
        }
        prop_assert!(model.clone().eq(indices.clone()));
        prop_assert_eq!(model.last(), indices.last());
    }
}

#[test]
fn schedules_are_named_as_written_in_messages() {
    let names = EACH.map(|schedule| schedule.to_string());
    assert_eq!(names, ["block", "cyclic(4)", "random", "dynamic(64)", "guided(8)"]);
    assert_eq!(format!("{:<9}|", Schedule::Random), "random   |");
}

#[test]
fn only_a_chunk_of_nothing_is_refused() {
    for schedule in [Schedule::Cyclic(0), Schedule::Dynamic(0), Schedule::Guided(0)] {
        assert!(schedule.check().is_err());
    }
    for schedule in EACH.into_iter().chain([Schedule::Cyclic(1), Schedule::Dynamic(1), Schedule::Guided(1)]) {
        assert_eq!(schedule.check(), Ok(()));
    }
}

#[test]
fn numbers_stand_for_schedules() {
    for schedule in EACH {
        assert_eq!(Schedule::from_words(schedule.words()), Some(schedule));
    }
    assert_eq!(Schedule::from_words([0, 0]), None);
}
