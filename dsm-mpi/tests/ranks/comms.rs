//! Groups of ranks.

use std::time::Duration;

use dsm::ErrorKind;
use dsm::mpi::{Comm, Replicated};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("the_launchers_number_of_ranks_is_found", the_launchers_number_of_ranks_is_found),
    ("every_rank_has_a_number_of_its_own", every_rank_has_a_number_of_its_own),
    ("a_split_keeps_those_of_one_color_in_the_order_of_keys", a_split_keeps_those_of_one_color_in_the_order_of_keys),
    ("nodes_cover_all_ranks", nodes_cover_all_ranks),
    ("nodes_that_the_caller_brings_have_copies_of_their_own", nodes_that_the_caller_brings_have_copies_of_their_own),
    ("a_node_that_leaves_ranks_out_is_refused_on_all", a_node_that_leaves_ranks_out_is_refused_on_all),
    ("a_solo_group_needs_nobody", a_solo_group_needs_nobody),
    ("another_thread_is_refused_the_world", another_thread_is_refused_the_world),
    ("many_groups_come_and_go", many_groups_come_and_go),
    ("a_deadline_that_is_kept_changes_nothing", a_deadline_that_is_kept_changes_nothing),
    ("texts_tell_rank_and_size", texts_tell_rank_and_size),
];

/// `ci/mpi.sh` says how many ranks and nodes there are; alone, there is one of each.
fn the_launchers_number_of_ranks_is_found(comm: &Comm) {
    let said = |variable| std::env::var(variable).map_or(1, |text| text.parse().expect("a number"));
    assert_eq!(comm.size(), said("EXPECTED_RANKS"));
    assert_eq!(comm.nodes(), said("EXPECTED_NODES"));
}

fn every_rank_has_a_number_of_its_own(comm: &Comm) {
    let mut seen = Replicated::<usize, _>::zeros(comm, comm.size()).expect("an array");
    for root in 0..comm.size() {
        seen.set(Some(&ndarray::array![comm.rank() + 1]), root, root).expect("set");
    }
    assert!(seen.iter().enumerate().all(|(rank, &number)| number == rank + 1), "{seen}");
}

fn a_split_keeps_those_of_one_color_in_the_order_of_keys(comm: &Comm) {
    let (rank, size) = (comm.rank(), comm.size());
    let part = comm.split(rank % 2, size - rank).expect("split");
    let mine: Vec<usize> = (0..size).filter(|other| other % 2 == rank % 2).rev().collect();
    assert_eq!(part.size(), mine.len());
    assert_eq!(mine[part.rank()], rank);
    let mut array = Replicated::<usize, _>::zeros(&part, 1).expect("an array");
    array.assign_from((part.rank() == 0).then(|| ndarray::array![rank]).as_deref()).expect("assign_from");
    assert_eq!(array[0], mine[0]);
}

fn nodes_cover_all_ranks(comm: &Comm) {
    let node = comm.node();
    assert!(node.rank() < node.size() && node.size() <= comm.size() && node.nodes() == 1);
    let mut firsts = Replicated::<usize, _>::zeros(comm, comm.size()).expect("an array");
    for root in 0..comm.size() {
        let is_first = usize::from(node.rank() == 0);
        firsts.set(Some(&ndarray::array![is_first]), root, root).expect("set");
    }
    assert_eq!(firsts.sum(), comm.nodes());
    let mut of_node = Replicated::<usize, _>::zeros(&node, 1).expect("an array");
    of_node.set(Some(&ndarray::array![7 + comm.rank()]), 0, 0).expect("set");
    assert!((7..7 + comm.size()).contains(&of_node[0]));
}

fn nodes_that_the_caller_brings_have_copies_of_their_own(comm: &Comm) {
    let (rank, size) = (comm.rank(), comm.size());
    let alone = comm.split(rank, 0).expect("split");
    let each = Comm::over(comm).node(&alone).build().expect("a group");
    assert_eq!((each.size(), each.nodes(), each.node().size()), (size, size, 1));
    let mut array = Replicated::<f32, _>::zeros(&each, (4, 6)).expect("an array");
    for root in 0..size {
        let value = root as f32 + 1.0;
        array.set(Some(&ndarray::arr2(&[[value; 2]; 3])), (1, 3), root).expect("set");
        assert_eq!((array.sum(), array[[3, 4]], array[[0, 0]]), (6.0 * value, value, 0.0));
    }
    // Pairs of neighbours on one machine, dealt in the opposite order.
    let pairs = comm.node().split(comm.node().rank() / 2, 9 - comm.node().rank()).expect("split");
    let paired = Comm::over(comm).node(&pairs).build().expect("a group");
    let mut array = Replicated::<u16, _>::zeros(&paired, 5).expect("an array");
    for root in 0..size {
        array.set(Some(&ndarray::array![1 + root as u16, 2]), 2, root).expect("set");
        assert_eq!(*array, ndarray::array![0, 0, 1 + root as u16, 2, 0]);
    }
}

fn a_node_that_leaves_ranks_out_is_refused_on_all(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let last = comm.rank() == comm.size() - 1;
    let part = comm.split(usize::from(last), 0).expect("split");
    let error = Comm::over(&part).node(comm).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("must be ranks of it"), "{error}");
    // One rank calls itself alone, and the others say that it is with them.
    let alone = comm.split(comm.rank(), 0).expect("split");
    let error = Comm::over(comm).node(if last { &alone } else { comm }).build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(Comm::over(comm).build().expect("a group").size(), comm.size());
}

fn a_solo_group_needs_nobody(comm: &Comm) {
    let solo = Comm::solo();
    assert_eq!((solo.rank(), solo.size(), solo.nodes(), solo.node().size()), (0, 1, 1, 1));
    // As many times as the rank's number, so that ranks would not meet.
    for _ in 0..=comm.rank() {
        let mut array = Replicated::<i64, _>::zeros(&solo, (2, 3)).expect("an array");
        array.set(Some(&ndarray::array![[1, 2, 3]]), (1, 0), 0).expect("set");
        assert_eq!(array.to_string(), "0 0 0\n1 2 3");
        assert_eq!(array.set(Some(&ndarray::array![[1]]), (2, 0), 0).unwrap_err().kind(), ErrorKind::Shape);
    }
    assert_eq!(solo.split(3, 1).expect("split").size(), 1);
}

fn another_thread_is_refused_the_world(comm: &Comm) {
    let there = std::thread::spawn(|| Comm::world().map(drop).map_err(|error| error.kind()));
    let there = there.join().expect("no panic");
    let expected =
        if comm.size() == 1 && std::env::var("EXPECTED_RANKS").is_err() { Ok(()) } else { Err(ErrorKind::Misuse) };
    assert_eq!(there, expected);
}

fn many_groups_come_and_go(comm: &Comm) {
    for round in 0..50 {
        let again = Comm::over(comm).build().expect("a group");
        let array = Replicated::<u8, _>::zeros(&again, round).expect("an array");
        assert_eq!(array.len(), round);
    }
}

fn a_deadline_that_is_kept_changes_nothing(comm: &Comm) {
    let patient = Comm::over(comm).deadline(Duration::from_secs(60)).build().expect("a group");
    let mut array = Replicated::<u32, _>::zeros(&patient, 3).expect("an array");
    array.set(Some(&ndarray::array![5]), 1, patient.size() - 1).expect("set");
    assert_eq!(*array, ndarray::array![0, 5, 0]);
}

fn texts_tell_rank_and_size(comm: &Comm) {
    let (text, debug) = (comm.to_string(), format!("{comm:?}"));
    assert!(text.starts_with(&format!("rank {} of {} on {} node", comm.rank(), comm.size(), comm.nodes())), "{text}");
    assert!(debug.contains(&format!("size: {}", comm.size())) && debug.contains("node_rank"), "{debug}");
}
