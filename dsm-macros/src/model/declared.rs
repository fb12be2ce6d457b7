//! What the second step of `parallel` knows of a declared struct.

use proc_macro2::Ident;
use syn::Visibility;

use super::CellKind;

pub(crate) struct Declared {
    pub(crate) name: Ident,
    /// The declaration has a mistake of its own, which is reported there.
    pub(crate) broken: bool,
    pub(crate) fields: Vec<DeclaredField>,
}

pub(crate) struct DeclaredField {
    pub(crate) index: usize,
    pub(crate) name: Ident,
    pub(crate) kind: DeclaredKind,
}

pub(crate) enum DeclaredKind {
    Array {
        axes: usize,
    },
    Cell(CellKind),
    Cells(CellKind),
    /// Left out by a `cfg`. A clause may name it nevertheless, and has no effect then.
    Absent,
}

/// What the derive knows that makes the hidden macro.
pub(crate) struct StageMacro {
    pub(crate) vis: Visibility,
    /// The macro's own name.
    pub(crate) hidden: Ident,
    pub(crate) declared: Declared,
}
