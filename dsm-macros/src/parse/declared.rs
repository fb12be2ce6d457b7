//! The input of the second step of `parallel`: `{ crate } { declaration } { clauses } { function }`.
//!
//! The declaration is written by `expand::stage` in a compact form, one group per field:
//! `VecAdd sound (0 array 1 a) (3 cell Lock total) (4 cells Lock bins) (5 absent extra)`.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Data, DeriveInput, Ident, LitInt, braced, parenthesized};

use crate::messages;
use crate::model::{CellKind, Declared, DeclaredField, DeclaredKind, StageMacro};
use crate::names::text;

/// The three parts that the second step puts together.
pub(crate) struct SecondStep {
    pub(crate) declared: Declared,
    pub(crate) clauses: TokenStream,
    pub(crate) function: TokenStream,
}

/// Reads the input of the second step. Only a hand-written call can be wrong here.
pub(crate) fn second_step(input: TokenStream) -> syn::Result<SecondStep> {
    let read = |input: ParseStream<'_>| {
        let content;
        braced!(content in input);
        let declared = declared(&content)?;
        let clauses = braces(input)?;
        let function = braces(input)?;
        Ok(SecondStep { declared, clauses, function })
    };
    read.parse2(input)
}

/// Reads the handles struct under the derive that makes the hidden macro.
pub(crate) fn stage_macro(item: TokenStream) -> syn::Result<StageMacro> {
    let input: DeriveInput = syn::parse2(item)?;
    let missing = || syn::Error::new_spanned(&input.ident, messages::COMPACT_FORM);
    let attribute = input.attrs.iter().find(|attribute| attribute.path().is_ident("dsm")).ok_or_else(missing)?;
    let (hidden, mut declared) = attribute.parse_args_with(|input: ParseStream<'_>| {
        input.parse::<Ident>()?;
        let content;
        parenthesized!(content in input);
        Ok((content.parse::<Ident>()?, declared(&content)?))
    })?;
    let Data::Struct(data) = &input.data else {
        return Err(missing());
    };
    for field in &mut declared.fields {
        if !data.fields.iter().flat_map(|there| &there.ident).any(|there| text(there) == text(&field.name)) {
            field.kind = DeclaredKind::Absent;
        }
    }
    Ok(StageMacro { vis: input.vis, hidden, declared })
}

fn braces(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let content;
    braced!(content in input);
    content.parse()
}

fn declared(content: ParseStream<'_>) -> syn::Result<Declared> {
    let name: Ident = content.parse()?;
    let state: Ident = content.parse()?;
    let mut fields = Vec::new();
    while !content.is_empty() {
        let inner;
        parenthesized!(inner in content);
        fields.push(field(&inner)?);
    }
    Ok(Declared { name, broken: state == "broken", fields })
}

fn field(inner: ParseStream<'_>) -> syn::Result<DeclaredField> {
    let index = inner.parse::<LitInt>()?.base10_parse()?;
    let kind: Ident = inner.parse()?;
    let kind = if kind == "array" {
        DeclaredKind::Array { axes: inner.parse::<LitInt>()?.base10_parse()? }
    } else if kind == "cell" {
        DeclaredKind::Cell(cell(inner)?)
    } else if kind == "cells" {
        DeclaredKind::Cells(cell(inner)?)
    } else if kind == "absent" {
        DeclaredKind::Absent
    } else {
        return Err(syn::Error::new_spanned(kind, messages::COMPACT_FORM));
    };
    let name: Ident = inner.parse()?;
    Ok(DeclaredField { index, name, kind })
}

fn cell(inner: ParseStream<'_>) -> syn::Result<CellKind> {
    let name: Ident = inner.parse()?;
    CellKind::ALL
        .into_iter()
        .find(|kind| name == kind.name())
        .ok_or_else(|| syn::Error::new_spanned(&name, messages::COMPACT_FORM))
}
