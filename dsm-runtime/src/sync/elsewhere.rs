//! Atomic values whose memory is another node's: their operations run there, where the driver has them.
//!
//! Ranks on the driver's node use the hardware, and so does the agent there for all others: each value has one place, and
//! every operation on it is one of the hardware's.
#![allow(unsafe_code)]

use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::atomic::Atomic;
use super::atomic_element::{AtomicBits, AtomicElement, AtomicNumber};
use super::words::ErrandTold;
use crate::element::Element;
use crate::nodes::number_of_operation;
use crate::segment::Memory;
use crate::team::current;

/// One operation on a value at this place: two values in, two out.
///
/// # Safety
///
/// - At the place lies an atomic of the type that the operation was made for.
pub(crate) type Operation = unsafe fn(NonNull<u8>, [u64; 2]) -> [u64; 2];

/// Where this process has its copy of the arrays, when they are another node's to change atomically.
static START: AtomicUsize = AtomicUsize::new(0);
static LENGTH: AtomicUsize = AtomicUsize::new(0);

/// Has this process, a worker's, do what it does atomically in these arrays on the driver's node.
pub(crate) fn go_elsewhere(memory: &Memory) {
    START.store(memory.at(0, 0).as_ptr() as usize, Ordering::Relaxed);
    LENGTH.store(memory.length(), Ordering::Relaxed);
}

/// Runs an operation on the driver's node, where the cell is one of its.
#[inline]
pub(super) fn elsewhere<T: AtomicElement>(
    cell: &Atomic<T>,
    operation: Operation,
    values: [u64; 2],
) -> Option<[u64; 2]> {
    if LENGTH.load(Ordering::Relaxed) == 0 {
        return None;
    }
    run_elsewhere(std::ptr::from_ref(cell).cast::<u8>() as usize, operation, values)
}

#[cold]
fn run_elsewhere(address: usize, operation: Operation, values: [u64; 2]) -> Option<[u64; 2]> {
    let place = address.wrapping_sub(START.load(Ordering::Relaxed));
    if place >= LENGTH.load(Ordering::Relaxed) {
        return None;
    }
    let Some(context) = current() else {
        panic!("on a node other than the driver's, atomics are used on the worker's own thread")
    };
    context.check();
    let function = match number_of_operation(operation) {
        Ok(function) => function,
        Err(error) => panic!("{error}"),
    };
    match context.engine.errand(ErrandTold { function, place: place as u64, values }) {
        Ok(values) => Some(values),
        Err(_) => context.leave(),
    }
}

/// A value as the number that its bytes begin.
pub(super) fn number<T: Element>(value: T) -> u64 {
    const { assert!(size_of::<T>() <= size_of::<u64>()) };
    let mut number = 0_u64;
    // SAFETY: both places are as large as the value, which has no padding (`Element`), and apart.
    unsafe { (&raw const value).cast::<u8>().copy_to_nonoverlapping((&raw mut number).cast(), size_of::<T>()) };
    number
}

/// The value whose bytes begin a number that [`number`] made of one of the type.
pub(super) fn value<T: Element>(number: u64) -> T {
    const { assert!(size_of::<T>() <= size_of::<u64>()) };
    // SAFETY: the number is as large at least; its first bytes are those of a `T`.
    unsafe { (&raw const number).cast::<T>().read_unaligned() }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident<T: $bound:ident>($cell:ident, $one:ident, $other:ident) => $result:expr;)*) => { $(
        pub(super) unsafe fn $name<T: $bound>(place: NonNull<u8>, values: [u64; 2]) -> [u64; 2] {
            // SAFETY: the caller says what lies here.
            let $cell = unsafe { place.cast::<Atomic<T>>().as_ref() };
            let [$one, $other] = values.map(value::<T>);
            let _ = ($one, $other);
            $result
        }
    )* };
}

operations! {
    load<T: AtomicElement>(cell, one, other) => [number(cell.load()), 0];
    store<T: AtomicElement>(cell, one, other) => { cell.store(one); [0; 2] };
    swap<T: AtomicElement>(cell, one, other) => [number(cell.swap(one)), 0];
    compare_exchange<T: AtomicElement>(cell, one, other) => match cell.compare_exchange(one, other) {
        Ok(before) => [number(before), 1],
        Err(found) => [number(found), 0],
    };
    fetch_add<T: AtomicNumber>(cell, one, other) => [number(cell.fetch_add(one)), 0];
    fetch_sub<T: AtomicNumber>(cell, one, other) => [number(cell.fetch_sub(one)), 0];
    fetch_min<T: AtomicNumber>(cell, one, other) => [number(cell.fetch_min(one)), 0];
    fetch_max<T: AtomicNumber>(cell, one, other) => [number(cell.fetch_max(one)), 0];
    fetch_and<T: AtomicBits>(cell, one, other) => [number(cell.fetch_and(one)), 0];
    fetch_or<T: AtomicBits>(cell, one, other) => [number(cell.fetch_or(one)), 0];
    fetch_xor<T: AtomicBits>(cell, one, other) => [number(cell.fetch_xor(one)), 0];
}
