//! Reading without communication.
#![allow(unsafe_code)]

use dsm::mpi::{Comm, Replicated};
use ndarray::{Array1, ArrayRef2, Axis, s};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("an_array_reads_as_one_of_ndarray", an_array_reads_as_one_of_ndarray),
    ("threads_of_a_rank_read_at_once", threads_of_a_rank_read_at_once),
    ("the_text_shows_the_first_and_last_two_of_many", the_text_shows_the_first_and_last_two_of_many),
    ("a_forked_child_is_refused", a_forked_child_is_refused),
];

fn an_array_reads_as_one_of_ndarray(comm: &Comm) {
    fn trace(of: &ArrayRef2<f64>) -> f64 {
        of.diag().sum()
    }
    let mut array = Replicated::<f64, _>::zeros(comm, (3, 4)).expect("an array");
    let given = Array1::range(0.0, 12.0, 1.0).into_shape_with_order((3, 4)).expect("twelve");
    array.assign_from((comm.rank() == 0).then_some(&*given)).expect("assign_from");
    // As many reads as the rank's number: nobody waits for anybody.
    for _ in 0..=comm.rank() {
        assert_eq!((array.len(), array.nrows(), array.iter().count()), (12, 3, 12));
        assert_eq!((array[[2, 3]], trace(&array)), (11.0, 15.0));
        assert_eq!(array.slice(s![1, ..;2]), ndarray::array![4.0, 6.0]);
        assert_eq!(array.sum_axis(Axis(0)), ndarray::array![12.0, 15.0, 18.0, 21.0]);
        assert_eq!(&*array + &*array, 2.0 * &given);
    }
}

fn threads_of_a_rank_read_at_once(comm: &Comm) {
    let mut array = Replicated::<u64, _>::zeros(comm, 1000).expect("an array");
    array.set(Some(&Array1::from_iter(0..1000)), 0, 0).expect("set");
    let elements = &*array;
    let sums = std::thread::scope(|scope| {
        let halves = [0..500, 500..1000].map(|half| scope.spawn(move || elements.slice(s![half]).sum()));
        halves.map(|half| half.join().expect("a sum"))
    });
    assert_eq!(sums[0] + sums[1], 499_500);
}

fn the_text_shows_the_first_and_last_two_of_many(comm: &Comm) {
    let vector = |length: u32| {
        let mut array = Replicated::<u32, _>::zeros(comm, length as usize).expect("an array");
        array.set(Some(&Array1::from_iter(0..length)), 0, 0).expect("set");
        array.to_string()
    };
    assert_eq!((vector(0).as_str(), vector(1).as_str(), vector(4).as_str()), ("", "0", "0 1 2 3"));
    assert_eq!((vector(5).as_str(), vector(100).as_str()), ("0 1 ... 3 4", "0 1 ... 98 99"));
    let mut array = Replicated::<u32, _>::zeros(comm, (6, 2, 2)).expect("an array");
    array
        .set(Some(&Array1::from_iter(0..24).into_shape_with_order((6, 2, 2)).expect("24")), (0, 0, 0), 0)
        .expect("set");
    let text = "[0 1] [2 3]\n[4 5] [6 7]\n...\n[16 17] [18 19]\n[20 21] [22 23]";
    assert_eq!(array.to_string(), text);
    let debug = format!("{array:?}");
    assert!(debug.contains("shape: [6, 2, 2]") && debug.contains("u32"), "{debug}");
}

fn a_forked_child_is_refused(comm: &Comm) {
    use nix::sys::wait::{WaitStatus, waitpid};
    use nix::unistd::{ForkResult, fork};
    let mut array = Replicated::<u32, _>::zeros(comm, 10).expect("an array");
    // SAFETY: the child calls nothing but what is tested, and ends without running the parent's exit handlers.
    match unsafe { fork() }.expect("fork") {
        ForkResult::Child => {
            std::panic::set_hook(Box::new(|_| ()));
            let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| array[0])).is_ok();
            let wrote = array.set(Some(&ndarray::array![1]), 0, 0).is_ok();
            // SAFETY: ends the child.
            unsafe { libc::_exit(i32::from(read) + 2 * i32::from(wrote)) };
        }
        ForkResult::Parent { child } => {
            assert_eq!(waitpid(child, None).expect("the child"), WaitStatus::Exited(child, 0));
        }
    }
    assert_eq!(array.sum(), 0);
}
