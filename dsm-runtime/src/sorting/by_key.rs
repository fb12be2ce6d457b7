//! The order of a key of any type.

use super::order::Order;
use super::scratch::Placed;
use crate::element::Element;

/// Compares by a key, which is computed for each comparison.
pub(super) struct ByKey<F>(pub(super) F);

impl<T: Element, K: Ord, F: Fn(&T) -> K + Sync> Order<T> for ByKey<F> {
    const NEEDS_SCRATCH: bool = false;

    #[inline]
    fn less(&self, left: &T, right: &T) -> bool {
        (self.0)(left) < (self.0)(right)
    }

    fn sort_any(&self, run: &mut [T], _scratch: &mut [T]) -> bool {
        run.sort_by_key(&self.0);
        false
    }
}

impl<T: Element, I: Element, K: Ord, F: Fn(&T) -> K + Sync> Order<Placed<T, I>> for ByKey<F> {
    const NEEDS_SCRATCH: bool = false;

    #[inline]
    fn less(&self, left: &Placed<T, I>, right: &Placed<T, I>) -> bool {
        self.less(&{ left.element }, &{ right.element })
    }

    fn sort_any(&self, run: &mut [Placed<T, I>], _scratch: &mut [Placed<T, I>]) -> bool {
        run.sort_by(|left, right| (self.0)(&{ left.element }).cmp(&(self.0)(&{ right.element })));
        false
    }
}
