//! The declarations of `shared!`: names, and the number of axes.

use proc_macro2::{Ident, Span};

use crate::errors::Errors;
use crate::messages;
use crate::model::{FieldKind, SharedStruct};
use crate::names::text;

/// More axes than this, ndarray's fixed dimensions don't have.
const MAX_AXES: usize = 6;

/// The names that every resource struct has.
const RESERVED: [&str; 3] = ["id", "workers", "team"];

/// Checks all structs of one `shared!`. What is wrong is taken out, so that the rest can be expanded.
pub(crate) fn shared(structs: &mut Vec<SharedStruct>, errors: &mut Errors) {
    let mut names = Seen::default();
    structs.retain(|declaration| names.is_new(&declaration.name, errors));
    for declaration in structs {
        let before = errors.count();
        check_names(declaration, errors);
        check_axes(declaration, errors);
        declaration.broken |= errors.count() > before;
    }
}

fn check_names(declaration: &mut SharedStruct, errors: &mut Errors) {
    let mut parameters = Seen::default();
    declaration.parameters.retain(|parameter| {
        check_reserved(&parameter.name, errors);
        parameters.is_new(&parameter.name, errors)
    });
    let mut fields = Seen::default();
    declaration.fields.retain(|field| {
        check_reserved(&field.name, errors);
        if parameters.first(&field.name).is_some() {
            errors.at(&field.name, messages::field_is_parameter(&text(&field.name)));
        }
        fields.is_new(&field.name, errors)
    });
}

fn check_reserved(name: &Ident, errors: &mut Errors) {
    if RESERVED.iter().any(|reserved| name == reserved) {
        errors.at(name, messages::reserved_name(&text(name)));
    }
}

fn check_axes(declaration: &mut SharedStruct, errors: &mut Errors) {
    declaration.fields.retain(|field| {
        let FieldKind::Array { shape, .. } = &field.kind else {
            return true;
        };
        let Some(first_too_many) = shape.get(MAX_AXES) else {
            return true;
        };
        errors.at(first_too_many, messages::too_many_axes(&text(&field.name), shape.len()));
        false
    });
}

/// Names in the order of their declaration.
#[derive(Default)]
struct Seen {
    names: Vec<Ident>,
}

impl Seen {
    fn first(&self, name: &Ident) -> Option<&Ident> {
        self.names.iter().find(|seen| text(seen) == text(name))
    }

    /// Notes the name; reports it when it was noted before.
    fn is_new(&mut self, name: &Ident, errors: &mut Errors) -> bool {
        match self.first(name) {
            Some(first) => {
                errors.at(name, messages::declared_twice(&text(name), line(first.span())));
                false
            }
            None => {
                self.names.push(name.clone());
                true
            }
        }
    }
}

/// The line of a token, which only a running compiler knows.
fn line(span: Span) -> Option<usize> {
    proc_macro::is_available().then(|| span.unwrap().line())
}
