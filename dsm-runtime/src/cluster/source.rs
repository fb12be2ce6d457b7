//! What a parallel function's resource struct is made from, once per call and worker.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::marker::PhantomData;

use crate::array::SharedCell;
use crate::seed::mix;
use crate::segment::{Field, FieldKind, field};
use crate::team::{Context, Team};
use crate::view::{Access, Grant, Mode, View};

/// Gives each view, lock and atomic of a call, as the clauses say.
///
/// Each array is given once. Types and modes are checked against the declaration and the clauses, which are the same
/// data in every worker.
pub struct ResourceSource<'w> {
    context: &'static Context,
    access: &'static [Access],
    taken: Vec<usize>,
    call: PhantomData<&'w mut ()>,
}

impl<'w> ResourceSource<'w> {
    pub(crate) fn new(context: &'static Context, access: &'static [Access]) -> Self {
        ResourceSource { context, access, taken: Vec::new(), call: PhantomData }
    }

    /// The view of the array declared as number `index`.
    ///
    /// # Panics
    ///
    /// When no clause names the array, the view isn't of the clause's mode, or it was given already.
    pub fn array<V: View<'w>>(&mut self, index: usize) -> V {
        let field = self.field(index);
        let mut accesses = self.access.iter().filter(|access| access.field == index);
        let (Some(access), None) = (accesses.next(), accesses.next()) else {
            panic!("`{}` is named in one clause", field.name)
        };
        assert!(!self.taken.contains(&index), "`{}` is given once", field.name);
        self.taken.push(index);
        let home_axis = match access.mode {
            Mode::Split { axis, .. } => axis,
            _ => 0,
        };
        assert!(home_axis < field.shape().len(), "`{}` has no axis {home_axis}", field.name);
        assert!(access.mode != Mode::SplitAt, "`{}`: ranges are brought to a phase, not to a call", field.name);
        let seed = mix(&[self.context.seed.get(), index as u64, 3]);
        let dispenser = self.context.engine.row_dispenser(index);
        self.context.accumulates(field, access.mode);
        // SAFETY: each worker of the call runs the same job, whose clauses are a constant, with the same seed; each array
        // is given once, here, and no view of an earlier call is left, since `'w` is new with each call. The driver waits.
        // The dispenser is the array's own, and was reset before the job was posted.
        V::build(unsafe { Grant::new(self.context.base, field, access.mode, home_axis, seed, 0..0, dispenser) })
    }

    /// The lock, flag or atomic declared as number `index`.
    ///
    /// # Panics
    ///
    /// When it is declared as something else.
    pub fn cell<C: SharedCell>(&mut self, index: usize) -> &'w C {
        match self.cells_of::<C>(index, false) {
            [cell] => cell,
            _ => unreachable!("a field that is one cell has one"),
        }
    }

    /// The array of locks or flags declared as number `index`.
    ///
    /// # Panics
    ///
    /// When it is declared as something else.
    pub fn cells<C: SharedCell>(&mut self, index: usize) -> &'w [C] {
        self.cells_of(index, true)
    }

    fn cells_of<C: SharedCell>(&self, index: usize, several: bool) -> &'w [C] {
        let field = self.field(index);
        let fits = match field.kind {
            FieldKind::Cell(_) => !several,
            FieldKind::Cells(..) => several,
            FieldKind::Array(_) => false,
        };
        assert!(
            fits && field.type_id == TypeId::of::<C>(),
            "`{}` isn't declared as this lock, flag or atomic",
            field.name
        );
        let first = self.context.base.memory.at(field.offset, field.bytes()).cast::<C>();
        // SAFETY: the memory holds that many cells, aligned, and all bytes zero is a valid cell. A cell is shared by its
        // design: every access to its value goes through its word or a hardware atomic.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), field.count()) }
    }

    fn field(&self, index: usize) -> &'static Field {
        field(self.context.base.fields, index)
    }

    /// This worker's rank.
    #[must_use]
    pub fn id(&self) -> usize {
        self.context.rank()
    }

    /// How many workers there are.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.context.size()
    }

    /// The team of this call.
    #[must_use]
    pub fn team(&self) -> Team<'w> {
        Team::new(self.context)
    }
}

impl std::fmt::Debug for ResourceSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResourceSource").field("access", &self.access).finish_non_exhaustive()
    }
}
