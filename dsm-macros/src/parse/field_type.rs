//! The type of a field: `[T; n, m]`, `Lock<T>`, `[Lock<T>; n]`, `Flag`.

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Expr, GenericArgument, PathArguments, Token, Type, bracketed, token};

use super::recover::mistake;
use crate::errors::Errors;
use crate::messages;
use crate::model::{Cell, CellKind, FieldKind, peeled};

/// Reads the type of the field `name`. `None` when it is wrong, which `errors` then knows.
pub(super) fn field_type(name: &str, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<FieldKind>> {
    if input.peek(token::Bracket) {
        let content;
        let brackets = bracketed!(content in input);
        let element: Type = content.parse()?;
        let mut shape = Punctuated::<Expr, Token![,]>::new();
        if content.peek(Token![;]) {
            content.parse::<Token![;]>()?;
            shape = content.call(Punctuated::parse_terminated)?;
        } else if !content.is_empty() {
            return Err(mistake(&content, messages::AXES_FORM));
        }
        if shape.is_empty() {
            errors.at_span(brackets.span.join(), messages::no_axes(name));
            return Ok(None);
        }
        return Ok(array(name, element, shape.into_iter().collect(), errors));
    }
    let written: Type = input.parse()?;
    Ok(match cell(&written, errors) {
        Ok(Some(cell)) => Some(FieldKind::Cell(cell)),
        Ok(None) => {
            errors.at(&written, messages::field_type(name));
            None
        }
        Err(Reported) => None,
    })
}

fn array(name: &str, element: Type, shape: Vec<Expr>, errors: &mut Errors) -> Option<FieldKind> {
    match cell(&element, errors) {
        Ok(Some(cell)) if cell.kind == CellKind::Atomic => {
            errors.at(&element, messages::atomics_as_cells(name));
            None
        }
        Ok(Some(cell)) => {
            if let Some(second) = shape.get(1) {
                let message = match cell.kind {
                    CellKind::Flag => messages::flags_axes(name),
                    kind => messages::locks_axes(name, kind.name()),
                };
                errors.at(second, message);
                return None;
            }
            shape.into_iter().next().map(|length| FieldKind::Cells { cell, length })
        }
        Ok(None) => Some(FieldKind::Array { element, shape }),
        Err(Reported) => None,
    }
}

/// Something was wrong, which the collector knows.
struct Reported;

/// Recognises a cell by the last segment of its path.
fn cell(ty: &Type, errors: &mut Errors) -> Result<Option<Cell>, Reported> {
    let Type::Path(path) = peeled(ty) else {
        return Ok(None);
    };
    let Some(last) = path.path.segments.last() else {
        return Ok(None);
    };
    let Some(kind) = CellKind::ALL.into_iter().find(|kind| last.ident == kind.name()) else {
        return Ok(None);
    };
    let content = match &last.arguments {
        // A bare `Lock` guards nothing; a bare `Atomic` would hold nothing.
        PathArguments::None if kind != CellKind::Atomic => None,
        _ if kind == CellKind::Flag => {
            errors.at(ty, messages::FLAG_ARGUMENTS);
            return Err(Reported);
        }
        PathArguments::AngleBracketed(arguments) if arguments.args.len() == 1 => match arguments.args.first() {
            Some(GenericArgument::Type(content)) => Some(content.clone()),
            _ => return Err(wrong_arguments(ty, kind, errors)),
        },
        _ => return Err(wrong_arguments(ty, kind, errors)),
    };
    Ok(Some(Cell { kind, written: ty.clone(), content }))
}

fn wrong_arguments(ty: &Type, kind: CellKind, errors: &mut Errors) -> Reported {
    errors.at(ty, messages::cell_arguments(kind.name()));
    Reported
}
