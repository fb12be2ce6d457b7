//! Sets of runs against their members.

use proptest::prelude::*;

use super::{ranges_where, runs};
use crate::nodes::Runs;

proptest! {
    #[test]
    fn sets_are_what_their_members_say(members in prop::collection::vec((any::<bool>(), any::<bool>()), 0..60)) {
        let of = |has: fn((bool, bool)) -> bool| ranges_where(members.len(), |i| has(members[i]));
        let (here, there) = (Runs::from_sorted(of(|(here, _)| here)), Runs::from_sorted(of(|(_, there)| there)));
        let listed = |runs: Runs| runs.iter().collect::<Vec<_>>();
        prop_assert_eq!(listed(here.union(&there)), of(|(here, there)| here || there));
        prop_assert_eq!(listed(here.minus(&there)), of(|(here, there)| here && !there));
        prop_assert_eq!(listed(here.and(&there)), of(|(here, there)| here && there));
        prop_assert_eq!(here.len(), members.iter().filter(|(here, _)| *here).count());
        prop_assert_eq!(here.is_empty(), members.iter().all(|(here, _)| !here));
    }

    #[test]
    fn ranges_in_any_order_are_collected(ranges in prop::collection::vec((0usize..50, 0usize..8), 0..12)) {
        let ranges = || ranges.iter().map(|&(start, length)| start..start + length);
        let expected = ranges_where(60, |i| ranges().any(|range| range.contains(&i)));
        prop_assert_eq!(ranges().collect::<Runs>().iter().collect::<Vec<_>>(), expected.clone());
        let mut sorted: Vec<_> = ranges().collect();
        sorted.sort_by_key(|range| range.start);
        prop_assert_eq!(Runs::from_sorted(sorted).iter().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn the_largest_set_has_a_length() {
    let whole = Runs::whole(usize::MAX);
    assert_eq!((whole.len(), whole.minus(&runs([3..4])).len()), (usize::MAX, usize::MAX - 1));
    assert_eq!((Runs::whole(0), Runs::none().is_empty()), (Runs::none(), true));
}

#[test]
#[should_panic(expected = "1..2 comes after 4..5")]
fn ranges_that_descend_are_refused_where_order_is_promised() {
    let _ = Runs::from_sorted([4..5, 1..2]);
}
