//! The fields of a declared struct by number, for generated code.
//!
//! Everything here is generic over the declared struct and the field's number, and learns types from one trait impl for
//! each field. So a type that isn't fit for shared memory is refused at that impl, where the user wrote it, and nowhere
//! else.

use crate::array::{Handle, HandleSource, HandleVisitor, Handles, SharedArray, SharedCell};
use crate::cluster::ResourceSource;
use crate::element::Element;
use crate::error::Result;
use crate::segment::Declaration;
use crate::shape::Axes;
use crate::sync::AtomicElement;
use crate::view::{Accumulate, AccumulateElement, Atomics, Raw, Read, Rows, Split};

/// The element and dimension of the array declared as number `INDEX`.
pub trait ArrayField<const INDEX: usize> {
    /// Its element.
    type Element: Element;
    /// Its dimension.
    type Dim: Axes;
}

/// The type of the lock, flag or atomic declared as number `INDEX`.
pub trait CellField<const INDEX: usize> {
    /// `Lock<T>`, `FairLock<T>`, `Atomic<T>` or `Flag`.
    type Cell: SharedCell;
}

/// The type of the locks or flags declared as number `INDEX`.
pub trait CellsField<const INDEX: usize> {
    /// `Lock<T>`, `FairLock<T>` or `Flag`.
    type Cell: SharedCell;
}

/// Declares an array.
///
/// # Errors
///
/// When it doesn't fit.
pub fn declare_array<S: ArrayField<INDEX>, const INDEX: usize>(
    declaration: &mut Declaration,
    name: &'static str,
    shape: impl AsRef<[usize]>,
) -> Result<()> {
    declaration.array::<S::Element, S::Dim>(INDEX, name, shape)
}

/// Declares a lock, flag or atomic.
///
/// # Errors
///
/// When it doesn't fit.
pub fn declare_cell<S: CellField<INDEX>, const INDEX: usize>(
    declaration: &mut Declaration,
    name: &'static str,
) -> Result<()> {
    declaration.cell::<S::Cell>(INDEX, name)
}

/// Declares an array of locks or flags.
///
/// # Errors
///
/// When it doesn't fit.
pub fn declare_cells<S: CellsField<INDEX>, const INDEX: usize>(
    declaration: &mut Declaration,
    name: &'static str,
    length: usize,
) -> Result<()> {
    declaration.cells::<S::Cell>(INDEX, name, length)
}

/// The driver's handle of an array.
pub fn array_handle<S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut HandleSource<'_>,
) -> SharedArray<S::Element, S::Dim> {
    source.array(INDEX)
}

/// The driver's handle of a lock, flag or atomic.
pub fn cell_handle<S: CellField<INDEX>, const INDEX: usize>(source: &mut HandleSource<'_>) -> Handle<S::Cell> {
    source.cell(INDEX)
}

/// The driver's handle of an array of locks or flags.
pub fn cells_handle<S: CellsField<INDEX>, const INDEX: usize>(source: &mut HandleSource<'_>) -> Handles<S::Cell> {
    source.cells(INDEX)
}

/// Shows the handle of an array.
pub fn visit_array<S: ArrayField<INDEX>, const INDEX: usize>(
    visitor: &mut HandleVisitor<'_>,
    array: &mut SharedArray<S::Element, S::Dim>,
) {
    visitor.array(INDEX, array);
}

/// Shows the handle of a lock, flag or atomic.
pub fn visit_cell<S: CellField<INDEX>, const INDEX: usize>(
    visitor: &mut HandleVisitor<'_>,
    handle: &mut Handle<S::Cell>,
) {
    visitor.cell(INDEX, handle);
}

/// Shows the handle of an array of locks or flags.
pub fn visit_cells<S: CellsField<INDEX>, const INDEX: usize>(
    visitor: &mut HandleVisitor<'_>,
    handles: &mut Handles<S::Cell>,
) {
    visitor.cells(INDEX, handles);
}

/// The view of an array in `read`.
pub fn read<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Read<'w, S::Element, S::Dim> {
    source.array(INDEX)
}

/// The view of an array in `split`.
pub fn split<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Split<'w, S::Element, S::Dim> {
    source.array(INDEX)
}

/// The view of an array in `split` with a schedule.
pub fn rows<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Rows<'w, S::Element, S::Dim> {
    source.array(INDEX)
}

/// The view of an array in `atomic`.
pub fn atomics<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Atomics<'w, S::Element, S::Dim>
where
    S::Element: AtomicElement,
{
    source.array(INDEX)
}

/// The view of an array in `accumulate`.
pub fn accumulate<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Accumulate<'w, S::Element, S::Dim>
where
    S::Element: AccumulateElement,
{
    source.array(INDEX)
}

/// The view of an array in `raw`.
pub fn raw<'w, S: ArrayField<INDEX>, const INDEX: usize>(
    source: &mut ResourceSource<'w>,
) -> Raw<'w, S::Element, S::Dim> {
    source.array(INDEX)
}

/// A lock, flag or atomic, in a worker.
pub fn cell<'w, S: CellField<INDEX>, const INDEX: usize>(source: &mut ResourceSource<'w>) -> &'w S::Cell {
    source.cell(INDEX)
}

/// An array of locks or flags, in a worker.
pub fn cells<'w, S: CellsField<INDEX>, const INDEX: usize>(source: &mut ResourceSource<'w>) -> &'w [S::Cell] {
    source.cells(INDEX)
}
