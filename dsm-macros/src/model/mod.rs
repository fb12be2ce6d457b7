//! What was read: plain data between parser, checks and expansion. Nothing here makes an error.

mod clause;
mod declared;
mod element;
mod entry;
mod function;
mod krate;
mod shared;

pub(crate) use clause::{AccumulateOp, Clause, ClauseOption, Clauses, Kind, Mode, Schedule, ScheduleName, Usage};
pub(crate) use declared::{Declared, DeclaredField, DeclaredKind, StageMacro};
pub(crate) use element::ElementStruct;
pub(crate) use entry::Entry;
pub(crate) use function::{Argument, Function, Parallel, Resource, Returned, peeled};
pub(crate) use krate::Krate;
pub(crate) use shared::{Cell, CellKind, Field, FieldKind, Parameter, SharedStruct, StructAttributes};
