//! Lengths of axes in checked arithmetic agree with arithmetic that can't overflow.

use proptest::prelude::*;

use super::cases;
use crate::shape::{CheckedArithmetic, Extent, axis, checked};

/// A length that takes two steps to compute, or nothing when a step fails.
fn length<T: CheckedArithmetic + Extent>(first: [T; 2], operators: [u8; 2], last: T) -> Option<usize> {
    let step = |left, operator, right| match operator {
        0 => checked::add(left, right),
        1 => checked::sub(left, right),
        2 => checked::mul(left, right),
        3 => checked::div(left, right),
        _ => checked::rem(left, right),
    };
    axis("a", "n", || step(step(first[0], operators[0], first[1])?, operators[1], last)).ok()
}

/// The same in numbers wide enough for two steps of 64 bits at most.
fn wide_length(first: [i128; 2], operators: [u8; 2], last: i128, fits: impl Fn(i128) -> bool) -> Option<usize> {
    let step = |left: i128, operator, right: i128| {
        match operator {
            0 => left.checked_add(right),
            1 => left.checked_sub(right),
            2 => left.checked_mul(right),
            3 => left.checked_div(right),
            _ => left.checked_rem(right),
        }
        .filter(|&value| fits(value))
    };
    // Rust's remainder also fails where the quotient would overflow; only the least number by -1 does that.
    let refused = |left: i128, operator, right: i128| operator == 4 && right == -1 && !fits(-left) && fits(left);
    let middle = step(first[0], operators[0], first[1]).filter(|_| !refused(first[0], operators[0], first[1]))?;
    let value = step(middle, operators[1], last).filter(|_| !refused(middle, operators[1], last))?;
    usize::try_from(value).ok()
}

macro_rules! agrees {
    ($($test:ident: $t:ty;)*) => {
        proptest! {
            #![proptest_config(cases(2000, 2))]
            $(
                #[test]
                fn $test(first in [edge::<$t>(), edge::<$t>()], operators in [0_u8..5, 0_u8..5], last in edge::<$t>()) {
                    let wide = wide_length(first.map(i128::from), operators, i128::from(last), |value| {
                        <$t>::try_from(value).is_ok()
                    });
                    prop_assert_eq!(length(first, operators, last), wide);
                }
            )*
        }
    };
}

/// Any number, with those near zero and near the ends as likely as all the rest.
fn edge<T: Arbitrary + Bounds + TryFrom<i128>>() -> impl Strategy<Value = T> {
    let near = |middle: i128| (middle - 2..=middle + 2).prop_filter_map("in range", |value| T::try_from(value).ok());
    prop_oneof![any::<T>(), near(0), near(T::LEAST), near(T::MOST)]
}

trait Bounds {
    const LEAST: i128;
    const MOST: i128;
}

macro_rules! bounds {
    ($($t:ty)*) => { $(
        impl Bounds for $t {
            const LEAST: i128 = <$t>::MIN as i128;
            const MOST: i128 = <$t>::MAX as i128;
        }
    )* };
}

bounds! { i8 i64 u64 }

agrees! {
    lengths_of_i8_agree: i8;
    lengths_of_i64_agree: i64;
    lengths_of_u64_agree: u64;
}
