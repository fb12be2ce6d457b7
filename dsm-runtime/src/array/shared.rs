//! What `dsm::shared!` implements for a declared struct, and how its handles are made and checked.

use std::any::{TypeId, type_name};
use std::sync::Arc;

use super::handle::Handle;
use super::handles::Handles;
use super::shared_array::SharedArray;
use super::shared_cell::SharedCell;
use crate::element::Element;
use crate::error::{Error, ErrorKind, Result};
use crate::segment::{Declaration, Segment};
use crate::shape::Axes;

/// A struct declared by `dsm::shared!`: how big to make it, and what its shared fields are.
///
/// Implemented by the macro only; the value (`VecAdd { n: 10 }`) holds the shape parameters.
///
/// ```
/// use dsm::prelude::*;
/// use dsm::Shared;
///
/// dsm::shared! { struct Grid(rows: usize, cols: usize) { now: [f64; rows, cols] } }
///
/// fn reproducible<S: Shared>(shared: S) -> dsm::Result<Cluster<S>> {
///     Cluster::builder(shared).workers(2).seed(1).build()
/// }
///
/// let cluster = reproducible(Grid { rows: 3, cols: 4 })?;
/// assert_eq!(cluster.now.dim(), (3, 4));
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared with `dsm::shared!`",
    label = "not a shared struct",
    note = "write `dsm::shared! {{ struct {Self}(n: usize) {{ a: [f64; n] }} }}`"
)]
pub trait Shared: 'static {
    /// The declared arrays, locks, flags and atomics as the driver sees them.
    type Handles;
    #[doc(hidden)]
    const NAME: &'static str;
    #[doc(hidden)]
    fn declare(&self, declaration: &mut Declaration) -> Result<()>;
    #[doc(hidden)]
    fn handles(source: &mut HandleSource<'_>) -> Self::Handles;
    #[doc(hidden)]
    fn visit(handles: &mut Self::Handles, visitor: &mut HandleVisitor<'_>);
}

/// Makes each handle of a segment, once.
#[derive(Debug)]
pub struct HandleSource<'s> {
    segment: &'s Arc<Segment>,
    taken: Vec<usize>,
    /// The type of each field: an array's element, or the cell.
    pub(crate) types: Vec<(usize, TypeId, &'static str)>,
}

impl<'s> HandleSource<'s> {
    pub(crate) fn new(segment: &'s Arc<Segment>) -> Self {
        HandleSource { segment, taken: Vec::new(), types: Vec::new() }
    }

    /// The array declared as number `index`.
    ///
    /// # Panics
    ///
    /// When it is declared as something else, or its handle was made already.
    pub fn array<T: Element, D: Axes>(&mut self, index: usize) -> SharedArray<T, D> {
        SharedArray::new(self.take::<T>(index), index)
    }

    /// The lock, flag or atomic declared as number `index`.
    ///
    /// # Panics
    ///
    /// When it is declared as something else, or its handle was made already.
    pub fn cell<C: SharedCell>(&mut self, index: usize) -> Handle<C> {
        Handle::new(self.take::<C>(index), index)
    }

    /// The array of locks or flags declared as number `index`.
    ///
    /// # Panics
    ///
    /// When it is declared as something else, or its handle was made already.
    pub fn cells<C: SharedCell>(&mut self, index: usize) -> Handles<C> {
        Handles::new(self.take::<C>(index), index)
    }

    fn take<T: 'static>(&mut self, index: usize) -> &'s Arc<Segment> {
        assert!(!self.taken.contains(&index), "one handle is made of each field");
        self.taken.push(index);
        self.types.push((index, TypeId::of::<T>(), type_name::<T>()));
        self.segment
    }
}

/// Checks before a call that every handle is at home, and after it makes the arrays' views anew.
///
/// It takes `&mut` of each handle: while the workers run, no reference into a handle is alive.
#[derive(Debug)]
pub struct HandleVisitor<'s> {
    segment: &'s Arc<Segment>,
    seen: Vec<usize>,
    strange: Option<&'static str>,
    /// The arrays that the driver may have written to since the last call.
    written: Vec<usize>,
}

impl<'s> HandleVisitor<'s> {
    pub(crate) fn new(segment: &'s Arc<Segment>) -> Self {
        HandleVisitor { segment, seen: Vec::new(), strange: None, written: Vec::new() }
    }

    /// The array declared as number `index`.
    pub fn array<T: Element, D: Axes>(&mut self, index: usize, array: &mut SharedArray<T, D>) {
        if self.at_home(index, array.is_at_home(self.segment, index)) {
            if array.take_written() {
                self.written.push(index);
            }
            array.rebuild();
        }
    }

    /// The lock, flag or atomic declared as number `index`.
    pub fn cell<C: SharedCell>(&mut self, index: usize, handle: &mut Handle<C>) {
        self.at_home(index, handle.is_at_home(self.segment, index));
    }

    /// The array of locks or flags declared as number `index`.
    pub fn cells<C: SharedCell>(&mut self, index: usize, handles: &mut Handles<C>) {
        self.at_home(index, handles.is_at_home(self.segment, index));
    }

    fn at_home(&mut self, index: usize, at_home: bool) -> bool {
        if at_home {
            self.seen.push(index);
        } else {
            self.strange = self.strange.or(Some(self.segment.field(index).name));
        }
        at_home
    }

    /// Whether every declared field was seen, at home.
    /// The arrays that the driver may have written to; or which handle isn't at home.
    pub(crate) fn finish(self) -> Result<Vec<usize>> {
        let missing = self.segment.fields.iter().find(|field| !self.seen.contains(&field.index));
        match self.strange.or(missing.map(|field| field.name)) {
            None => Ok(self.written),
            Some(name) => Err(Error::new(
                ErrorKind::Handle,
                format!(
                    "`{name}` isn't where it was declared, but another field's or cluster's: put the handles back (was \
                     `mem::swap` used on them?) before a call"
                ),
            )),
        }
    }
}
