//! The struct of the driver's handles.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Visibility;
use syn::spanned::Spanned;

use super::attributes::has_docs;
use super::{docs, stage};
use crate::model::{Cell, CellKind, FieldKind, Krate, SharedStruct};
use crate::names::{self, text};

/// `pub struct VecAddHandles { … }`.
pub(super) fn handles(declaration: &SharedStruct, site: &str) -> TokenStream {
    let SharedStruct { attributes, vis, name, fields, .. } = declaration;
    let (krate, cfg, lints) = (&attributes.krate, &attributes.cfg, &attributes.lints);
    let handles = names::handles(name);
    let doc = docs::handles(&text(name));
    let stage = stage::stage_derive(declaration, site);
    let fields = fields.iter().map(|field| {
        let (cfg, attributes, name) = (&field.cfg, &field.attributes, &field.name);
        let doc =
            (!has_docs(attributes)).then(|| docs::handle(&text(name), &field.kind)).map(|doc| quote!(#[doc = #doc]));
        let vis = match &field.vis {
            Visibility::Inherited => vis,
            own => own,
        };
        let ty = handle_type(krate, &field.kind);
        quote!(#(#cfg)* #doc #(#attributes)* #vis #name: #ty)
    });
    quote! {
        #(#cfg)*
        #[doc = #doc]
        #stage
        #(#lints)*
        #[allow(dead_code, missing_debug_implementations, unreachable_pub)]
        #vis struct #handles { #(#fields,)* }
    }
}

/// `a: array_handle::<Self, 0>(source), …`.
pub(super) fn initialisers(declaration: &SharedStruct, source: &Ident) -> TokenStream {
    let krate = &declaration.attributes.krate;
    let initialisers = declaration.fields.iter().map(|field| {
        let (cfg, name) = (&field.cfg, &field.name);
        let index = Literal::usize_unsuffixed(field.index);
        let handle = format_ident!("{}_handle", method(&field.kind));
        quote!(#(#cfg)* #name: #krate::__private::#handle::<Self, #index>(#source))
    });
    quote!(#(#initialisers,)*)
}

/// `visit_array::<Self, 0>(visitor, &mut handles.a); …`.
pub(super) fn visits(declaration: &SharedStruct, handles: &Ident, visitor: &Ident) -> TokenStream {
    let krate = &declaration.attributes.krate;
    let visits = declaration.fields.iter().map(|field| {
        let (cfg, name) = (&field.cfg, &field.name);
        let index = Literal::usize_unsuffixed(field.index);
        let visit = format_ident!("visit_{}", method(&field.kind));
        quote!(#(#cfg)* #krate::__private::#visit::<Self, #index>(#visitor, &mut #handles.#name);)
    });
    quote!(#(#visits)*)
}

/// `::dsm::Lock<i64>` or `::dsm::Flag`, with the spans of what the user wrote.
pub(super) fn cell(krate: &Krate, cell: &Cell) -> TokenStream {
    // Whatever is wrong with a cell is wrong with its content.
    let span = cell.content.as_ref().map_or(cell.written.span(), Spanned::span);
    let krate = krate.at(span);
    let kind = Ident::new(cell.kind.name(), span);
    match (cell.kind, &cell.content) {
        (CellKind::Flag, _) => quote_spanned!(span=> #krate::#kind),
        (_, Some(content)) => quote_spanned!(span=> #krate::#kind<#content>),
        (_, None) => quote_spanned!(span=> #krate::#kind<()>),
    }
}

/// `::dsm::__private::Ix2`.
pub(super) fn dimension(krate: &Krate, axes: usize) -> TokenStream {
    let dimension = format_ident!("Ix{axes}", span = Span::call_site());
    quote!(#krate::__private::#dimension)
}

fn handle_type(krate: &Krate, kind: &FieldKind) -> TokenStream {
    match kind {
        FieldKind::Array { element, shape } => {
            let dimension = dimension(krate, shape.len());
            let krate = krate.at(element.span());
            quote_spanned!(element.span()=> #krate::SharedArray<#element, #dimension>)
        }
        FieldKind::Cell(written) => {
            let ty = cell(krate, written);
            let krate = krate.at(written.written.span());
            quote_spanned!(written.written.span()=> #krate::Handle<#ty>)
        }
        FieldKind::Cells { cell: written, .. } => {
            let ty = cell(krate, written);
            let krate = krate.at(written.written.span());
            quote_spanned!(written.written.span()=> #krate::Handles<#ty>)
        }
    }
}

fn method(kind: &FieldKind) -> Ident {
    let name = match kind {
        FieldKind::Array { .. } => "array",
        FieldKind::Cell(_) => "cell",
        FieldKind::Cells { .. } => "cells",
    };
    Ident::new(name, Span::call_site())
}
