//! What one rank alone does wrong: an error on all of them that names it, after which all go on.

use dsm::ErrorKind;
use dsm::mpi::{Comm, FairLock, Replicated};
use ndarray::{Array2, s};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("a_piece_that_does_not_fit_is_everybodys_error", a_piece_that_does_not_fit_is_everybodys_error),
    ("a_root_without_a_piece_is_everybodys_error", a_root_without_a_piece_is_everybodys_error),
    ("different_roots_are_everybodys_error", different_roots_are_everybodys_error),
    ("a_root_that_is_no_rank_is_everybodys_error", a_root_that_is_no_rank_is_everybodys_error),
    ("no_giver_or_two_are_everybodys_error", no_giver_or_two_are_everybodys_error),
    ("a_wrong_shape_to_assign_is_everybodys_error", a_wrong_shape_to_assign_is_everybodys_error),
    ("different_arrays_are_everybodys_error", different_arrays_are_everybodys_error),
    ("different_collectives_are_everybodys_error", different_collectives_are_everybodys_error),
    ("different_shapes_and_types_are_everybodys_error", different_shapes_and_types_are_everybodys_error),
    ("swapped_handles_are_everybodys_error", swapped_handles_are_everybodys_error),
    ("a_color_that_is_no_int_is_everybodys_error", a_color_that_is_no_int_is_everybodys_error),
];

/// After each error, that everything still works and nothing was written.
fn works(array: &mut Replicated<f64, ndarray::Ix2>) {
    assert_eq!(array.sum(), 0.0);
    array.set(Some(&ndarray::array![[1.0]]), (0, 0), 0).expect("the next set");
    assert_eq!((array[[0, 0]], array.sum()), (1.0, 1.0));
    array.set(Some(&ndarray::array![[0.0]]), (0, 0), 0).expect("the next set");
}

fn array(comm: &Comm) -> Replicated<f64, ndarray::Ix2> {
    Replicated::zeros(comm, (3, 5)).expect("an array")
}

fn a_piece_that_does_not_fit_is_everybodys_error(comm: &Comm) {
    let mut array = array(comm);
    let piece = Array2::ones((2, 3));
    for root in 0..comm.size() {
        for offset in [(2, 0), (0, 3), (usize::MAX, 0), (4, 6)] {
            let error = array.set(Some(&piece), offset, root).unwrap_err();
            assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(root)));
            let start = format!("rank {root}: a piece of shape [2, 3] at ");
            assert!(error.to_string().starts_with(&start), "{error}");
        }
        works(&mut array);
    }
}

fn a_root_without_a_piece_is_everybodys_error(comm: &Comm) {
    let mut array = array(comm);
    let root = comm.size() - 1;
    let piece = Array2::ones((1, 1));
    let error = array.set((comm.rank() != root).then_some(&*piece), (0, 0), root).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Misuse, Some(root)));
    works(&mut array);
}

fn different_roots_are_everybodys_error(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let mut array = array(comm);
    let root = usize::from(comm.rank() == 1);
    let error = array.set(Some(&Array2::ones((1, 1))), (0, 0), root).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let text = error.to_string();
    assert!(
        text.contains("`set from rank 0`") && text.contains("; rank 1 at ") && text.contains("misuse.rs:"),
        "{text}"
    );
    works(&mut array);
}

fn a_root_that_is_no_rank_is_everybodys_error(comm: &Comm) {
    let mut array = array(comm);
    let error = array.set(Some(&Array2::ones((1, 1))), (0, 0), comm.size()).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Misuse, Some(0)));
    works(&mut array);
    assert_eq!(FairLock::new(comm, comm.size()).unwrap_err().kind(), ErrorKind::Misuse);
}

fn no_giver_or_two_are_everybodys_error(comm: &Comm) {
    let mut array = array(comm);
    let error = array.assign_from(None).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("no rank gave"), "{error}");
    works(&mut array);
    if comm.size() > 1 {
        let given = (comm.rank() < 2).then(|| Array2::ones((3, 5)));
        let error = array.assign_from(given.as_deref()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("ranks [0, 1] each gave"), "{error}");
        works(&mut array);
    }
}

fn a_wrong_shape_to_assign_is_everybodys_error(comm: &Comm) {
    let mut array = array(comm);
    let giver = comm.size() - 1;
    let gives = comm.rank() == giver;
    let error = array.assign_from(gives.then(|| Array2::ones((5, 3))).as_deref()).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(giver)));
    let error = array.assign_slice_from(s![0, ..], gives.then(|| ndarray::array![1.0]).as_deref()).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(giver)));
    let error = array.assign_slice_from(s![3, ..], gives.then(|| ndarray::Array1::ones(5)).as_deref()).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(giver)));
    works(&mut array);
}

fn different_arrays_are_everybodys_error(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let (mut one, mut other) = (array(comm), array(comm));
    let met = if comm.rank() == 1 { &mut other } else { &mut one };
    let error = met.set(Some(&Array2::ones((1, 1))), (0, 0), 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    works(&mut one);
    works(&mut other);
}

fn different_collectives_are_everybodys_error(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let mut array = array(comm);
    let error = match comm.rank() {
        0 => array.assign_from(Some(&Array2::ones((3, 5)))).unwrap_err(),
        1 => FairLock::new(comm, 0).map(drop).unwrap_err(),
        _ => comm.split(0, 0).map(drop).unwrap_err(),
    };
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let text = error.to_string();
    assert!(
        text.contains("rank 0 at ") && text.contains("`assign_from`") && text.contains("making of a lock"),
        "{text}"
    );
    assert_eq!(array.sum(), 0.0);
    // The one that would have made an array still counts arrays as the others do.
    let error = match comm.rank() {
        0 => Replicated::<f64, _>::zeros(comm, 4).map(drop).unwrap_err(),
        _ => comm.split(0, 0).map(drop).unwrap_err(),
    };
    assert_eq!(error.kind(), ErrorKind::Diverged);
    works(&mut self::array(comm));
}

fn different_shapes_and_types_are_everybodys_error(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let error = Replicated::<f64, _>::zeros(comm, 4 + comm.rank() % 2).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let error = match comm.rank() {
        0 => Replicated::<f64, _>::zeros(comm, 4).map(drop).unwrap_err(),
        _ => Replicated::<i64, _>::zeros(comm, 4).map(drop).unwrap_err(),
    };
    assert!(error.to_string().contains("[4] of f64") && error.to_string().contains("[4] of i64"), "{error}");
    works(&mut array(comm));
}

fn swapped_handles_are_everybodys_error(comm: &Comm) {
    if comm.size() == 1 {
        return;
    }
    let (mut one, mut other) = (array(comm), array(comm));
    if comm.rank() == 0 {
        std::mem::swap(&mut one, &mut other);
    }
    assert_eq!(one.set(Some(&Array2::ones((1, 1))), (0, 0), 0).unwrap_err().kind(), ErrorKind::Diverged);
}

fn a_color_that_is_no_int_is_everybodys_error(comm: &Comm) {
    let color = if comm.rank() == 0 { 1 << 31 } else { 0 };
    let error = comm.split(color, 0).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Misuse, Some(0)));
}
