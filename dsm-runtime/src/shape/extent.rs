//! The length of one axis, worked out from an expression that the user wrote.
//!
//! A declaration such as `grid: [f64; n * 2]` becomes a call of [`axis`] with the expression in checked arithmetic, so
//! that an overflow or a negative length is an error that quotes the declaration, never a wrapped number or a panic.
//!
//! Whether the whole array fits, in `isize` or in memory, isn't decided here.

use std::error::Error;
use std::fmt;

/// Checked arithmetic as plain functions, one for each operator that may stand in an axis.
///
/// Each gives `None` where the operator would overflow, go below zero in an unsigned type, or divide by zero.
pub mod checked {
    use super::CheckedArithmetic;

    /// `left + right`.
    pub fn add<T: CheckedArithmetic>(left: T, right: T) -> Option<T> {
        left.checked_add(right)
    }

    /// `left - right`.
    pub fn sub<T: CheckedArithmetic>(left: T, right: T) -> Option<T> {
        left.checked_sub(right)
    }

    /// `left * right`.
    pub fn mul<T: CheckedArithmetic>(left: T, right: T) -> Option<T> {
        left.checked_mul(right)
    }

    /// `left / right`.
    pub fn div<T: CheckedArithmetic>(left: T, right: T) -> Option<T> {
        left.checked_div(right)
    }

    /// `left % right`.
    pub fn rem<T: CheckedArithmetic>(left: T, right: T) -> Option<T> {
        left.checked_rem(right)
    }
}

/// A primitive integer, whose arithmetic can be checked.
#[diagnostic::on_unimplemented(
    message = "an axis of a shared array is computed with integers, not `{Self}`",
    label = "`{Self}` in the length of an axis"
)]
pub trait CheckedArithmetic: Copy {
    /// `self + right`, or `None` when it overflows.
    fn checked_add(self, right: Self) -> Option<Self>;
    /// `self - right`, or `None` when it overflows.
    fn checked_sub(self, right: Self) -> Option<Self>;
    /// `self * right`, or `None` when it overflows.
    fn checked_mul(self, right: Self) -> Option<Self>;
    /// `self / right`, or `None` when it overflows or `right` is 0.
    fn checked_div(self, right: Self) -> Option<Self>;
    /// `self % right`, or `None` when it overflows or `right` is 0.
    fn checked_rem(self, right: Self) -> Option<Self>;
}

/// A primitive integer, which may be the length of an axis.
#[diagnostic::on_unimplemented(
    message = "an axis of a shared array is an integer, not `{Self}`",
    label = "`{Self}` as the length of an axis"
)]
pub trait Extent: Copy + fmt::Display {
    /// This number as a length, or `None` when it is negative or more than `usize::MAX`.
    fn to_axis(self) -> Option<usize>;
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl CheckedArithmetic for $integer {
            fn checked_add(self, right: Self) -> Option<Self> {
                <$integer>::checked_add(self, right)
            }
            fn checked_sub(self, right: Self) -> Option<Self> {
                <$integer>::checked_sub(self, right)
            }
            fn checked_mul(self, right: Self) -> Option<Self> {
                <$integer>::checked_mul(self, right)
            }
            fn checked_div(self, right: Self) -> Option<Self> {
                <$integer>::checked_div(self, right)
            }
            fn checked_rem(self, right: Self) -> Option<Self> {
                <$integer>::checked_rem(self, right)
            }
        }

        impl Extent for $integer {
            fn to_axis(self) -> Option<usize> {
                usize::try_from(self).ok()
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

/// The length of one axis of `array`, where `source` is its expression as the user wrote it and `value` computes it in
/// checked arithmetic, with `None` for an overflow.
pub(crate) fn axis<T: Extent>(
    array: &str,
    source: &str,
    value: impl FnOnce() -> Option<T>,
) -> Result<usize, AxisError> {
    let reason = match value() {
        None => AxisReason::Overflow,
        Some(value) => match value.to_axis() {
            Some(axis) => return Ok(axis),
            None => {
                let value = value.to_string();
                if value.starts_with('-') { AxisReason::Negative(value) } else { AxisReason::TooLarge(value) }
            }
        },
    };
    Err(AxisError { array: array.to_owned(), source: source.to_owned(), reason })
}

/// An axis whose expression gives no length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AxisError {
    /// The name of the array, as declared.
    pub array: String,
    /// The expression of the axis, as declared.
    pub source: String,
    /// What is wrong with its value.
    pub reason: AxisReason,
}

/// Why a value is no length of an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum AxisReason {
    /// There is no value: a step of the expression overflows, goes below zero in an unsigned type, or divides by zero.
    Overflow,
    /// The value, which is below zero.
    Negative(String),
    /// The value, which is more than `usize::MAX`.
    TooLarge(String),
}

impl fmt::Display for AxisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "axis `{}` of `{}` ", self.source, self.array)?;
        match &self.reason {
            AxisReason::Overflow => {
                // `None` doesn't tell what failed, but what can't have failed needn't be mentioned.
                let below = self.source.contains('-');
                let zero = self.source.contains(['/', '%']);
                f.write_str(match (below, zero) {
                    (false, false) => "overflows",
                    (true, false) => "overflows or falls below 0",
                    (false, true) => "overflows or divides by 0",
                    (true, true) => "overflows, falls below 0 or divides by 0",
                })
            }
            AxisReason::Negative(value) => write!(f, "is {value}: an axis is 0 or more"),
            AxisReason::TooLarge(value) => {
                write!(f, "is {value}: an axis is at most {}", usize::MAX)
            }
        }
    }
}

impl Error for AxisError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_comes_through() {
        let n = 5u32;
        assert_eq!(axis("grid", "n * 2 + 1", || checked::add(checked::mul(n, 2)?, 1)), Ok(11));
        assert_eq!(axis("grid", "4", || Some(4)), Ok(4));
        assert_eq!(axis("grid", "n - 5", || checked::sub(n, 5)), Ok(0));
        assert_eq!(axis("grid", "n", || Some(usize::MAX)), Ok(usize::MAX));
    }

    fn message<T: Extent>(source: &str, value: Option<T>) -> String {
        axis("grid", source, || value).unwrap_err().to_string()
    }

    #[test]
    fn an_overflow_quotes_the_declaration() {
        assert_eq!(message("n * 2", checked::mul(usize::MAX, 2)), "axis `n * 2` of `grid` overflows");
        assert_eq!(message("n - 5", checked::sub(3u8, 5)), "axis `n - 5` of `grid` overflows or falls below 0");
        assert_eq!(message("n / m", checked::div(3i64, 0)), "axis `n / m` of `grid` overflows or divides by 0");
        let both = "axis `(n - 1) % m` of `grid` overflows, falls below 0 or divides by 0";
        assert_eq!(message("(n - 1) % m", checked::rem(2u16, 0)), both);
    }

    #[test]
    fn a_value_that_is_no_length_is_shown() {
        assert_eq!(message("n - 5", Some(-3)), "axis `n - 5` of `grid` is -3: an axis is 0 or more");
        let largest = format!("axis `n` of `grid` is {}: an axis is at most {}", u128::MAX, usize::MAX);
        assert_eq!(message("n", Some(u128::MAX)), largest);
        assert_eq!(message("n", Some(i128::MIN)), format!("axis `n` of `grid` is {}: an axis is 0 or more", i128::MIN));
    }

    #[test]
    fn every_operator_is_checked() {
        assert_eq!((checked::add(200u8, 55), checked::add(200u8, 56)), (Some(255), None));
        assert_eq!((checked::sub(-100i8, 28), checked::sub(-100i8, 29)), (Some(-128), None));
        assert_eq!((checked::mul(16i64, 4), checked::mul(i64::MAX, 2)), (Some(64), None));
        assert_eq!((checked::div(7usize, 2), checked::div(7usize, 0)), (Some(3), None));
        assert_eq!((checked::rem(7isize, 4), checked::rem(isize::MIN, -1)), (Some(3), None));
    }
}
