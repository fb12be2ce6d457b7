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

/// What may stand after the names of a `split`, or of an `accumulate`.
pub(crate) enum ClauseOption {
    Axis { keyword: Ident, value: usize, span: Span },
    Schedule { keyword: Ident, name: ScheduleName, argument: Option<(usize, Span)> },
    Operator { operator: AccumulateOp, span: Span },
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

/// The operator of an `accumulate`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccumulateOp {
    Add,
    Mul,
    Min,
    Max,
    And,
    Or,
    Xor,
}

impl AccumulateOp {
    pub(crate) const ALL: [Self; 7] = [Self::Add, Self::Mul, Self::Min, Self::Max, Self::And, Self::Or, Self::Xor];

    /// As it is written in the clause.
    pub(crate) fn token(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Mul => "*",
            Self::Min => "min",
            Self::Max => "max",
            Self::And => "and",
            Self::Or => "or",
            Self::Xor => "xor",
        }
    }

    /// The runtime's type, in `ops`.
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Mul => "Mul",
            Self::Min => "Min",
            Self::Max => "Max",
            Self::And => "And",
            Self::Or => "Or",
            Self::Xor => "Xor",
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
    Accumulate { operator: AccumulateOp, span: Span },
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
