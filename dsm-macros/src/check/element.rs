//! The struct under `derive(Element)`: what can be seen without types. The rest is asserted in the generated code.

use syn::punctuated::Punctuated;
use syn::{Meta, Token};

use crate::errors::Errors;
use crate::messages;
use crate::model::ElementStruct;

/// Checks that the struct is concrete, holds something, and has a fixed layout.
pub(crate) fn element(input: &ElementStruct, errors: &mut Errors) {
    if !input.generics.params.is_empty() {
        errors.at(&input.generics, messages::ELEMENT_GENERICS);
    } else if let Some(clause) = &input.generics.where_clause {
        errors.at(clause, messages::ELEMENT_GENERICS);
    }
    if input.fields.is_empty() {
        errors.at(&input.name, messages::ELEMENT_EMPTY);
    }
    if !has_fixed_layout(input) {
        errors.at(&input.name, messages::ELEMENT_REPR);
    }
}

fn has_fixed_layout(input: &ElementStruct) -> bool {
    input
        .attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("repr"))
        .filter_map(|attribute| attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok())
        .flatten()
        .any(|layout| layout.path().is_ident("C") || layout.path().is_ident("transparent"))
}
