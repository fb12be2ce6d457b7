//! Writing to every copy.

use dsm::mpi::{Comm, Replicated};
use ndarray::{Array2, Array3, s};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("the_readme_program_prints_the_same_on_all_ranks", the_readme_program_prints_the_same_on_all_ranks),
    ("pieces_tile_an_array_from_all_ranks_in_turn", pieces_tile_an_array_from_all_ranks_in_turn),
    ("only_the_roots_piece_counts", only_the_roots_piece_counts),
    ("a_piece_of_any_layout_arrives_in_order", a_piece_of_any_layout_arrives_in_order),
    ("one_rank_assigns_the_whole", one_rank_assigns_the_whole),
    ("one_rank_assigns_a_slice", one_rank_assigns_a_slice),
    ("every_write_is_seen_by_all_and_lasts_until_the_next", every_write_is_seen_by_all_and_lasts_until_the_next),
];

fn the_readme_program_prints_the_same_on_all_ranks(comm: &Comm) {
    let mut array = Replicated::<f64, _>::zeros(comm, (3, 5)).expect("an array");
    let piece = (comm.rank() == 0).then(|| Array2::from_shape_fn((2, 3), |(i, j)| (3 * i + j) as f64));
    array.set(piece.as_deref(), (1, 1), 0).expect("set");
    assert_eq!(array.to_string(), "0 0 0 0 0\n0 0 1 2 0\n0 3 4 5 0");
}

fn pieces_tile_an_array_from_all_ranks_in_turn(comm: &Comm) {
    let mut array = Replicated::<usize, _>::zeros(comm, (6, 4, 6)).expect("an array");
    let expected = Array3::from_shape_fn((6, 4, 6), |(i, j, k)| 100 * i + 10 * j + k);
    let mut root = 0;
    for i in [0, 3] {
        for j in [0, 2] {
            for k in [0, 1, 4] {
                let piece =
                    expected.slice(s![i..i + 3, j..j + 2, k..[1, 4, 6][[0, 1, 4].partition_point(|&at| at < k)]]);
                array.set((comm.rank() == root).then_some(&*piece), (i, j, k), root).expect("set");
                root = (root + 1) % comm.size();
            }
        }
    }
    assert_eq!(*array, *expected);
}

fn only_the_roots_piece_counts(comm: &Comm) {
    let mut array = Replicated::<usize, _>::zeros(comm, 4).expect("an array");
    for root in 0..comm.size() {
        let mine = ndarray::array![10 * comm.rank() + 1];
        // The others' offset isn't looked at either.
        let offset = if comm.rank() == root { root % 4 } else { 1000 };
        array.set(Some(&mine), offset, root).expect("set");
        assert_eq!(array[root % 4], 10 * root + 1);
    }
}

fn a_piece_of_any_layout_arrives_in_order(comm: &Comm) {
    let root = comm.size() - 1;
    let wide = Array2::from_shape_fn((8, 10), |(i, j)| (10 * i + j) as i32);
    let pieces = [wide.t().slice_move(s![1..4, 2..6]), wide.slice(s![1..4, 2..6]), wide.slice(s![..6;2, ..8;-2])];
    for piece in pieces {
        let mut array = Replicated::<i32, _>::zeros(comm, (5, 7)).expect("an array");
        array.set(Some(&piece), (2, 3), root).expect("set");
        assert_eq!(array.slice(s![2.., 3..]), piece);
        assert_eq!(array.slice(s![..2, ..]).sum() + array.slice(s![.., ..3]).sum(), 0);
    }
}

fn one_rank_assigns_the_whole(comm: &Comm) {
    let mut array = Replicated::<f32, _>::zeros(comm, (2, 3)).expect("an array");
    for giver in 0..comm.size() {
        let given = (comm.rank() == giver).then(|| Array2::from_elem((2, 3), giver as f32 + 0.5));
        array.assign_from(given.as_deref()).expect("assign_from");
        assert!(array.iter().all(|&element| element == giver as f32 + 0.5));
    }
}

fn one_rank_assigns_a_slice(comm: &Comm) {
    let mut array = Replicated::<i64, _>::zeros(comm, (4, 5)).expect("an array");
    let mut expected = Array2::<i64>::zeros((4, 5));
    let giver = comm.size() - 1;
    let gives = comm.rank() == giver;
    let block = Array2::from_shape_fn((2, 5), |(i, j)| (5 * i + j + 1) as i64);
    array.assign_slice_from(s![1..3, ..], gives.then_some(&*block)).expect("rows");
    expected.slice_mut(s![1..3, ..]).assign(&block);
    assert_eq!(*array, *expected);

    let row = ndarray::array![-1, -2, -3];
    array.assign_slice_from(s![-1, ..;2], gives.then_some(&*row)).expect("every other element of a row");
    expected.slice_mut(s![-1, ..;2]).assign(&row);
    assert_eq!(*array, *expected);

    let column = ndarray::array![7, 8, 9, 10];
    array.assign_slice_from(s![..;-1, 3], gives.then_some(&*column)).expect("a column, upwards");
    expected.slice_mut(s![..;-1, 3]).assign(&column);
    assert_eq!(*array, *expected);

    let one = ndarray::arr0(77);
    array.assign_slice_from(s![0, 0], gives.then_some(&*one)).expect("one element");
    expected[[0, 0]] = 77;
    assert_eq!(*array, *expected);
}

/// Torn or late copies would show here.
fn every_write_is_seen_by_all_and_lasts_until_the_next(comm: &Comm) {
    let mut array = Replicated::<usize, _>::zeros(comm, 3000).expect("an array");
    for round in 0..100 {
        let root = round % comm.size();
        array.set(Some(&ndarray::Array1::from_elem(3000, round)), 0, root).expect("set");
        assert!(array.iter().all(|&element| element == round), "round {round}");
    }
}
