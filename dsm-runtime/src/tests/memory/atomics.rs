//! Atomic cells and elements of every width, used by several threads at once.
#![allow(unsafe_code)]

use std::thread::yield_now;

use ndarray::{Ix1, Ix2};

use super::heap_team::HeapTeam;
use crate::sync::{Atomic, AtomicBits, AtomicElement, AtomicNumber};
use crate::view::{Access, Atomics, Mode, Raw, Read, Split, View};

const RANKS: usize = 3;
const ROUNDS: u8 = if cfg!(miri) { 4 } else { 40 };

/// Rank 0 writes to plain memory and then `gives` a sign; rank 1 waits until it `takes` the sign, and reads.
fn hand_over<T: AtomicElement>(gives: impl Fn(&Atomic<T>) + Sync, takes: impl Fn(&Atomic<T>) -> bool + Sync) {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<u64, Ix1>(0, "message", [1])?;
        declaration.cell::<Atomic<T>>(1, "sign")
    });
    team.call(2, &[Access::new(0, Mode::Raw)], |source| {
        let mut message: Raw<'_, u64, Ix1> = source.array(0);
        let sign: &Atomic<T> = source.cell(1);
        if source.id() == 0 {
            // SAFETY: the other rank reads it only after it has taken the sign, which is given after this.
            unsafe { message.set(0, 42) };
            gives(sign);
        } else {
            while !takes(sign) {
                yield_now();
            }
            // SAFETY: as above.
            assert_eq!(unsafe { message.get(0) }, 42);
        }
    });
}

/// What was written before an operation that writes is visible after any that reads it.
fn orders<T: AtomicElement + PartialEq>(zero: T, one: T) {
    hand_over::<T>(|sign| sign.store(one), |sign| sign.load() == one);
    hand_over::<T>(|sign| assert!(sign.swap(one) == zero), |sign| sign.swap(zero) == one);
    hand_over::<T>(
        |sign| assert!(sign.compare_exchange(zero, one) == Ok(zero)),
        |sign| sign.compare_exchange(one, zero).is_ok(),
    );
    hand_over::<T>(|sign| sign.store(one), |sign| sign.compare_exchange(zero, zero) == Err(one));
}

fn orders_numbers<T: AtomicNumber + PartialEq>(zero: T, one: T) {
    orders(zero, one);
    hand_over::<T>(|sign| assert!(sign.fetch_add(one) == zero), |sign| sign.fetch_sub(zero) == one);
    hand_over::<T>(|sign| assert!(sign.fetch_max(one) == zero), |sign| sign.fetch_min(one) == one);
}

fn orders_bits<T: AtomicBits + PartialEq>(zero: T, one: T) {
    hand_over::<T>(|sign| assert!(sign.fetch_or(one) == zero), |sign| sign.fetch_and(one) == one);
    hand_over::<T>(|sign| assert!(sign.fetch_xor(one) == zero), |sign| sign.fetch_xor(zero) == one);
}

/// Ranks count in neighbouring elements and in a cell, then read what all have counted.
fn counts<T: AtomicNumber + PartialEq + std::fmt::Debug>(number: impl Fn(u8) -> T + Sync) {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<T, Ix2>(0, "bins", [2, 3])?;
        declaration.cell::<Atomic<T>>(1, "total")
    });
    let counted = team.call(RANKS, &[Access::new(0, Mode::Atomic)], |source| {
        let team = source.team();
        let bins: Atomics<'_, T, Ix2> = source.array(0);
        let total: &Atomic<T> = source.cell(1);
        for round in 0..ROUNDS {
            bins[[usize::from(round) % 2, team.id()]].fetch_add(number(1));
            bins[[0, 0]].fetch_sub(number(0));
            total.fetch_add(number(1));
        }
        let bins: Read<'_, T, Ix2> = team.phase(bins.publish());
        assert!(bins.iter().all(|&bin| bin == number(ROUNDS / 2)), "{bins:?}");
        let mut bins: Split<'_, T, Ix2> = team.phase(bins.split_axis(1));
        bins.fill(number(1));
        let bins = team.phase(bins.atomics());
        bins[[1, 2]].fetch_max(number(7));
        bins[[0, 1]].fetch_min(number(0));
        total.load()
    });
    assert!(counted.contains(&number(ROUNDS * RANKS as u8)), "{counted:?}");
    assert_eq!(team.elements::<T>(0), [1, 0, 1, 1, 1, 7].map(number));
}

macro_rules! numbers {
    ($($test:ident: $($t:ty)*;)*) => { $(
        #[test]
        fn $test() {
            $(
                orders_numbers::<$t>(0 as $t, 1 as $t);
                counts::<$t>(|number| number as $t);
            )*
        }
    )* };
}

numbers! {
    bytes_are_counted_and_order_memory: u8 i8;
    short_integers_are_counted_and_order_memory: u16 i16;
    integers_are_counted_and_order_memory: u32 i32;
    long_integers_are_counted_and_order_memory: u64 i64 usize isize;
    floats_are_counted_and_order_memory: f32 f64;
}

#[test]
fn bits_and_truths_order_memory() {
    orders(false, true);
    orders_bits(false, true);
    orders_bits::<u8>(0, 1);
    orders_bits::<u16>(0, 1 << 15);
    orders_bits::<i32>(0, -1);
    orders_bits::<u64>(0, 1 << 63);
}

#[test]
fn truths_lie_side_by_side() {
    let mut team = HeapTeam::new(|declaration| declaration.array::<bool, Ix1>(0, "seen", [5]));
    team.call(RANKS, &[Access::new(0, Mode::Atomic)], |source| {
        let seen: Atomics<'_, bool, Ix1> = source.array(0);
        seen[source.id()].store(true);
        seen[4].fetch_xor(true);
        assert!(!seen[3].fetch_or(false));
    });
    assert_eq!(team.elements::<bool>(0), [true, true, true, false, true]);
}
