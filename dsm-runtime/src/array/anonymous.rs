//! Shared arrays that no `shared!` declares, each in memory of its own.
//!
//! Not here: what other processes may do with them.

use std::sync::Arc;

use ndarray::{ArrayRef, IntoDimension};

use super::shared_array::SharedArray;
use crate::element::Element;
use crate::error::Result;
use crate::segment::{Declaration, Segment};
use crate::shape::Axes;

/// The number of the one field.
const ONLY: usize = 0;

/// Anonymous arrays: made by the driver at any time, in shared memory of their own, which is freed when they are dropped.
///
/// A shape is what ndarray takes for one: `n`, `(rows, cols)`, `[a, b, c]`, another array's `raw_dim()`. Each array
/// holds one file descriptor; where thousands live at once, `ulimit -n` may have to be raised.
///
/// # Errors
///
/// All of them fail when the shape needs more bytes than an address space holds ([`ErrorKind::Shape`]), when there isn't
/// enough memory ([`ErrorKind::Memory`]), and when the system refuses it ([`ErrorKind::Os`]).
///
/// [`ErrorKind::Shape`]: crate::ErrorKind::Shape
/// [`ErrorKind::Memory`]: crate::ErrorKind::Memory
/// [`ErrorKind::Os`]: crate::ErrorKind::Os
impl<T: Element, D: Axes> SharedArray<T, D> {
    /// An array of zeros. Pages cost nothing until they are touched.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, as above.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let mut grid = SharedArray::<f64, _>::zeros((2, 3))?;
    /// grid[[1, 2]] = 2.5;
    /// assert_eq!(*grid, array![[0.0, 0.0, 0.0], [0.0, 0.0, 2.5]]);
    ///
    /// let error = SharedArray::<f64, _>::zeros((1 << 40, 1 << 40)).unwrap_err();
    /// assert_eq!(error.kind(), dsm::ErrorKind::Shape);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn zeros(shape: impl IntoDimension<Dim = D>) -> Result<Self> {
        let mut declaration = Declaration::new("an anonymous array");
        declaration.array::<T, D>(ONLY, "anonymous", shape.into_dimension().slice())?;
        let segment = Arc::new(Segment::create_anonymous(declaration)?);
        Ok(SharedArray::new(&segment, ONLY))
    }

    /// An array with the same value everywhere. Touches every page; [`zeros`](SharedArray::zeros) doesn't.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, as above.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let ones = SharedArray::full([2, 2], 1_u8)?;
    /// assert_eq!(*ones, array![[1, 1], [1, 1]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn full(shape: impl IntoDimension<Dim = D>, value: T) -> Result<Self> {
        let mut array = Self::zeros(shape)?;
        array.fill(value);
        Ok(array.at_rest())
    }

    /// An array whose elements are computed from their indices, in order.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, as above.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let squares = SharedArray::from_fn(4, |i| i * i)?;
    /// assert_eq!(*squares, array![0, 1, 4, 9]);
    /// let table = SharedArray::from_fn((2, 3), |(row, col)| 10 * row + col)?;
    /// assert_eq!(*table, array![[0, 1, 2], [10, 11, 12]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn from_fn(shape: impl IntoDimension<Dim = D>, mut value: impl FnMut(D::Pattern) -> T) -> Result<Self> {
        let mut array = Self::zeros(shape)?;
        for (index, element) in array.indexed_iter_mut() {
            *element = value(index);
        }
        Ok(array.at_rest())
    }

    /// An array of zeros with the shape and element type of another.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, as above.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// let b = SharedArray::like(&a)?;
    /// assert_eq!(*b, array![[0.0, 0.0], [0.0, 0.0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn like(other: &ArrayRef<T, D>) -> Result<Self> {
        Self::zeros(other.raw_dim())
    }

    /// A copy of an array, whatever its layout, in shared memory.
    ///
    /// # Errors
    ///
    /// When it doesn't fit, as above.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// let a = array![[1.0, 2.0], [3.0, 4.0]];
    /// let transposed = SharedArray::copy_of(&a.t())?;
    /// assert_eq!(*transposed, array![[1.0, 3.0], [2.0, 4.0]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn copy_of(other: &ArrayRef<T, D>) -> Result<Self> {
        let mut array = Self::like(other)?;
        array.assign(other);
        Ok(array.at_rest())
    }

    /// Gives the array a name for messages in place of `anonymous`; it keeps the first it is given.
    ///
    /// # Panics
    ///
    /// When the array is declared in a `shared!`, where it has a name.
    ///
    /// ```
    /// use dsm::SharedArray;
    ///
    /// let weights = SharedArray::<f32, _>::zeros(1000)?.named("weights");
    /// assert_eq!(weights.name(), "weights");
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn named(self, name: &'static str) -> Self {
        self.segment().give_name(name);
        self
    }
}
