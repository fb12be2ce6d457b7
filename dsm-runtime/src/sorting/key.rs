//! The order of numbers.

use std::num::Wrapping;

use num_complex::Complex;

/// A type whose values [`sort`](crate::sort()), [`argsort`](crate::argsort) and [`searchsorted`](crate::searchsorted)
/// put in order: that of their keys.
///
/// Implemented for the integers, `bool`, `f32`, `f64`, `Wrapping` and `Complex`, in the order of numpy: -0.0 equals 0.0,
/// all NaNs are equal and come last, complex numbers go by their real and then their imaginary parts, those with a NaN
/// in the imaginary part, in the real part and in both come last, in this order.
///
/// Keys have a total order, so they also serve where an `Ord` is asked for:
///
/// ```
/// use dsm::SortKey;
/// use dsm::prelude::*;
///
/// #[derive(Clone, Copy, dsm::Element, PartialEq, Debug)]
/// #[repr(C)]
/// struct Particle { cell: u64, mass: f64 }
///
/// let heavy = Particle { cell: 1, mass: 2.5 };
/// let light = Particle { cell: 1, mass: -0.5 };
/// let first = Particle { cell: 0, mass: f64::NAN };
/// let mut particles = array![heavy, light, first];
/// dsm::sort_by_key(&mut particles, |p| (p.cell, p.mass.sort_key()))?;
/// assert_eq!(particles.map(|p| p.cell), array![0, 1, 1]);
/// assert_eq!((particles[1], particles[2]), (light, heavy));
/// # Ok::<(), dsm::Error>(())
/// ```
///
/// An element type of one's own gives the key it is sorted by:
///
/// ```
/// use dsm::SortKey;
/// use dsm::prelude::*;
///
/// #[derive(Clone, Copy, dsm::Element)]
/// #[repr(C)]
/// struct Event { time: f64, size: f64 }
///
/// impl SortKey for Event {
///     type Key = <f64 as SortKey>::Key;
///     fn sort_key(&self) -> Self::Key {
///         self.time.sort_key()
///     }
/// }
///
/// let events = array![Event { time: 2.0, size: 7.0 }, Event { time: 1.0, size: 8.0 }];
/// assert_eq!(*dsm::argsort(&events)?, array![1, 0]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` have no order to sort by",
    label = "not a `SortKey`",
    note = "sort by a key instead: `dsm::sort_by_key(&mut array, |x| …)`, or implement `dsm::SortKey`"
)]
pub trait SortKey {
    /// What values are compared by.
    type Key: Ord;

    /// The key of this value.
    ///
    /// ```
    /// use dsm::SortKey;
    ///
    /// assert!((-1.5_f64).sort_key() < 0.0_f64.sort_key());
    /// assert_eq!((-0.0_f64).sort_key(), 0.0_f64.sort_key());
    /// assert!(f64::INFINITY.sort_key() < (-f64::NAN).sort_key());
    /// ```
    fn sort_key(&self) -> Self::Key;

    /// A number that is ordered as the keys are, where there is one of 64 bits.
    #[doc(hidden)]
    #[inline]
    fn bits(&self) -> Option<u64> {
        None
    }
}

macro_rules! integers {
    ($($integer:ty, $offset:expr;)*) => { $(
        impl SortKey for $integer {
            type Key = $integer;

            #[inline]
            fn sort_key(&self) -> $integer {
                *self
            }

            #[inline]
            fn bits(&self) -> Option<u64> {
                // Of a signed number the sign bit is turned over, so that negative ones come first.
                Some(*self as u64 ^ $offset)
            }
        }
    )* };
}

integers! {
    u8, 0; u16, 0; u32, 0; u64, 0; usize, 0;
    i8, 1 << 63; i16, 1 << 63; i32, 1 << 63; i64, 1 << 63; isize, 1 << 63;
    bool, 0;
}

macro_rules! wide_integers {
    ($($integer:ty)*) => { $(
        impl SortKey for $integer {
            type Key = $integer;

            #[inline]
            fn sort_key(&self) -> $integer {
                *self
            }
        }
    )* };
}

wide_integers! { u128 i128 }

macro_rules! floats {
    ($($float:ty, $bits:ty;)*) => { $(
        impl SortKey for $float {
            type Key = $bits;

            #[inline]
            fn sort_key(&self) -> $bits {
                const SIGN: $bits = 1 << (<$bits>::BITS - 1);
                // Adding 0.0 makes 0.0 of -0.0 and leaves every other number as it is.
                let bits = (*self + 0.0).to_bits();
                let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
                if self.is_nan() { <$bits>::MAX } else { ordered }
            }

            #[inline]
            fn bits(&self) -> Option<u64> {
                Some(self.sort_key().into())
            }
        }
    )* };
}

floats! { f32, u32; f64, u64; }

impl<T: SortKey> SortKey for Wrapping<T> {
    type Key = T::Key;

    #[inline]
    fn sort_key(&self) -> T::Key {
        self.0.sort_key()
    }

    #[inline]
    fn bits(&self) -> Option<u64> {
        self.0.bits()
    }
}

macro_rules! complex {
    ($($float:ty)*) => { $(
        impl SortKey for Complex<$float> {
            type Key = (u8, <$float as SortKey>::Key, <$float as SortKey>::Key);

            #[inline]
            fn sort_key(&self) -> Self::Key {
                let nans = 2 * u8::from(self.re.is_nan()) + u8::from(self.im.is_nan());
                (nans, self.re.sort_key(), self.im.sort_key())
            }
        }
    )* };
}

complex! { f32 f64 }
