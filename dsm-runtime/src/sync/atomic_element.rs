//! Which elements have atomic operations, and the hardware's for each.
#![allow(unsafe_code)]

use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32, AtomicU64,
    AtomicUsize, Ordering,
};

use super::atomic::Atomic;
use crate::element::Element;

mod sealed {
    pub trait Sealed {}
}

/// Elements with atomic operations: integers to 64 bits, `f32`, `f64`, `bool`.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Work { first: Atomic<u8> } }
/// fn set_once<T: dsm::AtomicElement + Default>(cell: &Atomic<T>, value: T) -> bool {
///     cell.compare_exchange(T::default(), value).is_ok()
/// }
///
/// #[dsm::parallel]
/// fn claim(res: Work) -> bool {
///     set_once(&res.first, res.id as u8 + 1)
/// }
/// let mut cluster = Cluster::with_workers(2, Work)?;
/// assert_eq!(claim(&mut cluster)?.iter().filter(|&&claimed| claimed).count(), 1);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no atomic operations",
    note = "integers up to 64 bits, f32, f64 and bool have; guard anything else with a `Lock<{Self}>`"
)]
pub trait AtomicElement: Element + sealed::Sealed {
    #[doc(hidden)]
    fn load(cell: &Atomic<Self>) -> Self;
    #[doc(hidden)]
    fn store(cell: &Atomic<Self>, value: Self);
    #[doc(hidden)]
    fn swap(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn compare_exchange(cell: &Atomic<Self>, current: Self, new: Self) -> Result<Self, Self>;
}

/// Elements that add and compare atomically: the integers to 64 bits, `f32`, `f64`.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Range { low: Atomic<f64>, high: Atomic<f64> } }
/// fn widen<T: dsm::AtomicNumber>(low: &Atomic<T>, high: &Atomic<T>, x: T) {
///     low.fetch_min(x);
///     high.fetch_max(x);
/// }
///
/// #[dsm::parallel]
/// fn look(res: Range) {
///     widen(&res.low, &res.high, res.id as f64 - 1.0);
/// }
/// let mut cluster = Cluster::with_workers(3, Range)?;
/// look(&mut cluster)?;
/// assert_eq!((cluster.low.get(), cluster.high.get()), (-1.0, 1.0));
/// # Ok::<(), dsm::Error>(())
/// ```
pub trait AtomicNumber: AtomicElement {
    #[doc(hidden)]
    fn fetch_add(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn fetch_sub(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn fetch_min(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn fetch_max(cell: &Atomic<Self>, value: Self) -> Self;
}

/// Elements with atomic bit operations: the integers to 64 bits and `bool`.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Sets { seen: Atomic<u32> } }
/// fn mark<T: dsm::AtomicBits>(set: &Atomic<T>, bits: T) {
///     set.fetch_or(bits);
/// }
///
/// #[dsm::parallel]
/// fn visit(res: Sets) {
///     mark(&res.seen, 1 << res.id);
/// }
/// let mut cluster = Cluster::with_workers(3, Sets)?;
/// visit(&mut cluster)?;
/// assert_eq!(cluster.seen.get(), 0b111);
/// # Ok::<(), dsm::Error>(())
/// ```
pub trait AtomicBits: AtomicElement {
    #[doc(hidden)]
    fn fetch_and(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn fetch_or(cell: &Atomic<Self>, value: Self) -> Self;
    #[doc(hidden)]
    fn fetch_xor(cell: &Atomic<Self>, value: Self) -> Self;
}

macro_rules! hardware {
    ($t:ty, $atomic:ty, $bits:ty, $to:expr, $from:expr) => {
        impl sealed::Sealed for $t {}
        impl Atomic<$t> {
            #[inline]
            fn hardware(&self) -> &$atomic {
                // SAFETY: the cell is as large and as aligned as the hardware atomic, lives as long as `self`, and is
                // reached through this function only.
                unsafe { <$atomic>::from_ptr(self.0.get().cast::<$bits>()) }
            }
        }
        impl AtomicElement for $t {
            #[inline]
            fn load(cell: &Atomic<Self>) -> Self {
                $from(cell.hardware().load(Ordering::Acquire))
            }
            #[inline]
            fn store(cell: &Atomic<Self>, value: Self) {
                cell.hardware().store($to(value), Ordering::Release);
            }
            #[inline]
            fn swap(cell: &Atomic<Self>, value: Self) -> Self {
                $from(cell.hardware().swap($to(value), Ordering::AcqRel))
            }
            #[inline]
            fn compare_exchange(cell: &Atomic<Self>, current: Self, new: Self) -> Result<Self, Self> {
                cell.hardware()
                    .compare_exchange($to(current), $to(new), Ordering::AcqRel, Ordering::Acquire)
                    .map($from)
                    .map_err($from)
            }
        }
    };
}

macro_rules! bits {
    ($t:ty) => {
        impl AtomicBits for $t {
            #[inline]
            fn fetch_and(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_and(value, Ordering::AcqRel)
            }
            #[inline]
            fn fetch_or(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_or(value, Ordering::AcqRel)
            }
            #[inline]
            fn fetch_xor(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_xor(value, Ordering::AcqRel)
            }
        }
    };
}

macro_rules! integers {
    ($($t:ty, $atomic:ty;)*) => { $(
        hardware!($t, $atomic, $t, std::convert::identity, std::convert::identity);
        bits!($t);
        impl AtomicNumber for $t {
            #[inline]
            fn fetch_add(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_add(value, Ordering::AcqRel)
            }
            #[inline]
            fn fetch_sub(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_sub(value, Ordering::AcqRel)
            }
            #[inline]
            fn fetch_min(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_min(value, Ordering::AcqRel)
            }
            #[inline]
            fn fetch_max(cell: &Atomic<Self>, value: Self) -> Self {
                cell.hardware().fetch_max(value, Ordering::AcqRel)
            }
        }
    )* };
}

macro_rules! floats {
    ($($t:ty, $atomic:ty, $bits:ty;)*) => { $(
        hardware!($t, $atomic, $bits, <$t>::to_bits, <$t>::from_bits);
        impl AtomicNumber for $t {
            #[inline]
            fn fetch_add(cell: &Atomic<Self>, value: Self) -> Self {
                cell.fetch_update(|before| before + value)
            }
            #[inline]
            fn fetch_sub(cell: &Atomic<Self>, value: Self) -> Self {
                cell.fetch_update(|before| before - value)
            }
            #[inline]
            fn fetch_min(cell: &Atomic<Self>, value: Self) -> Self {
                cell.fetch_update(|before| before.min(value))
            }
            #[inline]
            fn fetch_max(cell: &Atomic<Self>, value: Self) -> Self {
                cell.fetch_update(|before| before.max(value))
            }
        }
    )* };
}

integers! {
    i8, AtomicI8; i16, AtomicI16; i32, AtomicI32; i64, AtomicI64; isize, AtomicIsize;
    u8, AtomicU8; u16, AtomicU16; u32, AtomicU32; u64, AtomicU64; usize, AtomicUsize;
}
floats! { f32, AtomicU32, u32; f64, AtomicU64, u64; }
hardware!(bool, AtomicBool, bool, std::convert::identity, std::convert::identity);
bits!(bool);
