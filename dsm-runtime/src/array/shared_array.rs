//! A declared array as the driver sees it.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use ndarray::{ArrayRef, ArrayViewMut};

use crate::element::Element;
use crate::segment::{FieldKind, Segment};
use crate::shape::Axes;

/// A declared array on the driver; dereferences to `ndarray::ArrayRef<T, D>`, so all of ndarray works on it.
///
/// Zero when the cluster is made. It can't be reached while a call runs, and only in the process that made it.
///
/// ```
/// use dsm::SharedArray;
/// use ndarray::Ix1;
/// fn sum(a: &SharedArray<f64, Ix1>) -> f64 {
///     a.iter().sum()
/// }
/// ```
pub struct SharedArray<T: 'static, D> {
    view: ArrayViewMut<'static, T, D>,
    index: usize,
    segment: Arc<Segment>,
}

impl<T: Element, D: Axes> SharedArray<T, D> {
    pub(super) fn new(segment: &Arc<Segment>, index: usize) -> Self {
        let field = segment.field(index);
        assert!(
            matches!(field.kind, FieldKind::Array(_))
                && field.type_id == TypeId::of::<T>()
                && field.shape().len() == D::AXES,
            "`{}` isn't declared as this array",
            field.name
        );
        let first = segment.memory.at(field.offset, field.bytes()).cast::<T>();
        // SAFETY: the memory holds that many elements, page aligned and zeroed, and any bytes are valid `T`s. The view is
        // reached through `self` only, of which there is one for each field, while no call runs (`assert_free`), and
        // the segment is kept alive beside it.
        let view = unsafe { ArrayViewMut::from_shape_ptr(D::from_axes(field.shape()), first.as_ptr()) };
        SharedArray { view, index, segment: Arc::clone(segment) }
    }

    pub(super) fn is_at_home(&self, segment: &Arc<Segment>, index: usize) -> bool {
        Arc::ptr_eq(&self.segment, segment) && self.index == index
    }

    /// Takes back what safe calls may have done to the view's axes.
    pub(super) fn rebuild(&mut self) {
        *self = SharedArray::new(&Arc::clone(&self.segment), self.index);
    }

    /// The name it is declared by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.segment.field(self.index).name
    }
}

impl<T: 'static, D: Axes> Deref for SharedArray<T, D> {
    type Target = ArrayRef<T, D>;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &ArrayRef<T, D> {
        self.segment.assert_free(self.index);
        &self.view
    }
}

impl<T: 'static, D: Axes> DerefMut for SharedArray<T, D> {
    #[inline]
    #[track_caller]
    fn deref_mut(&mut self) -> &mut ArrayRef<T, D> {
        self.segment.assert_free(self.index);
        &mut self.view
    }
}

impl<T: Element + fmt::Debug, D: Axes> fmt::Debug for SharedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: Element + fmt::Display, D: Axes> fmt::Display for SharedArray<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
