//! The clauses of `parallel`.

use proc_macro2::{Ident, Span};

use super::Krate;

/// All clauses of one attribute.
#[derive(Default)]
pub(crate) struct Clauses {
    pub(crate) krate: Krate,
    pub(crate) clauses: Vec<Clause>,
}

/// `split(c, d, axis = 1, cyclic)`, as it was written.
pub(crate) struct Clause {
    pub(crate) kind: Kind,
    pub(crate) keyword: Ident,
    pub(crate) arrays: Vec<Ident>,
    pub(crate) options: Vec<ClauseOption>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Split,
    Atomic,
    Accumulate,
    Raw,
}

impl Kind {
    /// Every clause, in the order in which messages list them.
    pub(crate) const ALL: [Self; 5] = [Self::Read, Self::Split, Self::Atomic, Self::Accumulate, Self::Raw];

    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Split => "split",
            Self::Atomic => "atomic",
            Self::Accumulate => "accumulate",
            Self::Raw => "raw",
        }
    }
}

/// What may stand after the names of a `split`.
pub(crate) enum ClauseOption {
    Axis { keyword: Ident, value: usize, span: Span },
    Schedule { keyword: Ident, name: ScheduleName, argument: Option<(usize, Span)> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScheduleName {
    Block,
    Cyclic,
    Random,
    Dynamic,
    Guided,
}

impl ScheduleName {
    pub(crate) const ALL: [Self; 5] = [Self::Block, Self::Cyclic, Self::Random, Self::Dynamic, Self::Guided];

    pub(crate) fn keyword(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Cyclic => "cyclic",
            Self::Random => "random",
            Self::Dynamic => "dynamic",
            Self::Guided => "guided",
        }
    }
}

/// One array and how it is used, after the checks.
pub(crate) struct Usage {
    pub(crate) array: Ident,
    pub(crate) mode: Mode,
}

pub(crate) enum Mode {
    Read,
    Split { axis: usize, axis_span: Span, schedule: Schedule },
    Atomic,
    Raw,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schedule {
    Block,
    Cyclic(usize),
    Random,
    Dynamic(usize),
    Guided(usize),
}
