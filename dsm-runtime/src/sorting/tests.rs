//! Sorts against the standard library's, merges and merge paths against their definition.

use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering as Memory};

use ndarray::{Array1, Array2, s};
use num_complex::Complex;
use proptest::collection::vec;
use proptest::prelude::*;

use super::merge::{from_left, halved, merge_pairs, runs};
use super::order::Order;
use super::scratch::Placed;
use super::{Side, SortKey, by_bits::ByBits, places, search, values};
use crate::element::Element;

/// As numpy orders floats, without keys.
fn by_value(left: &f64, right: &f64) -> Ordering {
    left.partial_cmp(right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

/// Doubles with everything that is special about them, and many equal ones.
fn doubles() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => any::<f64>(),
        4 => 0.0..1.0_f64,
        4 => (-4..4_i32).prop_map(f64::from),
        1 => Just(-0.0),
        1 => Just(0.0),
        1 => Just(f64::NAN),
        1 => Just(-f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
    ]
}

/// Short and long arrays: the seed is repeated, each time shifted a little, so that long ones are cheap to make.
fn arrays() -> impl Strategy<Value = Vec<f64>> {
    (vec(doubles(), 0..300), 1_usize..300, any::<bool>()).prop_map(|(seed, times, shift)| {
        let shifted = |time: usize| seed.iter().map(move |&x| if shift { x + time as f64 * 1e-7 } else { x });
        (0..times).flat_map(shifted).collect()
    })
}

fn bits(array: &[f64]) -> Vec<u64> {
    array.iter().map(|x| x.to_bits()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn values_are_sorted_as_by_the_stable_sort(array in arrays(), threads in 1_usize..6, stride in 1_usize..3) {
        let mut expected: Vec<f64> = array.iter().step_by(stride).copied().collect();
        expected.sort_by(by_value);
        let mut found = Array1::from_vec(array.clone());
        values::sort(&mut found.slice_mut(s![..;stride]), threads, &ByBits(|x: &f64| x.bits().unwrap())).unwrap();
        prop_assert_eq!(bits(&found.iter().step_by(stride).copied().collect::<Vec<_>>()), bits(&expected));
        let mut found = Array1::from_vec(array);
        values::sort(&mut found.slice_mut(s![..;stride]), threads, &super::by_key::ByKey(f64::sort_key)).unwrap();
        prop_assert_eq!(bits(&found.iter().step_by(stride).copied().collect::<Vec<_>>()), bits(&expected));
    }

    #[test]
    fn places_are_those_of_the_stable_sort(array in arrays(), threads in 1_usize..6, step in -2_isize..3) {
        let whole = Array1::from_vec(array);
        let array = whole.slice(s![..;if step == 0 { 1 } else { step }]);
        let mut expected: Vec<usize> = (0..array.len()).collect();
        expected.sort_by(|&left, &right| by_value(&array[left], &array[right]));
        let by_bits = ByBits(|x: &f64| x.bits().unwrap());
        prop_assert_eq!(places::argsort::<_, u32, _>(&array, threads, &by_bits).unwrap().to_vec(), expected.clone());
        prop_assert_eq!(places::argsort::<_, usize, _>(&array, threads, &by_bits).unwrap().to_vec(), expected.clone());
        let by_key = super::by_key::ByKey(f64::sort_key);
        prop_assert_eq!(places::argsort::<_, u32, _>(&array, threads, &by_key).unwrap().to_vec(), expected);
    }

    #[test]
    fn searched_places_are_partition_points(mut array in arrays(), wanted in vec(doubles(), 0..50), threads in 1_usize..4) {
        array.sort_by(by_value);
        let sorted = Array1::from_vec(array.clone());
        let doubled = Array1::from_iter(array.iter().flat_map(|&x| [x, 7.0]));
        let wanted = Array1::from_iter(wanted.into_iter().chain(array.iter().step_by(100).copied()));
        let left = wanted.map(|value| array.partition_point(|x| by_value(x, value).is_lt()));
        let right = wanted.map(|value| array.partition_point(|x| by_value(x, value).is_le()));
        for sorted in [sorted.view(), doubled.slice(s![..;2])] {
            prop_assert_eq!(&*search::searchsorted(&sorted, &wanted, Side::Left, threads).unwrap(), &left);
            prop_assert_eq!(&*search::searchsorted(&sorted, &wanted, Side::Right, threads).unwrap(), &right);
        }
    }

    #[test]
    fn a_merge_path_splits_the_stable_merge(mut left in vec(0..20_u8, 0..60), mut right in vec(0..20_u8, 0..60)) {
        left.sort_unstable();
        right.sort_unstable();
        // Where they come from: (value, 0) on the left, (value, 1) on the right.
        let (l, r): (Vec<_>, Vec<_>) =
            (left.iter().map(|&x| (x, 0)).collect(), right.iter().map(|&x| (x, 1)).collect());
        let mut merged = [l.clone(), r.clone()].concat();
        merged.sort_by_key(|&(x, _)| x);
        let less = |left: &(u8, u8), right: &(u8, u8)| left.0 < right.0;
        for count in 0..=merged.len() {
            let expected = merged[..count].iter().filter(|&&(_, side)| side == 0).count();
            prop_assert_eq!(from_left(&l, &r, count, less), expected);
        }
        for threads in [1, 2, 3, 7] {
            let mut out = vec![(99, 99); merged.len()];
            merge_pairs(&[&l, &r], &mut out, threads, less, |element| element);
            prop_assert_eq!(&out, &merged);
        }
    }

    #[test]
    fn pairs_of_runs_become_runs(lengths in vec(0_usize..40, 1..9), threads in 1_usize..5) {
        let mut all: Vec<u32> = Vec::new();
        let mut ends = vec![0];
        for (number, &length) in lengths.iter().enumerate() {
            all.extend((0..length).map(|place| (place * (number + 1)) as u32));
            ends.push(all.len());
        }
        let mut out = vec![0; all.len()];
        merge_pairs(&runs(&all, &ends), &mut out, threads, |left, right| left < right, |element| element);
        let ends = halved(&ends);
        prop_assert_eq!(ends.len() - 1, lengths.len().div_ceil(2));
        prop_assert!(runs(&out, &ends).iter().all(|run| run.is_sorted()));
        all.sort_unstable();
        out.sort_unstable();
        prop_assert_eq!(all, out);
    }

    #[test]
    fn an_order_that_contradicts_itself_or_panics_leaves_a_permutation(
        numbers in vec(any::<u64>(), 2..3000), threads in 1_usize..6, after in 0_usize..20_000, panics: bool,
    ) {
        let calls = AtomicUsize::new(0);
        let key = |x: &u64| {
            let call = calls.fetch_add(1, Memory::Relaxed);
            assert!(!panics || call < after, "the key panics");
            // Another order at each comparison.
            x.rotate_left(call as u32 * 7)
        };
        let mut array = Array1::from_vec(numbers.clone());
        let outcome = catch_unwind(AssertUnwindSafe(|| values::sort(&mut array, threads, &super::by_key::ByKey(key))));
        if let Err(payload) = outcome {
            // The standard sort may notice that an order is none, and say so.
            let text = payload.downcast_ref::<String>().map_or("", |text| text);
            let text = payload.downcast_ref::<&str>().copied().unwrap_or(text);
            prop_assert!(text.contains("the key panics") || text.contains("total order"), "{}", text);
        }
        let (mut found, mut expected) = (array.to_vec(), numbers);
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

fn assert_sorted_stably<T: Element + SortKey>(array: Vec<T>) {
    let mut expected: Vec<(T, usize)> = array.iter().copied().zip(0..).collect();
    expected.sort_by_key(|(element, _)| element.sort_key());
    let order = ByBits(|x: &T| x.bits().unwrap());
    let mut run: Vec<_> =
        array.iter().zip(0..).map(|(&element, place)| Placed { element, place: place as u32 }).collect();
    let mut scratch = run.clone();
    let moved = order.sort_any(&mut run, &mut scratch);
    let found = if moved { scratch } else { run };
    assert!(found.iter().zip(expected).all(|(found, (_, place))| { found.place } as usize == place));
}

#[test]
fn radix_sorts_every_width_of_digits_and_what_they_leave_equal() {
    let mut state = 7_u64;
    let mut random = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state ^ (state >> 29)
    };
    for length in [1024, 5000, 70_000] {
        let numbers: Vec<u64> = (0..length).map(|_| random()).collect();
        assert_sorted_stably(numbers.iter().map(|x| *x as u8).collect());
        assert_sorted_stably(numbers.iter().map(|x| *x as i16).collect());
        assert_sorted_stably(numbers.iter().map(|x| *x as i64 >> 20).collect());
        assert_sorted_stably(numbers.iter().map(|x| x % 2 == 0).collect());
        assert_sorted_stably(numbers.iter().map(|x| *x as f32).collect());
        // Two far ends make the leading bits useless for the rest, so that all but the last digits are equal.
        assert_sorted_stably(numbers.iter().map(|x| if x % 1000 == 0 { *x } else { x % 5000 }).collect());
        assert_sorted_stably(numbers.iter().map(|x| (x % 3) << 60 | (x % 7) << 30 | (x % 11)).collect());
        assert_sorted_stably(vec![42_u64; length]);
        assert_sorted_stably(numbers);
    }
}

#[test]
fn complex_numbers_are_in_the_order_of_numpy() {
    let nan = f64::NAN;
    let order = [
        (-1.0, 5.0),
        (-0.0, 1.0),
        (0.0, 2.0),
        (3.0, -1.0),
        (0.0, nan),
        (2.0, nan),
        (nan, -1.0),
        (nan, 4.0),
        (nan, nan),
    ];
    let order: Vec<_> = order.iter().map(|&(re, im)| Complex { re, im }).collect();
    assert!(order.windows(2).all(|pair| pair[0].sort_key() < pair[1].sort_key()));
}

#[test]
fn numbers_have_bits_in_their_order() {
    fn check<T: SortKey>(ascending: &[T]) {
        assert!(
            ascending.windows(2).all(|pair| pair[0].bits() < pair[1].bits() && pair[0].sort_key() < pair[1].sort_key())
        );
        assert!(ascending.iter().all(|x| x.bits().is_some()));
    }
    check(&[i8::MIN, -1, 0, 1, i8::MAX]);
    check(&[i64::MIN, -1, 0, 1, i64::MAX]);
    check(&[0, 1, u64::MAX]);
    check(&[false, true]);
    check(&[f32::NEG_INFINITY, f32::MIN, -1e-45, 0.0, 1e-45, 1.0, f32::MAX, f32::INFINITY, f32::NAN]);
    check(&[f64::NEG_INFINITY, f64::MIN, -5e-324, -0.0, 5e-324, 1.0, f64::MAX, f64::INFINITY, -f64::NAN]);
}

#[test]
fn values_of_any_shape_are_searched() {
    let sorted = Array1::from_vec(vec![1, 3, 3, 9]);
    let wanted = Array2::from_shape_fn((3, 4), |(row, column)| row * 4 + column);
    for threads in [1, 2, 5] {
        let found = search::searchsorted(&sorted, &wanted.t(), Side::Right, threads).unwrap();
        assert_eq!(*found, wanted.t().map(|value| sorted.iter().filter(|x| *x <= value).count()));
        assert_eq!(search::searchsorted(&sorted, &wanted.slice(s![..0, ..]), Side::Left, threads).unwrap().len(), 0);
    }
}
