//! Arrays of every shape and element type.

use dsm::mpi::{Comm, Replicated};
use dsm::{Axes, Element, ErrorKind};
use ndarray::{Array, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6};
use num_complex::Complex;

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("arrays_of_one_to_six_axes_are_zero_then_what_was_set", arrays_of_one_to_six_axes_are_zero_then_what_was_set),
    ("arrays_of_each_element_type_are_zero_then_what_was_set", arrays_of_each_element_type_are_zero_then_what_was_set),
    ("an_axis_may_be_empty", an_axis_may_be_empty),
    ("a_shape_that_cannot_fit_is_an_error", a_shape_that_cannot_fit_is_an_error),
    ("arrays_larger_than_a_page_are_whole", arrays_larger_than_a_page_are_whole),
    ("an_array_is_gone_when_it_is_dropped", an_array_is_gone_when_it_is_dropped),
];

/// Every rank gives once, all of it.
fn fills<T: Element + PartialEq + std::fmt::Debug, D: Axes>(
    comm: &Comm,
    shape: D,
    value: impl Fn(usize) -> T,
    zero: T,
) {
    let mut array = Replicated::<T, D>::zeros(comm, shape.clone()).expect("an array");
    assert!(array.iter().all(|element| *element == zero));
    assert_eq!(array.shape(), shape.slice());
    let count = array.len();
    for root in 0..comm.size() {
        let values = (0..count).map(|at| value(at + root)).collect();
        let piece: Array<T, D> = Array::from_shape_vec(shape.clone(), values).expect("the shape's values");
        array.set((comm.rank() == root).then_some(&piece), D::zeros(D::AXES), root).expect("set");
        assert_eq!(*array, *piece);
    }
}

fn arrays_of_one_to_six_axes_are_zero_then_what_was_set(comm: &Comm) {
    let value = |at| at as f64 + 0.5;
    fills::<f64, Ix1>(comm, ndarray::Dim(7), value, 0.0);
    fills::<f64, Ix2>(comm, ndarray::Dim([3, 5]), value, 0.0);
    fills::<f64, Ix3>(comm, ndarray::Dim([2, 3, 4]), value, 0.0);
    fills::<f64, Ix4>(comm, ndarray::Dim([2, 1, 3, 2]), value, 0.0);
    fills::<f64, Ix5>(comm, ndarray::Dim([2, 1, 3, 2, 1]), value, 0.0);
    fills::<f64, Ix6>(comm, ndarray::Dim([1, 2, 1, 3, 2, 2]), value, 0.0);
}

fn arrays_of_each_element_type_are_zero_then_what_was_set(comm: &Comm) {
    let shape = ndarray::Dim([3, 4]);
    fills(comm, shape, |at| at % 2 == 0, false);
    fills(comm, shape, |at| at as i8 - 5, 0);
    fills(comm, shape, |at| at as u8, 0);
    fills(comm, shape, |at| at as i16 - 5, 0);
    fills(comm, shape, |at| at as u16, 0);
    fills(comm, shape, |at| at as i32 - 5, 0);
    fills(comm, shape, |at| at as u32, 0);
    fills(comm, shape, |at| at as i64 - 5, 0);
    fills(comm, shape, |at| at as u64 + (1 << 40), 0);
    fills(comm, shape, |at| at as u128 + (1 << 100), 0);
    fills(comm, shape, |at| at as f32 / 3.0, 0.0);
    fills(comm, shape, |at| at as f64 / 3.0, 0.0);
    fills(comm, shape, |at| Complex::new(at as f32, -1.0), Complex::default());
    fills(comm, shape, |at| Complex::new(at as f64, -1.0), Complex::default());
    fills(comm, shape, |at| [at as u8, 1, 2], [0; 3]);
    fills(comm, shape, |_| (), ());
}

fn an_axis_may_be_empty(comm: &Comm) {
    for shape in [(0, 0), (0, 5), (5, 0)] {
        let mut array = Replicated::<f64, _>::zeros(comm, shape).expect("an array");
        assert_eq!((array.dim(), array.len(), array.iter().count()), (shape, 0, 0));
        let nothing = Array::zeros(shape);
        array.set(Some(&nothing), (0, 0), comm.size() - 1).expect("set");
        array.assign_from((comm.rank() == 0).then_some(&*nothing)).expect("assign_from");
    }
    let mut array = Replicated::<f64, _>::zeros(comm, 3).expect("an array");
    array.set(Some(&Array::zeros(0)), 3, 0).expect("set of nothing at the end");
    assert_eq!(array.sum(), 0.0);
}

fn a_shape_that_cannot_fit_is_an_error(comm: &Comm) {
    let error = Replicated::<f64, _>::zeros(comm, (1 << 40, 1 << 40)).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(0)));
    let error = Replicated::<f64, _>::zeros(comm, 1 << 50).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Memory);
    assert!(error.to_string().starts_with("rank 0: "), "{error}");
    assert!(Replicated::<f64, _>::zeros(comm, 10).is_ok(), "the next is made");
}

fn arrays_larger_than_a_page_are_whole(comm: &Comm) {
    let rows = 1000;
    let mut array = Replicated::<u64, _>::zeros(comm, (rows, 333)).expect("an array");
    let whole = Array::from_shape_fn((rows, 333), |(i, j)| (333 * i + j) as u64);
    let last = comm.size() - 1;
    array.assign_from((comm.rank() == last).then_some(&*whole)).expect("assign_from");
    assert_eq!(*array, *whole);
    // A part that isn't one stretch of memory, from the last rank, which is seldom the first of its node.
    array.set(Some(&(&whole.slice(ndarray::s![.., ..100]) * 2)), (0, 50), last).expect("set");
    assert_eq!(array[[999, 50]], 2 * whole[[999, 0]]);
    assert_eq!((array[[999, 49]], array[[999, 150]]), (whole[[999, 49]], whole[[999, 150]]));
}

/// Neither a mapping nor a descriptor is left, on any rank.
fn an_array_is_gone_when_it_is_dropped(comm: &Comm) {
    let mappings = || {
        let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
        maps.lines().filter(|line| line.contains("dsm replicated array")).count()
    };
    let descriptors = || std::fs::read_dir("/proc/self/fd").expect("descriptors").count();
    let before = (mappings(), descriptors());
    for _ in 0..20 {
        let array = Replicated::<f64, _>::zeros(comm, 1000).expect("an array");
        assert_eq!(mappings(), before.0 + 1);
        // Ranks drop it at different times, and what the others have stays whole.
        if comm.rank() == 0 {
            drop(array);
        } else {
            assert_eq!(array.sum(), 0.0);
        }
    }
    assert_eq!((mappings(), descriptors()), before);
}
