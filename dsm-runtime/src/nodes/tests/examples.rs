//! What is sent in a few programs, exactly.

use std::ops::Range;

use super::runs;
use crate::nodes::copies::{Copies, Move};
use crate::nodes::runs::Runs;
use crate::nodes::share::{rows_of_ranks, share, share_of_ranks, widened};
use crate::schedule::Schedule;

fn moved<const N: usize>(from: usize, to: usize, ranges: [Range<usize>; N]) -> Move {
    Move { from, to, runs: runs(ranges) }
}

fn all(nodes: usize, len: usize) -> Vec<Runs> {
    vec![Runs::whole(len); nodes]
}

fn to_driver(nodes: usize, len: usize) -> Vec<Runs> {
    (0..nodes).map(|node| if node == 0 { Runs::whole(len) } else { Runs::none() }).collect()
}

/// The blocks of 4 ranks on 2 nodes.
fn halves() -> [Runs; 2] {
    [0..2, 2..4].map(|ranks| share_of_ranks(&[8, 3], 0, Schedule::Block, 4, 0, ranks))
}

#[test]
fn after_its_creation_an_array_is_the_same_everywhere() {
    assert_eq!(Copies::equal(3, 10).need(&all(3, 10)), []);
}

#[test]
fn each_node_publishes_its_half_once() {
    let mut copies = Copies::equal(2, 24);
    copies.written(&halves());
    assert_eq!(copies.need(&all(2, 24)), [moved(0, 1, [0..12]), moved(1, 0, [12..24])]);
    assert_eq!(copies.need(&all(2, 24)), []);
}

#[test]
fn the_same_split_after_a_gather_sends_nothing() {
    let mut copies = Copies::equal(2, 24);
    copies.written(&halves());
    assert_eq!(copies.need(&to_driver(2, 24)), [moved(1, 0, [12..24])]);
    assert_eq!(copies.need(&halves()), []);
}

#[test]
fn what_the_driver_wrote_goes_to_whom_it_is_dealt() {
    let mut copies = Copies::equal(2, 24);
    copies.written_by_driver();
    assert_eq!(copies.need(&halves()), [moved(0, 1, [12..24])]);
    // Node 0 holds both halves until node 1 writes its own.
    assert_eq!(copies.need(&to_driver(2, 24)), []);
    copies.written(&halves());
    assert_eq!(copies.need(&to_driver(2, 24)), [moved(1, 0, [12..24])]);
}

#[test]
fn a_halo_is_the_neighbours_edge() {
    let rows = |node: usize| rows_of_ranks(9, Schedule::Block, 3, 0, node..node + 1);
    let mut copies = Copies::equal(3, 18);
    copies.written(&[0, 1, 2].map(|node| share(&[9, 2], 0, rows(node).iter())));
    let moves = copies.need(&[0, 1, 2].map(|node| share(&[9, 2], 0, widened(&rows(node), 1, 9).iter())));
    let expected = [moved(0, 1, [4..6]), moved(1, 0, [6..8]), moved(1, 2, [10..12]), moved(2, 1, [12..14])];
    assert_eq!(moves, expected);
}

#[test]
fn the_driver_sends_only_what_nobody_else_holds() {
    let mut copies = Copies::equal(3, 9);
    copies.written(&[runs([0..5]), runs([5..7]), runs([7..9])]);
    copies.need(&to_driver(3, 9));
    let expected = [moved(0, 1, [0..5]), moved(0, 2, [0..5]), moved(1, 2, [5..7]), moved(2, 1, [7..9])];
    assert_eq!(copies.need(&all(3, 9)), expected);
}

#[test]
fn who_holds_most_sends_all_it_holds() {
    let mut copies = Copies::equal(5, 10);
    copies.written(&[runs([]), runs([0..4]), runs([4..10]), runs([]), runs([])]);
    let most = [runs([]), runs([]), runs([]), runs([2..10]), runs([])];
    assert_eq!(copies.need(&most), [moved(1, 3, [2..4]), moved(2, 3, [4..10])]);
    let all = [runs([]), runs([]), runs([]), runs([]), runs([0..10])];
    assert_eq!(copies.need(&all), [moved(1, 4, [0..2]), moved(3, 4, [2..10])]);
}

#[test]
fn of_equals_the_next_in_the_ring_sends() {
    let mut copies = Copies::equal(5, 10);
    copies.written(&[runs([]), runs([0..10]), runs([]), runs([]), runs([])]);
    assert_eq!(copies.need(&[runs([]), runs([]), runs([]), runs([0..10]), runs([])]), [moved(1, 3, [0..10])]);
    let others = [runs([]), runs([]), runs([0..10]), runs([]), runs([0..10])];
    assert_eq!(copies.need(&others), [moved(1, 4, [0..10]), moved(3, 2, [0..10])]);
}

#[test]
#[should_panic(expected = "an array without a node")]
fn an_array_is_on_some_node() {
    let _ = Copies::equal(0, 4);
}

#[test]
#[should_panic(expected = "an element is one node's to write")]
fn shares_that_overlap_are_refused() {
    Copies::equal(2, 4).written(&[runs([0..3]), runs([2..4])]);
}

#[test]
#[should_panic(expected = "what was written lies in the array")]
fn writes_beyond_the_array_are_refused() {
    Copies::equal(2, 4).written(&[runs([0..3]), runs([3..5])]);
}

#[test]
#[should_panic(expected = "no node holds Some(4..5)")]
fn elements_beyond_the_array_are_refused() {
    let _ = Copies::equal(2, 4).need(&[runs([3..5]), runs([])]);
}
