//! What a sort needs to know of its elements, and the first half of every sort: a sorted run for each thread.

use ndarray::{ArrayRef, Axis, Ix1};

use crate::threads::{cuts, do_all};

/// An order of elements, and the way to sort one run by it.
pub(super) trait Order<E>: Sync {
    /// Whether sorting a run takes as much memory again.
    const NEEDS_SCRATCH: bool;

    fn less(&self, left: &E, right: &E) -> bool;

    /// Sorts a run, stably; tells whether it is now in `scratch`, which is as long if it is needed. Should the order
    /// panic, `run` is a permutation of what it was.
    fn sort_any(&self, run: &mut [E], scratch: &mut [E]) -> bool;

    /// As [`sort_any`](Order::sort_any), with less work for what is in order or in reverse.
    fn sort(&self, run: &mut [E], scratch: &mut [E]) -> bool {
        if run.is_sorted_by(|left, right| !self.less(right, left)) {
            return false;
        }
        // Equal elements would change places.
        if run.is_sorted_by(|left, right| self.less(right, left)) {
            run.reverse();
            return false;
        }
        self.sort_any(run, scratch)
    }
}

/// Which of two buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Buffer {
    First,
    Second,
}

/// Has each thread prepare and sort one run of `first`, whose number of elements is in `ends`; the runs end in `buffer`.
/// `prepare` is given where the run begins.
pub(super) fn sort_runs<E: Copy + Send>(
    mut first: &mut [E],
    mut second: &mut [E],
    buffer: Buffer,
    ends: &[usize],
    order: &impl Order<E>,
    prepare: impl Fn(usize, &mut [E]) + Sync,
) {
    let mut pieces = Vec::with_capacity(ends.len());
    for range in ends.windows(2) {
        let length = range[1] - range[0];
        let (run, rest) = first.split_at_mut(length);
        let (scratch, others) = second.split_at_mut(length.min(second.len()));
        (first, second) = (rest, others);
        pieces.push((range[0], run, scratch));
    }
    do_all(pieces.len(), pieces, |(start, run, scratch)| {
        prepare(start, run);
        match (order.sort(run, scratch), buffer) {
            (true, Buffer::First) => run.copy_from_slice(scratch),
            (false, Buffer::Second) => scratch.copy_from_slice(run),
            (false, Buffer::First) | (true, Buffer::Second) => {}
        }
    });
}

/// Whether each two neighbours are in this order, looked at by all threads.
pub(super) fn is_sorted_by<T: Send + Sync>(
    array: &ArrayRef<T, Ix1>,
    threads: usize,
    in_order: impl Fn(&T, &T) -> bool + Sync,
) -> bool {
    let mut outcomes = vec![true; threads];
    let ends = cuts(array.len(), threads);
    let pieces = ends.windows(2).zip(&mut outcomes).collect();
    do_all(threads, pieces, |(range, outcome)| {
        let with_neighbour = (range[1] + 1).min(array.len());
        let (part, _) = array.view().split_at(Axis(0), with_neighbour);
        let (_, part) = part.split_at(Axis(0), range[0]);
        *outcome = match part.as_slice() {
            Some(part) => part.is_sorted_by(&in_order),
            None => part.iter().is_sorted_by(|left, right| in_order(left, right)),
        };
    });
    outcomes.into_iter().all(|sorted| sorted)
}
