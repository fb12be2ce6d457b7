//! What may lie in shared memory.
//!
//! Not here: the derive macro, which checks a struct's duties at compile time and lives in `dsm-macros`.
#![allow(unsafe_code)]

use num_complex::Complex;
use std::num::Wrapping;

/// A type whose values may lie in shared memory.
///
/// Implemented for the integers, `f32`, `f64`, `bool`, `()`, `num_complex::Complex`, `Wrapping`, arrays of elements,
/// and by `#[derive(dsm::Element)]` for `#[repr(C)]` structs of elements without padding.
///
/// ```
/// fn bytes<T: dsm::Element>(n: usize) -> usize {
///     n * size_of::<T>()
/// }
/// assert_eq!(bytes::<[f64; 3]>(10), 240);
/// ```
///
/// # Safety
///
/// Of every value of the type:
///
/// - it has no padding, no pointer, no reference and no interior mutability;
/// - all bytes zero is a valid value;
/// - any mix of the bytes of two valid values is a valid value, because a worker may die in the middle of a write.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't lie in shared memory",
    label = "not an `Element`",
    note = "an element is plain data: integers, f32, f64, bool, complex numbers, arrays of them, or a `#[repr(C)]` struct of them with `#[derive(Clone, Copy, dsm::Element)]`",
    note = "references, `String`, `Vec`, `char`, enums and `NonZero` types are not: their bytes aren't free to be shared, zeroed or torn"
)]
pub unsafe trait Element: Copy + Send + Sync + 'static {}

macro_rules! elements {
    ($($t:ty)*) => { $(
        #[diagnostic::do_not_recommend]
        // SAFETY: a primitive number without padding or pointers, for which every bit pattern is valid.
        unsafe impl Element for $t {}
    )* };
}

elements! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 }

// SAFETY: one byte, 0 or 1; a mix of the bytes of two bools is one of the two; zero is `false`.
#[diagnostic::do_not_recommend]
unsafe impl Element for bool {}

// SAFETY: no bytes at all; `Lock` guards it where it guards nothing.
#[diagnostic::do_not_recommend]
unsafe impl Element for () {}

// SAFETY: `Complex` is `repr(C)` with two fields of one type, so it has no padding; the duties hold field by field.
#[diagnostic::do_not_recommend]
unsafe impl<T: Element> Element for Complex<T> {}

// SAFETY: `Wrapping` is `repr(transparent)`.
#[diagnostic::do_not_recommend]
unsafe impl<T: Element> Element for Wrapping<T> {}

// SAFETY: an array has no padding between its elements; the duties hold element by element.
#[diagnostic::do_not_recommend]
unsafe impl<T: Element, const N: usize> Element for [T; N] {}
