//! The documentation of generated items.

use crate::model::{CellKind, FieldKind, Mode, Schedule};

pub(super) fn parameter(name: &str) -> String {
    format!("Shape parameter `{name}`.")
}

pub(super) fn handles(shared: &str) -> String {
    format!("The shared arrays, locks, flags and atomics of [`{shared}`](struct@{shared}), as the driver sees them.")
}

pub(super) fn handle(name: &str, kind: &FieldKind) -> String {
    match kind {
        FieldKind::Array { .. } => format!("The array `{name}`."),
        FieldKind::Cell(written) => cell(name, written.kind),
        FieldKind::Cells { cell: written, .. } => cells(name, written.kind),
    }
}

pub(super) fn resources(function: &str, shared: &str) -> String {
    format!(
        "What each worker of `{function}` holds: its views, the locks, flags and atomics of `{shared}`, and its team."
    )
}

pub(super) fn view(array: &str, mode: &Mode) -> String {
    match mode {
        Mode::Read => format!("`{array}`, read by every worker."),
        Mode::Split { axis, schedule: Schedule::Block, .. } => {
            format!("This worker's block of `{array}`, along axis {axis}.")
        }
        Mode::Split { axis, schedule: Schedule::Cyclic(_), .. } => {
            format!("This worker's rows of `{array}`, dealt round-robin along axis {axis}.")
        }
        Mode::Split { axis, schedule: Schedule::Random, .. } => {
            format!("This worker's rows of `{array}`, dealt at random along axis {axis}.")
        }
        Mode::Split { axis, schedule: Schedule::Dynamic(_) | Schedule::Guided(_), .. } => {
            format!("This worker's rows of `{array}`, handed out along axis {axis} as it asks for them.")
        }
        Mode::Atomic => format!("`{array}`, whose elements every worker may change, atomically."),
        Mode::Accumulate { operator, .. } => {
            format!("`{array}`, which every worker contributes to by `{}`, and none reads.", operator.token())
        }
        Mode::Raw => format!("`{array}`, open to every worker through unsafe methods."),
    }
}

pub(super) fn cell(name: &str, kind: CellKind) -> String {
    format!("The {} `{name}`.", cell_noun(kind))
}

pub(super) fn cells(name: &str, kind: CellKind) -> String {
    format!("The {}s `{name}`.", cell_noun(kind))
}

fn cell_noun(kind: CellKind) -> &'static str {
    match kind {
        CellKind::Lock => "lock",
        CellKind::FairLock => "fair lock",
        CellKind::Atomic => "atomic",
        CellKind::Flag => "flag",
    }
}
