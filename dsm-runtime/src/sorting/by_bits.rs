//! The order of numbers of up to 64 bits, by radix.
//!
//! A pass deals the elements, in order, to the places that the counts of one digit give them (least significant digit
//! first). The passes take the leading bits only, as many as tell most elements apart; what they leave equal is sorted by
//! the other bits in the same way, or by insertion where it is short. So random numbers of 64 bits take three passes
//! instead of six, and numbers of a small range one or two.

use super::order::Order;
use super::scratch::Placed;
use crate::element::Element;

/// Bits of a digit: the places of 2^11 digits stay in the second-level cache.
const DIGIT: u32 = 11;
const DIGITS: usize = 1 << DIGIT;
/// Runs under this length are sorted by comparisons.
const SHORT: usize = 1024;
/// Runs up to this length are sorted by insertion.
const SHORTEST: usize = 24;
/// So many bits beyond those that number the elements leave few of random ones equal.
const SPARE: u32 = 6;

/// Compares by a number.
pub(super) struct ByBits<F>(pub(super) F);

impl<T: Element, F: Fn(&T) -> u64 + Sync> Order<T> for ByBits<F> {
    const NEEDS_SCRATCH: bool = true;

    #[inline]
    fn less(&self, left: &T, right: &T) -> bool {
        (self.0)(left) < (self.0)(right)
    }

    fn sort_any(&self, run: &mut [T], scratch: &mut [T]) -> bool {
        sort(run, scratch, &self.0)
    }
}

impl<T: Element, I: Element, F: Fn(&T) -> u64 + Sync> Order<Placed<T, I>> for ByBits<F> {
    const NEEDS_SCRATCH: bool = true;

    #[inline]
    fn less(&self, left: &Placed<T, I>, right: &Placed<T, I>) -> bool {
        self.less(&{ left.element }, &{ right.element })
    }

    fn sort_any(&self, run: &mut [Placed<T, I>], scratch: &mut [Placed<T, I>]) -> bool {
        sort(run, scratch, &|pair: &Placed<T, I>| (self.0)(&{ pair.element }))
    }
}

/// Sorts `run`; tells whether it is now in `scratch`.
fn sort<E: Copy>(run: &mut [E], scratch: &mut [E], bits: &impl Fn(&E) -> u64) -> bool {
    let length = run.len();
    if length <= SHORTEST {
        insert(run, bits);
        return false;
    }
    if length < SHORT || u32::try_from(length).is_err() {
        run.sort_by_key(bits);
        return false;
    }
    let first = bits(&run[0]);
    let varying = run.iter().fold(0, |varying, element| varying | (bits(element) ^ first));
    if varying == 0 {
        return false;
    }
    let (lowest, top) = (varying.trailing_zeros(), u64::BITS - varying.leading_zeros());
    let wanted = (top - lowest).min(length.ilog2() + 1 + SPARE);
    let passes = wanted.div_ceil(DIGIT);
    let low = top.saturating_sub(passes * DIGIT).max(lowest);
    let moved = deal(run, scratch, low, passes, bits);
    if low > lowest {
        let (sorted, other) = if moved { (scratch, run) } else { (run, scratch) };
        settle_equal(sorted, other, low, bits);
    }
    moved
}

/// Sorts by `passes` digits from the bit `low` on; tells whether the elements are now in `to`.
fn deal<'e, E: Copy>(
    mut from: &'e mut [E],
    mut to: &'e mut [E],
    low: u32,
    passes: u32,
    bits: &impl Fn(&E) -> u64,
) -> bool {
    let mut counts = vec![[0_u32; DIGITS]; passes as usize];
    for element in &*from {
        let mut rest = bits(element) >> low;
        for counts in &mut counts {
            counts[rest as usize % DIGITS] += 1;
            rest >>= DIGIT;
        }
    }
    let mut moved = false;
    for (pass, places) in (0..).zip(&mut counts) {
        if places.iter().any(|&count| count as usize == from.len()) {
            continue;
        }
        let mut next = 0;
        for place in places.iter_mut() {
            next += std::mem::replace(place, next);
        }
        let shift = low + pass * DIGIT;
        for element in &*from {
            let place = &mut places[(bits(element) >> shift) as usize % DIGITS];
            to[*place as usize] = *element;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
        moved = !moved;
    }
    moved
}

/// Sorts what is equal from the bit `low` on by the other bits.
fn settle_equal<E: Copy>(sorted: &mut [E], other: &mut [E], low: u32, bits: &impl Fn(&E) -> u64) {
    let mut start = 0;
    while start < sorted.len() {
        let leading = bits(&sorted[start]) >> low;
        let equal = sorted[start + 1..].iter().take_while(|element| bits(element) >> low == leading).count();
        let end = start + 1 + equal;
        if equal > 0 {
            let (run, scratch) = (&mut sorted[start..end], &mut other[start..end]);
            if sort(run, scratch, bits) {
                run.copy_from_slice(scratch);
            }
        }
        start = end;
    }
}

fn insert<E: Copy>(run: &mut [E], bits: &impl Fn(&E) -> u64) {
    for sorted in 1..run.len() {
        let element = run[sorted];
        let number = bits(&element);
        let place = run[..sorted].iter().rposition(|other| bits(other) <= number).map_or(0, |place| place + 1);
        run.copy_within(place..sorted, place + 1);
        run[place] = element;
    }
}
