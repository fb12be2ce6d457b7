//! The operators of `accumulate`, and which elements have which.
//!
//! Not here: where contributions go (`partials`).

use num_complex::Complex;
use serde::{Deserialize, Serialize};

use crate::element::Element;
use crate::sync::{Atomic, AtomicBits, AtomicNumber};

/// An operator, as data that every rank agrees on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u64)]
pub enum Operator {
    /// `+`
    Add = 1,
    /// `*`
    Mul,
    /// The lesser of two.
    Min,
    /// The greater of two.
    Max,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

impl Operator {
    /// As it is written in a clause.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Mul => "*",
            Operator::Min => "min",
            Operator::Max => "max",
            Operator::And => "and",
            Operator::Or => "or",
            Operator::Xor => "xor",
        }
    }

    /// The name of the operator with this number.
    pub(crate) fn name_of(number: u64) -> &'static str {
        use Operator::{Add, And, Max, Min, Mul, Or, Xor};
        let all = [Add, Mul, Min, Max, And, Or, Xor];
        all.into_iter().find(|&operator| operator as u64 == number).map_or("?", Operator::name)
    }
}

mod sealed {
    pub trait Sealed {}
}

/// The operators of [`View::accumulate`](crate::View::accumulate), one unit struct each. In the clause `accumulate(f, +)`
/// they are written `+`, `*`, `min`, `max`, `and`, `or` and `xor`.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Work(n: usize) { most: [u64; n] } }
///
/// #[dsm::parallel(split(most))]
/// fn largest(mut res: Work, values: Vec<u64>) {
///     res.most.fill(0);
///     let mut most = res.team.phase(res.most.accumulate(ops::Max));
///     for i in res.team.split_indices(values.len(), Schedule::Block) {
///         most.contribute(values[i] as usize % 2, values[i]);         // the largest even and the largest odd number
///     }
/// }
///
/// let mut cluster = Cluster::with_workers(2, Work { n: 2 })?;
/// largest(&mut cluster, vec![3, 8, 5, 2])?;
/// assert_eq!(*cluster.most, array![8, 5]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub mod ops {
    use super::{Operator, sealed};

    /// An operator as a type.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// fn is_one<O: ops::Op>(_: O) -> bool {
    ///     true
    /// }
    /// assert!(is_one(ops::Xor));
    /// ```
    #[diagnostic::on_unimplemented(
        message = "`{Self}` is no operator of `accumulate`",
        note = "the operators are `ops::Add`, `ops::Mul`, `ops::Min`, `ops::Max`, `ops::And`, `ops::Or` and `ops::Xor`"
    )]
    pub trait Op: sealed::Sealed {
        #[doc(hidden)]
        const OPERATOR: Operator;
    }

    macro_rules! operators {
        ($($(#[$doc:meta])* $name:ident;)*) => { $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl sealed::Sealed for $name {}
            impl Op for $name {
                const OPERATOR: Operator = Operator::$name;
            }
        )* };
    }

    operators! {
        /// The sum; integers wrap around.
        Add;
        /// The product; integers wrap around.
        Mul;
        /// The least; a NaN contributes nothing.
        Min;
        /// The greatest; a NaN contributes nothing.
        Max;
        /// Bitwise and.
        And;
        /// Bitwise or.
        Or;
        /// Bitwise exclusive or.
        Xor;
    }
}

/// Elements that can be accumulated by some operator: integers by all, `f32` and `f64` by `+`, `*`, `min` and `max`,
/// `bool` by `and`, `or` and `xor`, complex numbers by `+` and `*`.
///
/// ```
/// use dsm::AccumulateElement;
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Work { ones: [u32; 4], halves: [f64; 4] } }
///
/// fn everywhere<T: AccumulateElement>(to: &mut Accumulate<'_, T, Ix1>, x: T) {
///     (0..to.shape()[0]).for_each(|i| to.contribute(i, x));
/// }
///
/// #[dsm::parallel(accumulate(ones, halves, +))]
/// fn fill(mut res: Work) {
///     everywhere(&mut res.ones, 1);
///     everywhere(&mut res.halves, 0.5);
/// }
///
/// let mut cluster = Cluster::with_workers(2, Work)?;
/// fill(&mut cluster)?;
/// assert_eq!((cluster.ones.sum(), cluster.halves.sum()), (8, 4.0));
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` can't be accumulated into",
    note = "integers, f32, f64, bool and complex numbers can; guard anything else with locks, or return each worker's part"
)]
pub trait AccumulateElement: Element + sealed::Sealed {
    /// Whether contributions may be made by one atomic operation each: where the order of contributions can't be seen in
    /// the result, and the machine has the operation.
    #[doc(hidden)]
    const ATOMIC: bool;
    /// The value `e` for which `apply(e, x)` is `x`.
    #[doc(hidden)]
    fn identity(operator: Operator) -> Self;
    #[doc(hidden)]
    fn apply(operator: Operator, before: Self, x: Self) -> Self;
    /// Applies each of `from` to the element of `into` at the same place.
    #[doc(hidden)]
    fn fold(operator: Operator, into: &mut [Self], from: &[Self]);
    #[doc(hidden)]
    fn atomically(operator: Operator, cell: &Atomic<Self>, x: Self);
}

/// An element that can be accumulated by the operator `O`.
///
/// ```
/// use dsm::{AccumulateBy, ops};
///
/// fn sums_and_products<T: AccumulateBy<ops::Add> + AccumulateBy<ops::Mul>>() {}
/// sums_and_products::<f64>();
/// ```
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` can't be accumulated by `{O}`",
    note = "integers have all operators; `f32` and `f64` have `+`, `*`, `min` and `max`; `bool` has `and`, `or` and `xor`; complex numbers have `+` and `*`"
)]
pub trait AccumulateBy<O: ops::Op>: AccumulateElement {}

/// The operator of a clause, for elements that have it.
#[must_use]
pub const fn operator<T: AccumulateBy<O>, O: ops::Op>() -> Operator {
    O::OPERATOR
}

#[cold]
#[inline(never)]
fn unfit<T>(operator: Operator) -> ! {
    panic!("`{}` can't be accumulated by `{}`", std::any::type_name::<T>(), operator.name())
}

#[inline]
fn each<T: Copy>(into: &mut [T], from: &[T], f: impl Fn(T, T) -> T) {
    for (into, &from) in into.iter_mut().zip(from) {
        *into = f(*into, from);
    }
}

macro_rules! accumulates {
    ($t:ty, $atomic:expr, $atomically:expr; $($operator:ident: $identity:expr, $f:expr;)*) => {
        impl sealed::Sealed for $t {}

        #[diagnostic::do_not_recommend]
        impl AccumulateElement for $t {
            const ATOMIC: bool = $atomic;

            fn identity(operator: Operator) -> Self {
                match operator {
                    $(Operator::$operator => $identity,)*
                    #[allow(unreachable_patterns)]
                    _ => unfit::<Self>(operator),
                }
            }

            #[inline]
            fn apply(operator: Operator, before: Self, x: Self) -> Self {
                match operator {
                    $(Operator::$operator => { let f: fn(Self, Self) -> Self = $f; f(before, x) })*
                    #[allow(unreachable_patterns)]
                    _ => unfit::<Self>(operator),
                }
            }

            fn fold(operator: Operator, into: &mut [Self], from: &[Self]) {
                match operator {
                    $(Operator::$operator => each(into, from, $f),)*
                    #[allow(unreachable_patterns)]
                    _ => unfit::<Self>(operator),
                }
            }

            #[inline]
            fn atomically(operator: Operator, cell: &Atomic<Self>, x: Self) {
                let atomically: fn(Operator, &Atomic<Self>, Self) = $atomically;
                atomically(operator, cell, x);
            }
        }

        $(
            #[diagnostic::do_not_recommend]
            impl AccumulateBy<ops::$operator> for $t {}
        )*
    };
}

macro_rules! integers {
    ($atomic:expr, $atomically:expr; $($t:ty)*) => { $(
        accumulates! {
            $t, $atomic, $atomically;
            Add: 0, |a, b| a.wrapping_add(b);
            Mul: 1, |a, b| a.wrapping_mul(b);
            Min: <$t>::MAX, |a, b| a.min(b);
            Max: <$t>::MIN, |a, b| a.max(b);
            And: !0, |a, b| a & b;
            Or: 0, |a, b| a | b;
            Xor: 0, |a, b| a ^ b;
        }
    )* };
}

// Minus zero and NaN are what leaves every float as it was: -0.0 + x is x, and `min` and `max` ignore NaN.
macro_rules! floats {
    ($($t:ty)*) => { $(
        accumulates! {
            $t, false, |operator, _, _| unfit::<Atomic<$t>>(operator);
            Add: -0.0, |a, b| a + b;
            Mul: 1.0, |a, b| a * b;
            Min: <$t>::NAN, |a, b| a.min(b);
            Max: <$t>::NAN, |a, b| a.max(b);
        }
        accumulates! {
            Complex<$t>, false, |operator, _, _| unfit::<Atomic<Complex<$t>>>(operator);
            Add: Complex::new(-0.0, -0.0), |a, b| a + b;
            Mul: Complex::new(1.0, 0.0), |a, b| a * b;
        }
    )* };
}

trait Product {
    fn product(self, x: Self) -> Self;
}

macro_rules! products {
    ($($t:ty)*) => { $(
        impl Product for $t {
            #[inline]
            fn product(self, x: Self) -> Self {
                self.wrapping_mul(x)
            }
        }
    )* };
}

#[inline]
fn integer_atomically<T: AtomicNumber + AtomicBits + Product>(operator: Operator, cell: &Atomic<T>, x: T) {
    match operator {
        Operator::Add => cell.fetch_add(x),
        Operator::Mul => cell.fetch_update(|before| before.product(x)),
        Operator::Min => cell.fetch_min(x),
        Operator::Max => cell.fetch_max(x),
        Operator::And => cell.fetch_and(x),
        Operator::Or => cell.fetch_or(x),
        Operator::Xor => cell.fetch_xor(x),
    };
}

#[inline]
fn bool_atomically(operator: Operator, cell: &Atomic<bool>, x: bool) {
    match operator {
        Operator::And => cell.fetch_and(x),
        Operator::Or => cell.fetch_or(x),
        Operator::Xor => cell.fetch_xor(x),
        _ => unfit::<bool>(operator),
    };
}

products! { i8 i16 i32 i64 isize u8 u16 u32 u64 usize }
integers! { true, integer_atomically; i8 i16 i32 i64 isize u8 u16 u32 u64 usize }
integers! { false, |operator, _, _| unfit::<Atomic<u128>>(operator); i128 u128 }
floats! { f32 f64 }
accumulates! {
    bool, true, bool_atomically;
    And: true, |a, b| a & b;
    Or: false, |a, b| a | b;
    Xor: false, |a, b| a ^ b;
}

/// Calls a macro with every type that can be accumulated.
macro_rules! accumulate_elements {
    ($then:ident) => {
        $then! {
            i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize bool f32 f64
            num_complex::Complex<f32> num_complex::Complex<f64>
        }
    };
}
pub(super) use accumulate_elements;
