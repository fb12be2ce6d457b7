//! The clauses of `parallel` against the declaration.

use crate::errors::Errors;
use crate::messages;
use crate::model::{Declared, DeclaredKind, Mode, Parallel, ScheduleName};
use crate::names::{nearest, text};

/// Checks that each named array is one, and has the axis along which it is split. What isn't is taken out.
pub(crate) fn access(parallel: &mut Parallel, declared: &Declared, errors: &mut Errors) {
    parallel.usages.retain(|usage| {
        let name = text(&usage.array);
        let Some(field) = declared.fields.iter().find(|field| text(&field.name) == name) else {
            // In a broken declaration the array may be there, with a mistake that is reported at the declaration.
            if !declared.broken {
                errors.at(&usage.array, unknown(declared, &name));
            }
            return false;
        };
        match (&field.kind, &usage.mode) {
            (DeclaredKind::Array { axes }, Mode::Split { axis, axis_span, .. }) if axis >= axes => {
                errors.at_span(*axis_span, messages::axis_out_of_range(&name, *axes));
                false
            }
            (DeclaredKind::Array { .. } | DeclaredKind::Absent, _) => true,
            (DeclaredKind::Cell(_) | DeclaredKind::Cells(_), _) => {
                errors.at(&usage.array, messages::cell_in_clause(&name));
                false
            }
        }
    });
}

fn unknown(declared: &Declared, name: &str) -> String {
    let arrays: Vec<String> = declared
        .fields
        .iter()
        .filter(|field| matches!(field.kind, DeclaredKind::Array { .. }))
        .map(|field| text(&field.name))
        .collect();
    let arrays: Vec<&str> = arrays.iter().map(String::as_str).collect();
    // A mistyped schedule reads like the name of an array.
    let schedules = ScheduleName::ALL.map(ScheduleName::keyword);
    let likely = nearest(name, &arrays).or_else(|| nearest(name, &schedules));
    messages::unknown_array(&text(&declared.name), name, &arrays, likely)
}
