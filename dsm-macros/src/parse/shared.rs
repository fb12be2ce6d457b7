//! The declarations of `shared!`.

use proc_macro2::TokenStream;
use syn::parse::ParseStream;
use syn::{Attribute, Generics, Ident, Path, Token, Type, Visibility, WhereClause, braced, parenthesized, token};

use super::field_type::field_type;
use super::options::{Place, dsm_attribute, is_dsm};
use super::recover::{mistake, read, skip_comma, skip_declaration, skip_field, skip_rest};
use crate::errors::Errors;
use crate::messages;
use crate::model::{Field, Parameter, SharedStruct, StructAttributes};

/// Reads all structs of one `shared!`.
pub(crate) fn shared(input: TokenStream, errors: &mut Errors) -> Vec<SharedStruct> {
    let mut structs = Vec::new();
    read(input, errors, |input, errors| {
        while !input.is_empty() {
            match declaration(input, errors) {
                Ok(found) => structs.push(found),
                Err(error) => {
                    errors.syntax(error);
                    skip_declaration(input);
                }
            }
        }
    });
    structs
}

/// One struct. An error only when there isn't enough of one to go on with.
fn declaration(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<SharedStruct> {
    let before = errors.count();
    let attributes = struct_attributes(input.call(Attribute::parse_outer)?, errors);
    let vis: Visibility = input.parse()?;
    if !input.peek(Token![struct]) {
        return Err(mistake(input, messages::EXPECTED_STRUCT));
    }
    input.parse::<Token![struct]>()?;
    let name: Ident = input.parse()?;
    refuse_generics(input, errors)?;
    let parameters = if input.peek(token::Paren) { parameters(input, errors)? } else { Vec::new() };
    refuse_generics(input, errors)?;
    let fields = if input.peek(token::Brace) {
        fields(input, errors)?
    } else {
        if input.peek(Token![;]) {
            errors.at_span(input.span(), messages::SHARED_BODY);
        } else {
            errors.at(&name, messages::SHARED_BODY);
        }
        skip_declaration(input);
        Vec::new()
    };
    let broken = errors.count() > before;
    Ok(SharedStruct { attributes, vis, name, parameters, fields, broken })
}

/// Neither `<T>` nor `where …` has a meaning here.
fn refuse_generics(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    if input.peek(Token![<]) {
        let generics: Generics = input.parse()?;
        errors.at(generics, messages::SHARED_GENERICS);
    }
    if input.peek(Token![where]) {
        let clause: WhereClause = input.parse()?;
        errors.at(clause, messages::SHARED_GENERICS);
    }
    Ok(())
}

fn parameters(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Parameter>> {
    let content;
    parenthesized!(content in input);
    let mut parameters = Vec::new();
    while !content.is_empty() {
        match parameter(&content, errors) {
            Ok(parameter) => parameters.push(parameter),
            Err(error) => {
                errors.syntax(error);
                skip_rest(&content);
            }
        }
    }
    Ok(parameters)
}

fn parameter(content: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Parameter> {
    let mut attributes = content.call(Attribute::parse_outer)?;
    attributes.retain(|attribute| {
        let conditional = is_cfg(attribute);
        if conditional {
            errors.at(attribute, messages::PARAMETER_CFG);
        }
        if is_dsm(attribute) {
            dsm_attribute(attribute, Place::Field, &mut None, errors);
        }
        !conditional && !is_dsm(attribute)
    });
    // Every parameter is as visible as the struct, so what the user says of it has no effect.
    content.parse::<Visibility>()?;
    if !(content.peek(syn::Ident) && content.peek2(Token![:]) && !content.peek2(Token![::])) {
        return Err(mistake(content, messages::PARAMETER_FORM));
    }
    let name: Ident = content.parse()?;
    content.parse::<Token![:]>()?;
    let ty: Type = content.parse()?;
    if !content.is_empty() && !content.peek(Token![,]) {
        return Err(mistake(content, messages::EXPECTED_COMMA));
    }
    skip_comma(content);
    Ok(Parameter { attributes, name, ty })
}

fn fields(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Field>> {
    let content;
    braced!(content in input);
    let mut fields = Vec::new();
    let mut index = 0;
    while !content.is_empty() {
        match field(index, &content, errors) {
            Ok(field) => fields.extend(field),
            Err(error) => {
                errors.syntax(error);
                skip_field(&content);
            }
        }
        index += 1;
    }
    Ok(fields)
}

fn field(index: usize, content: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Field>> {
    let all = content.call(Attribute::parse_outer)?;
    let vis: Visibility = content.parse()?;
    if !(content.peek(syn::Ident) && content.peek2(Token![:]) && !content.peek2(Token![::])) {
        return Err(mistake(content, messages::FIELD_FORM));
    }
    let name: Ident = content.parse()?;
    content.parse::<Token![:]>()?;
    let kind = field_type(&crate::names::text(&name), content, errors)?;
    if !content.is_empty() && !content.peek(Token![,]) {
        return Err(mistake(content, messages::EXPECTED_COMMA));
    }
    skip_comma(content);

    let mut attributes = Vec::new();
    let mut cfg = Vec::new();
    for attribute in all {
        if is_dsm(&attribute) {
            dsm_attribute(&attribute, Place::Field, &mut None, errors);
        } else if is_cfg(&attribute) {
            cfg.push(attribute);
        } else {
            attributes.push(attribute);
        }
    }
    Ok(kind.map(|kind| Field { index, attributes, cfg, vis, name, kind }))
}

fn struct_attributes(all: Vec<Attribute>, errors: &mut Errors) -> StructAttributes {
    let mut sorted = StructAttributes::default();
    let mut krate = None;
    for attribute in all {
        if is_dsm(&attribute) {
            dsm_attribute(&attribute, Place::Struct, &mut krate, errors);
            continue;
        }
        if is_cfg(&attribute) {
            sorted.cfg.push(attribute);
            continue;
        }
        if attribute.path().is_ident("derive") {
            // What can't be read as a list of derives is rustc's to refuse.
            let _ = attribute.parse_nested_meta(|derived| {
                sorted.derived.push(derived.path);
                Ok(())
            });
        }
        if ["allow", "warn", "deny", "forbid"].iter().any(|level| attribute.path().is_ident(level)) {
            sorted.lints.push(attribute.clone());
        }
        sorted.own.push(attribute);
    }
    sorted.krate = krate.unwrap_or_default();
    sorted
}

impl StructAttributes {
    /// Does the user derive the trait of this name?
    pub(crate) fn derives(&self, name: &str) -> bool {
        self.derived.iter().any(|path: &Path| path.segments.last().is_some_and(|last| last.ident == name))
    }
}

fn is_cfg(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
}
