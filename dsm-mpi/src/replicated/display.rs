//! The text of an array: a line for each index of the first axis, the middle ones left out when there are more than four.

use std::fmt;

use dsm_runtime::{Axes, Element};
use ndarray::{ArrayViewD, Axis};

use super::replicated::Replicated;

/// More indices of the first axis than these are not all written.
const ALL: usize = 4;
/// How many are written then, of each end.
const ENDS: usize = 2;

impl<T: Element + fmt::Display, D: Axes> fmt::Display for Replicated<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let array = self.view().into_dyn();
        let length = array.len_of(Axis(0));
        let between = if array.ndim() == 1 { " " } else { "\n" };
        let left_out = if length > ALL { ENDS..length - ENDS } else { 0..0 };
        for at in (0..length).filter(|at| !left_out.contains(at)) {
            if at > 0 {
                f.write_str(between)?;
            }
            if !left_out.is_empty() && at == left_out.end {
                write!(f, "...{between}")?;
            }
            within(f, &array.index_axis(Axis(0), at))?;
        }
        Ok(())
    }
}

/// An element; or those of a row, or its own rows in brackets.
fn within<T: fmt::Display>(f: &mut fmt::Formatter<'_>, part: &ArrayViewD<'_, T>) -> fmt::Result {
    if let Some(element) = part.first().filter(|_| part.ndim() == 0) {
        return element.fmt(f);
    }
    for (at, inner) in part.outer_iter().enumerate() {
        if at > 0 {
            f.write_str(" ")?;
        }
        if inner.ndim() == 0 {
            within(f, &inner)?;
        } else {
            f.write_str("[")?;
            within(f, &inner)?;
            f.write_str("]")?;
        }
    }
    Ok(())
}
