//! A struct declared by `shared!`.

use proc_macro2::Ident;
use syn::{Attribute, Expr, Path, Type, Visibility};

use super::Krate;

/// `#[…] pub struct VecAdd(n: usize) { … }`.
pub(crate) struct SharedStruct {
    pub(crate) attributes: StructAttributes,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) fields: Vec<Field>,
    /// A mistake was found in it: what is generated only keeps the mistake from being repeated by rustc.
    pub(crate) broken: bool,
}

/// The attributes of a struct, sorted by where they go.
#[derive(Default)]
pub(crate) struct StructAttributes {
    /// On the struct that the user wrote: all but `#[dsm(…)]`.
    pub(crate) own: Vec<Attribute>,
    /// On every generated item.
    pub(crate) cfg: Vec<Attribute>,
    /// Lint levels, on the handles struct too.
    pub(crate) lints: Vec<Attribute>,
    /// What the user derives, by last path segment.
    pub(crate) derived: Vec<Path>,
    pub(crate) krate: Krate,
}

/// `n: usize`.
pub(crate) struct Parameter {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// `a: [i64; n]`.
pub(crate) struct Field {
    /// Position in the declaration, every field counted.
    pub(crate) index: usize,
    /// Everything but `cfg` and `#[dsm(…)]`; goes on the handles struct's field.
    pub(crate) attributes: Vec<Attribute>,
    /// Goes on everything generated for the field.
    pub(crate) cfg: Vec<Attribute>,
    /// The field's own visibility, if it has one.
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) kind: FieldKind,
}

pub(crate) enum FieldKind {
    Array { element: Type, shape: Vec<Expr> },
    Cell(Cell),
    Cells { cell: Cell, length: Expr },
}

/// `Lock<i64>`.
pub(crate) struct Cell {
    pub(crate) kind: CellKind,
    /// The type as the user wrote it, where errors about the whole stand.
    pub(crate) written: Type,
    /// The type of the content; absent in a bare `Lock`, which guards nothing, and in a `Flag`.
    pub(crate) content: Option<Type>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum CellKind {
    Lock,
    FairLock,
    Atomic,
    Flag,
}

impl CellKind {
    pub(crate) const ALL: [Self; 4] = [Self::Lock, Self::FairLock, Self::Atomic, Self::Flag];

    /// The type's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lock => "Lock",
            Self::FairLock => "FairLock",
            Self::Atomic => "Atomic",
            Self::Flag => "Flag",
        }
    }
}
