//! Merging sorted runs, each merge by all threads.
//!
//! The output of a merge is cut into even parts; where each part begins in the two runs is found by a binary search along
//! the *merge path*, so that threads merge apart from one another. Source: S. Odeh, O. Green, Z. Mwassi, O. Shmueli,
//! Y. Birk, *Merge Path – Parallel Merging Made Simple*, IPDPS Workshops 2012.

use std::hint::select_unpredictable;

use crate::threads::{cuts, do_all};

/// How many of the first `count` elements of the stable merge come from `left`; the rest come from `right`.
pub(super) fn from_left<E>(left: &[E], right: &[E], count: usize, less: impl Fn(&E, &E) -> bool) -> usize {
    let (mut low, mut high) = (count.saturating_sub(right.len()), count.min(left.len()));
    while low < high {
        let middle = low + (high - low) / 2;
        // Of equal elements those of the left come first.
        if less(&right[count - 1 - middle], &left[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// Merges two runs into `out`, which holds as many elements as both. Of equal ones those of the left come first.
pub(super) fn merge<E: Copy, O>(
    left: &[E],
    right: &[E],
    out: &mut [O],
    less: impl Fn(&E, &E) -> bool,
    emit: impl Fn(E) -> O,
) {
    let (mut i, mut j) = (0, 0);
    let mut out = out.iter_mut();
    // What comes next is as good as random: a branch on it would be mispredicted at every other element.
    while let (Some(l), Some(r)) = (left.get(i), right.get(j)) {
        let Some(out) = out.next() else { return };
        let right_first = less(r, l);
        *out = emit(select_unpredictable(right_first, *r, *l));
        i += usize::from(!right_first);
        j += usize::from(right_first);
    }
    for (out, &element) in out.zip(left[i..].iter().chain(&right[j..])) {
        *out = emit(element);
    }
}

/// Merges runs in pairs into `out`, which holds as many elements as all of them together; the last of an odd number is
/// copied. All threads work on all merges: the output is cut into as many parts.
pub(super) fn merge_pairs<E: Copy + Send + Sync, O: Send>(
    runs: &[&[E]],
    mut out: &mut [O],
    threads: usize,
    less: impl Fn(&E, &E) -> bool + Sync,
    emit: impl Fn(E) -> O + Sync,
) {
    let ends = cuts(out.len(), threads);
    let mut done = 0;
    let mut pieces = Vec::with_capacity(threads + runs.len());
    for pair in runs.chunks(2) {
        let (mut left, mut right) = (pair[0], *pair.get(1).unwrap_or(&&[][..]));
        let end = done + left.len() + right.len();
        for &cut in ends.iter().filter(|&&cut| done < cut && cut < end).chain([&end]).collect::<Vec<_>>() {
            let (part, rest) = out.split_at_mut(cut - done);
            let count = from_left(left, right, part.len(), &less);
            let (l, r) = (left.split_at(count), right.split_at(part.len() - count));
            pieces.push((l.0, r.0, part));
            (left, right, out, done) = (l.1, r.1, rest, cut);
        }
    }
    do_all(threads, pieces, |(left, right, part)| merge(left, right, part, &less, &emit));
}

/// The runs of `all` that end where `ends` says, which begins with 0.
pub(super) fn runs<'e, E>(all: &'e [E], ends: &[usize]) -> Vec<&'e [E]> {
    ends.windows(2).map(|range| &all[range[0]..range[1]]).collect()
}

/// The ends of the runs once each two are one.
pub(super) fn halved(ends: &[usize]) -> Vec<usize> {
    let last = (ends.len() - 1) % 2 == 1;
    ends.iter().step_by(2).chain(ends.last().filter(|_| last)).copied().collect()
}
